"""Mastodon: one server or the page that asks for it; links and mentions at a fixed price."""

import json
import socket
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from bot.core.measure import measure
from bot.core.network import Memory, Payload
from bot.core.post import Image, Receipt, Variant
from bot.core.problem import NetworkError, Refused, SignedOut, TryLater, Uncertain
from bot.core.rotate import sameness
from bot.networks.mastodon import (
    NETWORK,
    Account,
    adapt,
    connect,
    entities,
    folded,
    plain,
    read_server,
    share,
)
from tests.networks import contract
from tests.networks.contract import (
    AWKWARD,
    HASHTAGS,
    LINK,
    SECONDS,
    ServerContract,
    ShareContract,
    Stage,
    Wire,
    key_given,
    variant,
)
from tests.servers.fixtures import Running, approve, running
from tests.servers.mastodon import Mastodon
from tests.servers.proxy import Proxy


def texts(text: str, kind: str) -> list[str]:
    return [entity.text for entity in entities(text) if entity.kind == kind]


class TestShare(ShareContract):
    network = NETWORK

    def test_the_text_follows_the_hash_and_so_reaches_no_server(self) -> None:
        assert self.shared(variant(NETWORK, "a b")) == "https://share.joinmastodon.org/#text=a%20b"


class TestShareOnOneServer(ShareContract):
    network = NETWORK
    answers: ClassVar = {"server": "town.example:8443"}

    def test_the_text_is_one_parameter(self) -> None:
        assert self.shared(variant(NETWORK, "a b")) == "https://town.example:8443/share?text=a%20b"


@pytest.mark.parametrize(
    "server", ["mastodon.social", "Town-1.example", "localhost:3000", "xn--9ca.org", " town.example "]
)
def test_a_server_is_a_host_name(server: str) -> None:
    assert share(variant(NETWORK, "a"), {"server": server}) == f"https://{server.strip()}/share?text=a"


@pytest.mark.parametrize(
    "server",
    [
        "https://town.example",
        "town.example/a",
        "a@b.c",
        "a b.c",
        "-a.b",
        "a..b",
        "a.b:",
        "a.b:x",
        "a\nb",
        "a.b?c",
        "é.org",
    ],
)
def test_anything_else_is_refused(server: str) -> None:
    with pytest.raises(ValueError, match="is not the name of a server"):
        share(variant(NETWORK, "a"), {"server": server})


def test_nobody_has_to_name_a_server() -> None:
    assert [(field.name, field.required) for field in NETWORK.share_fields] == [("server", False)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("#CleanAir now", ["#CleanAir"], id="a word"),
        pytest.param('(#a) "#b', [], id="after a bracket or quote"),
        pytest.param("a\n#b", ["#b"], id="after a line break"),
        pytest.param("#123", [], id="digits only"),
        pytest.param("#3d", ["#3d"], id="a digit first"),
        pytest.param("#1_2", ["#1_2"], id="digits around a low line"),
        pytest.param("#a·b·", ["#a·b"], id="a middle dot inside, not at the end"),
        pytest.param("#·a", [], id="nor at the start"),
        pytest.param("#a-b", ["#a"], id="a hyphen ends it"),
        pytest.param("＃東京", ["＃東京"], id="a wide sign"),
        pytest.param("#नमस्ते", ["#नमस्ते"], id="marks"),
    ],
)
def test_these_are_hashtags(text: str, expected: list[str]) -> None:
    assert texts(text, "hashtag") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Hi @ana!", ["@ana"], id="on one's own server"),
        pytest.param("(@ana.b@town.example.)", ["@ana.b@town.example"], id="on another"),
        pytest.param("a@town.example =@a /@b", [], id="after a word, an equals sign or a slash"),
        pytest.param("https://town.example/@ana", [], id="in a link"),
    ],
)
def test_these_are_mentions(text: str, expected: list[str]) -> None:
    assert texts(text, "mention") == expected


def test_only_links_with_a_scheme_are_links() -> None:
    text = "example.org https://example.org/a."
    assert texts(text, "link") == ["https://example.org/a"]


@pytest.mark.parametrize(
    ("text", "length"),
    [
        pytest.param("https://example.org/" + "a" * 100, 23, id="a link with a scheme"),
        pytest.param("example.org", 11, id="a domain without"),
        pytest.param("@ana@example.org", 4, id="a mention counts without its server"),
        pytest.param("👨‍👩‍👧‍👦🇳🇴\r\n", 3, id="emoji and a line break are one each"),
    ],
)
def test_a_text_has_this_length(text: str, length: int) -> None:
    assert measure(text, NETWORK.counting) == length


# --- publishing ---------------------------------------------------------------------------------

Server = Running[Mastodon]
MakeProxy = Callable[[str], Running[Proxy]]
TOKEN = "mastodon-campaign-token"
KEY = "mastodon/town/1/clean-air/2026-03-02/09:30"
AT = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
STATUSES = "/api/v1/statuses$"
HELLO = Variant(text="Hello, town!")
NO_POSTS: dict[str, dict[str, Any]] = {
    "passed on": {"reblog": {"id": "1"}},
    "an answer": {"in_reply_to_id": "1"},
    "a letter": {"visibility": "direct"},
}


def door(to: str, memory: Memory | None = None, **answers: str) -> Account:
    told = {"account": "town", "server": to, "token": TOKEN, **answers}
    return connect(told, {} if memory is None else memory)


@pytest.fixture
def wire(mastodon_server: Server) -> Iterator[Running[Wire]]:
    """What stands between us and the server; it says with each "too many requests" how long to wait."""
    with running(Wire(mastodon_server.url)) as wire:
        yield wire


class TestPublish(ServerContract):
    network = NETWORK
    posting = ("POST", "/api/v1/statuses$")

    @pytest.fixture
    def stage(self, mastodon_server: Server) -> Stage:
        memory: dict[str, str] = {}
        return Stage(
            url=mastodon_server.url,
            open=lambda url: door(url or mastodon_server.url, memory),
            stands=lambda: [
                (post["source"], [media["description"] for media in post["media_attachments"]])
                for post in reversed(mastodon_server.app.posts())
            ],
            secrets=lambda: [TOKEN],
        )


def say(account: Account, post: Variant, key: str = KEY) -> Receipt:
    return account.publish(account.prepare(post, key, AT), key)


def error_of(do: Callable[[], object]) -> NetworkError:
    """What a call raises; nothing of it holds the token."""
    with pytest.raises(NetworkError) as caught:
        do()
    assert TOKEN not in "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    return caught.value


@pytest.fixture
def town(mastodon_server: Server) -> Account:
    return door(mastodon_server.url)


def test_language_visibility_and_warning_come_along(mastodon_server: Server) -> None:
    account = door(mastodon_server.url, visibility="Unlisted")
    say(account, replace(HELLO, language="es", warning="Politics: rent"))
    (shown,) = mastodon_server.app.posts()
    assert (shown["language"], shown["visibility"], shown["spoiler_text"]) == ("es", "unlisted", "Politics: rent")


def test_a_post_has_the_warning_that_was_seen_with_it_and_no_other(mastodon_server: Server) -> None:
    say(door(mastodon_server.url, warning="Politics"), HELLO)
    assert mastodon_server.app.posts()[0]["spoiler_text"] == ""


@pytest.fixture
def picture(tmp_path: Path) -> Image:
    return contract.picture(tmp_path, size=(600, 400))


def test_a_picture_that_takes_a_while_comes_along(mastodon_server: Server, town: Account, picture: Image) -> None:
    mastodon_server.app.change(processing=2)
    say(town, replace(HELLO, image=picture))
    (shown,) = mastodon_server.app.posts()
    assert [media["description"] for media in shown["media_attachments"]] == [picture.alt]


def test_a_picture_is_made_as_the_server_takes_it(mastodon_server: Server, town: Account, picture: Image) -> None:
    mastodon_server.app.change(mime_types=("image/jpeg",), image_size_limit=2000)
    say(town, replace(HELLO, image=picture))
    assert len(mastodon_server.app.posts()[0]["media_attachments"]) == 1


def test_a_server_that_never_finishes_a_picture_is_asked_later(
    mastodon_server: Server, town: Account, picture: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.networks.mastodon.LOOKS", 1)
    mastodon_server.app.change(processing=9)
    error = error_of(lambda: town.prepare(replace(HELLO, image=picture), KEY, AT))
    assert isinstance(error, TryLater)
    assert mastodon_server.app.posts() == []


def test_a_post_whose_picture_is_not_ready_is_posted_later(
    mastodon_server: Server, town: Account, picture: Image
) -> None:
    payload = town.prepare(replace(HELLO, image=picture), KEY, AT)
    mastodon_server.app.fail(422, method="POST", path=STATUSES)
    mastodon_server.app.fail(206, path="/api/v1/media/")
    assert isinstance(error_of(lambda: town.publish(payload, KEY)), TryLater)


def test_a_picture_that_the_server_cannot_use_is_refused_with_its_reason(
    mastodon_server: Server, town: Account, picture: Image
) -> None:
    mastodon_server.app.change(processing=1)
    mastodon_server.app.fail(422, path="/api/v1/media/", body={"error": "this is no picture"})
    error = error_of(lambda: town.prepare(replace(HELLO, image=picture), KEY, AT))
    assert isinstance(error, Refused) and "this is no picture" in str(error)


def test_a_picture_is_made_once_and_kept(mastodon_server: Server, picture: Image, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    for _ in range(2):
        door(mastodon_server.url, cache=str(cache)).prepare(replace(HELLO, image=picture), KEY, AT)
        assert len(list(cache.iterdir())) == 1


def test_an_old_server_takes_pictures_at_the_old_address(
    mastodon_server: Server, town: Account, picture: Image
) -> None:
    mastodon_server.app.fail(404, path="/api/v2/media")
    say(town, replace(HELLO, image=picture))
    assert len(mastodon_server.app.posts()[0]["media_attachments"]) == 1


@pytest.mark.parametrize("warning", ["", "Politics 🗳️"], ids=["alone", "with a warning"])
def test_a_text_at_the_limit_is_taken_and_one_more_is_refused(mastodon_server: Server, warning: str) -> None:
    mastodon_server.app.change(max_characters=100, url_cost=30)
    account = door(mastodon_server.url)
    account.look()
    room = adapt(account.memory, {"warning": warning}).limit
    longest = LINK + " " + "é" * (room - 31)
    say(account, Variant(text=longest, warning=warning))
    error = error_of(lambda: say(account, Variant(text=longest + "é", warning=warning), "another"))
    assert isinstance(error, Refused) and ("beside the content warning" in str(error)) == bool(warning)
    assert len(mastodon_server.app.posts()) == 1


@pytest.mark.parametrize(
    ("warning", "room"),
    [
        pytest.param("Politics", 492, id="letters"),
        pytest.param("  Politics,\n rent ", 486, id="as one row"),
        pytest.param("https://example.org/a/long/one @ana@town.example", 452, id="links and mentions in full"),
        pytest.param("🗳️👨‍👩‍👧‍👦", 498, id="an emoji as one"),
        pytest.param("a" * 500, 0, id="no room"),
        pytest.param("a" * 20_000, 0, id="a book"),
    ],
)
def test_a_warning_leaves_less_room_for_the_words(warning: str, room: int) -> None:
    assert adapt({}, {"warning": warning}).limit == room


def test_a_warning_that_leaves_no_room_is_refused_with_a_reason(town: Account) -> None:
    error = error_of(lambda: town.prepare(replace(HELLO, warning="a" * 501), KEY, AT))
    assert isinstance(error, Refused) and "takes 0 beside the content warning" in str(error)


@pytest.mark.parametrize(
    ("post", "said"),
    [
        pytest.param(Variant(text="a" * 20_000), "takes 500", id="a book"),
        pytest.param(
            Variant(text="a", image=Image(file="none.png", alt="half \ud83d")), "half of a", id="half of a letter"
        ),
        pytest.param(Variant(text="a", warning="half \ud83d"), "half of a", id="half of a letter in the warning"),
        pytest.param(Variant(text="a", image=Image(file="none.png", alt="a")), "cannot be read", id="no picture"),
    ],
)
def test_what_cannot_be_posted_is_refused_with_a_reason(town: Account, post: Variant, said: str) -> None:
    error = error_of(lambda: town.prepare(post, KEY, AT))
    assert isinstance(error, Refused) and said in str(error)


# --- what answers mean --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reading", "uploading", "posting"),
    [
        (301, SignedOut, SignedOut, SignedOut),
        (400, SignedOut, Refused, Refused),
        (401, SignedOut, SignedOut, SignedOut),
        (403, SignedOut, SignedOut, SignedOut),
        (404, SignedOut, SignedOut, Refused),
        (405, SignedOut, SignedOut, SignedOut),
        (408, TryLater, TryLater, TryLater),
        (410, SignedOut, SignedOut, SignedOut),
        (413, Refused, Refused, Refused),
        (422, SignedOut, Refused, Refused),
        (501, SignedOut, SignedOut, SignedOut),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_an_answer_has_a_meaning(
    mastodon_server: Server,
    town: Account,
    picture: Image,
    status: int,
    reading: type[NetworkError],
    uploading: type[NetworkError],
    posting: type[NetworkError],
) -> None:
    post = replace(HELLO, image=picture)
    payload = town.prepare(post, KEY, AT)
    mastodon_server.app.fail(status, times=2, path="verify_credentials|/media$|/statuses$")
    assert type(error_of(town.whoami)) is reading
    mastodon_server.app.failures.coming.clear()
    mastodon_server.app.fail(status, times=2, path="/api/v[12]/media$")
    assert type(error_of(lambda: town.prepare(post, KEY, AT))) is uploading
    mastodon_server.app.failures.coming.clear()
    mastodon_server.app.fail(status, path=STATUSES)
    assert type(error_of(lambda: town.publish(payload, KEY))) is posting
    assert mastodon_server.app.posts() == []


def test_what_the_library_does_not_know_how_to_say_is_refused(mastodon_server: Server, town: Account) -> None:
    payload = town.prepare(HELLO, KEY, AT)
    assert isinstance(error_of(lambda: town.publish({**payload, "visibility": "elsewhere"}, KEY)), Refused)
    assert mastodon_server.app.posts() == []


def test_the_reason_of_the_server_is_shown(mastodon_server: Server, town: Account) -> None:
    payload = town.prepare(HELLO, KEY, AT)
    mastodon_server.app.fail(422, path=STATUSES, body={"error": f"Validation failed for {TOKEN}: too rude"})
    assert "too rude" in str(error_of(lambda: town.publish(payload, KEY)))


def test_a_revoked_key_says_how_to_connect_again(mastodon_server: Server, town: Account) -> None:
    mastodon_server.app.revoked.add(TOKEN)
    error = error_of(town.whoami)
    assert isinstance(error, SignedOut) and "handbill account connect town" in str(error)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({"X-RateLimit-Reset": "2026-03-02T08:35:00.123456Z"}, 300, id="an ISO date"),
        pytest.param({"X-RateLimit-Reset": str(int(AT.timestamp()) + 60)}, 60, id="seconds since 1970"),
        pytest.param({"Retry-After": "77"}, 77, id="seconds"),
        pytest.param({"Retry-After": "Mon, 02 Mar 2026 08:31:00 GMT"}, 60, id="a date"),
        pytest.param({"X-RateLimit-Reset": "soon"}, None, id="nonsense"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_too_many_requests_tell_when_to_try_again(
    mastodon_server: Server, town: Account, headers: dict[str, str], seconds: int | None
) -> None:
    payload = town.prepare(HELLO, KEY, AT)
    mastodon_server.app.change(headers="")
    mastodon_server.app.fail(429, path=STATUSES, headers={"Date": "Mon, 02 Mar 2026 08:30:00 GMT", **headers})
    error = error_of(lambda: town.publish(payload, KEY))
    assert isinstance(error, TryLater) and error.seconds == seconds


def test_a_limit_that_nobody_can_read_does_not_hide_that_the_post_stands(
    mastodon_server: Server, town: Account
) -> None:
    payload = town.prepare(HELLO, KEY, AT)
    shown = {"id": "7", "url": "https://town.example/7"}
    headers = {"X-RateLimit-Reset": "soon", "Deprecation": ""}
    mastodon_server.app.fail(200, path=STATUSES, after=True, body=shown, headers=headers)
    assert town.publish(payload, KEY) == Receipt(id="7", url="https://town.example/7")


def test_nobody_is_followed_to_another_server(mastodon_server: Server, town: Account, proxy: MakeProxy) -> None:
    other = proxy(mastodon_server.url)
    mastodon_server.app.fail(302, path="verify_credentials", headers={"Location": f"{other.url}/api/v1/instance"})
    assert isinstance(error_of(town.whoami), SignedOut)
    assert other.app.times_taken() == 0


# --- a lost answer ------------------------------------------------------------------------------


@pytest.mark.parametrize("harm", ["swallow", "half"])
def test_where_keys_are_ignored_the_post_is_looked_for(mastodon_server: Server, proxy: MakeProxy, harm: str) -> None:
    mastodon_server.app.change(idempotency=False, api_versions=False, version="takahe/0.11.0")
    between = proxy(mastodon_server.url)
    account = door(between.url)
    payload = account.prepare(variant(NETWORK, "Hello @ana@town.example", HASHTAGS, LINK), KEY, AT)
    between.app.add(harm, method="POST", path=STATUSES)
    error_of(lambda: account.publish(payload, KEY))
    assert account.repeat is None
    (post,) = mastodon_server.app.posts()
    found = account.find(payload, KEY)
    assert found is not None and found.id == post["id"]


def lost(wire: Running[Wire], harm: str) -> tuple[Account, Payload]:
    """A post whose answer got lost on the way."""
    account = door(wire.url)
    payload = account.prepare(HELLO, KEY, AT)
    wire.app.add(harm, method="POST", path=STATUSES)
    assert isinstance(error_of(lambda: account.publish(payload, KEY)), Uncertain)
    return account, payload


def repeated(account: Account, payload: Payload) -> Receipt:
    assert account.repeat is not None
    return account.repeat(payload, KEY)


@pytest.mark.parametrize("harm", ["cut", "swallow"])
@pytest.mark.parametrize(
    ("again", "error"),
    [
        pytest.param({"do": "answer", "status": 429}, TryLater, id="too many requests"),
        pytest.param({"do": "answer", "status": 408}, TryLater, id="not heard"),
        pytest.param({"do": "answer", "status": 401}, SignedOut, id="a key that is no longer accepted"),
        pytest.param({"do": "answer", "status": 403}, SignedOut, id="not allowed"),
        pytest.param({"do": "answer", "status": 503}, Uncertain, id="a server that may have taken it"),
        pytest.param({"do": "swallow"}, Uncertain, id="lost again"),
    ],
)
def test_a_repeat_says_whether_it_may_have_arrived_and_the_next_one_leaves_one_post(
    mastodon_server: Server, wire: Running[Wire], harm: str, again: dict[str, Any], error: type[NetworkError]
) -> None:
    account, payload = lost(wire, harm)
    wire.app.add(**again, method="POST", path=STATUSES)
    raised = error_of(lambda: repeated(account, payload))
    assert type(raised) is error
    assert getattr(raised, "seconds", None) == (SECONDS if again.get("status") == 429 else None)
    receipt = repeated(account, payload)
    assert [post["id"] for post in mastodon_server.app.posts()] == [receipt.id]


def test_a_repeat_to_a_server_that_is_away_is_tried_later(mastodon_server: Server, wire: Running[Wire]) -> None:
    account, payload = lost(wire, "swallow")
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{held.getsockname()[1]}"
        server = json.loads(account.memory["server"]) | {"address": away}
        far = door(away, {"server": json.dumps(server)})
        assert isinstance(error_of(lambda: repeated(far, payload)), TryLater)
    assert len(mastodon_server.app.posts()) == 1


def test_a_post_belongs_to_the_key_that_it_was_posted_for(mastodon_server: Server, town: Account) -> None:
    first, second = (town.prepare(HELLO, key, AT) for key in ("a", "b"))
    receipt = town.publish(first, "a")
    assert town.find(second, "b") is None
    assert town.publish(second, "b") != receipt
    assert town.find(first, "a") == receipt


def test_the_same_words_said_before_or_passed_on_are_not_the_post(mastodon_server: Server, town: Account) -> None:
    before = say(door(mastodon_server.url), HELLO)
    payload = town.prepare(HELLO, KEY, AT)
    town.door.checked(town.door.ask("POST", f"{STATUSES[:-1]}/{before.id}/reblog"))
    assert town.find(payload, KEY) is None


@pytest.mark.parametrize("more", NO_POSTS.values(), ids=NO_POSTS)
def test_the_same_words_in_what_is_no_post_are_not_the_post(
    mastodon_server: Server, town: Account, more: dict[str, Any]
) -> None:
    payload = town.prepare(HELLO, KEY, AT)
    say(door(mastodon_server.url), HELLO, "by hand")
    shown = {**mastodon_server.app.posts()[0], **more}
    mastodon_server.app.fail(200, path="/accounts/[0-9]+/statuses", body=[shown])
    assert town.find(payload, KEY) is None


def test_of_two_posts_with_the_same_words_the_first_one_is_the_post(mastodon_server: Server, town: Account) -> None:
    payload = town.prepare(HELLO, KEY, AT)
    receipt = town.publish(payload, KEY)
    say(door(mastodon_server.url), HELLO, "by hand")
    assert door(mastodon_server.url).find(payload, KEY) == receipt


def test_twenty_posts_of_other_keys_are_told_apart_and_no_more_are_kept(town: Account) -> None:
    payload = town.prepare(HELLO, KEY, AT)
    for number in range(20):
        town.publish(payload, f"other {number}")
    assert town.find(payload, KEY) is None
    receipt = town.publish(payload, KEY)
    kept = json.loads(town.memory["posted"])
    assert len(kept) == 20 and kept[-1] == [KEY, receipt.id]


def test_a_post_that_is_found_often_pushes_no_other_out_of_memory(town: Account) -> None:
    payload = town.prepare(HELLO, KEY, AT)
    town.publish(payload, "first")
    second = town.publish(payload, "second")
    assert {town.find(payload, "second") for _ in range(21)} == {second}


@pytest.mark.parametrize("kept", ["", "{", "7", '["a"]', "[7]"], ids=str)
def test_a_memory_of_posts_that_cannot_be_read_hides_no_post(town: Account, kept: str) -> None:
    payload = town.prepare(HELLO, KEY, AT)
    receipt = town.publish(payload, KEY)
    town.memory["posted"] = kept
    assert town.find(payload, KEY) == receipt


def test_a_memory_that_cannot_be_written_hides_no_post(mastodon_server: Server, town: Account) -> None:
    class Sealed(dict[str, str]):
        def __setitem__(self, name: str, value: str) -> None:
            raise SignedOut("another key wrote this")

    payload = town.prepare(HELLO, KEY, AT)
    sealed = door(mastodon_server.url, Sealed(town.memory))
    receipt = sealed.publish(payload, KEY)
    assert sealed.find(payload, KEY) == receipt


def test_a_post_that_somebody_deleted_is_not_posted_again(mastodon_server: Server, town: Account) -> None:
    payload = town.prepare(HELLO, KEY, AT)
    mastodon_server.app.fail(404, path=STATUSES)
    assert "deleted it" in str(error_of(lambda: town.publish(payload, KEY)))


@pytest.mark.parametrize(
    ("version", "honours"),
    [
        ("4.6.0", True),
        ("4.4.1+glitch", True),
        ("4.3.0-rc.1", True),
        ("takahe/0.11.0", False),
        ("0.20.0", False),
        ("2.7.2 (compatible; Pleroma 2.9.0)", False),
        ("", False),
    ],
)
def test_only_a_proper_server_is_told_twice(version: str, honours: bool) -> None:
    assert read_server({"version": version}, "mastodon").honours_keys is honours
    assert not read_server({"version": version}, "gotosocial").honours_keys


def test_what_is_known_of_one_server_does_not_hold_for_another(mastodon_server: Server, proxy: MakeProxy) -> None:
    memory: dict[str, str] = {}
    door(mastodon_server.url, memory).look()
    assert door(mastodon_server.url, memory).repeat is not None
    assert door(proxy(mastodon_server.url).url, memory).repeat is None


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Hi &amp; bye</p><p>two<br />three</p>", "Hi & bye\n\ntwo\nthree"),
        (
            '<p><a href="https://example.org/long?a=1&amp;b=2"><span class="invisible">https://</span>'
            '<span class="ellipsis">example.org/long?</span><span class="invisible">a=1&amp;b=2</span></a></p>',
            "https://example.org/long?a=1&b=2",
        ),
        ('<a href="https://example.org/a">example.org/…</a>.', "https://example.org/a."),
        (
            '<a href="https://town.example/@ana" class="u-url mention">@<span>ana</span></a>, hi',
            "@ana@town.example, hi",
        ),
        ('<a href="https://a.example/tags/rent" class="mention hashtag">#<span>Rent</span></a>', "#Rent"),
        ('<a href="https://a.example/tags/x" class="mention hashtag">＃<span>東京</span></a>', "＃東京"),
        ("fish&chips", "fish&chips"),
        ("Ete\u0301", "Été".replace("É", "E")),
    ],
    ids=[
        "paragraphs",
        "a link",
        "a link cut short",
        "a mention",
        "a hashtag",
        "a wide hashtag",
        "no tags at all",
        "accents",
    ],
)
def test_html_is_compared_as_its_words(html: str, text: str) -> None:
    assert folded(plain(html)) == folded(text)


def test_words_that_a_server_shows_otherwise_are_known_by_how_they_were_typed(
    mastodon_server: Server, town: Account
) -> None:
    payload = town.prepare(replace(HELLO, text=HELLO.text + " "), KEY, AT)
    receipt = town.publish(payload, KEY)
    shown = {**mastodon_server.app.posts()[0], "content": "<p><em>Hello</em> there</p>"}
    mastodon_server.app.fail(200, path="/accounts/[0-9]+/statuses", body=[shown])
    assert town.find(payload, KEY) == receipt
    mastodon_server.app.fail(200, path="/accounts/[0-9]+/statuses", body=[shown])
    mastodon_server.app.fail(404, path="/source")
    assert town.find(payload, KEY) is None


# --- what stands on the account -----------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        *AWKWARD.values(),
        "Ask @other, and @other@127.0.0.1, and @ana@far.example!",
        f"See {LINK}, (https://example.org/ünï) and example.org.",
        "one\n\n\ntwo\n three  four",
        "#CleanAir (#no) #a·b, #1 and C# #مرحبا",
    ],
)
def test_words_that_stand_there_are_known_again(town: Account, words: str) -> None:
    post = variant(NETWORK, words, HASHTAGS, LINK)
    receipt = say(town, post)
    (said,) = town.recent("")
    assert said.receipt == receipt
    assert sameness(said.text) == sameness(post.text)
    assert words.split(maxsplit=1)[0] in said.text


def test_paragraphs_and_lines_stand_as_they_were_sent(town: Account) -> None:
    text = "One & two.\nThree.\n\nFour: https://example.org/a/path/that/is/long?and=shown&cut=short"
    say(town, Variant(text=text))
    assert town.recent("")[0].text == text


def test_mentions_are_told_as_they_were_typed_or_else_as_they_are_shown(mastodon_server: Server, town: Account) -> None:
    host = town.door.host.partition(":")[0]
    say(town, Variant(text=f"Hello @other@{host}!"))
    content = "<p>Hello @<span>other</span>!</p>"
    shown = {**mastodon_server.app.posts()[0], "mentions": [{"acct": "other"}], "content": content}
    mastodon_server.app.fail(200, path="/accounts/[0-9]+/statuses", body=[shown])
    assert town.recent("")[0].text == f"Hello @other@{host}!"
    mastodon_server.app.fail(200, path="/accounts/[0-9]+/statuses", body=[shown])
    mastodon_server.app.fail(404, path="/source")
    assert town.recent("")[0].text == "Hello @other!"


def test_nobody_is_asked_twice_for_words_without_mentions(mastodon_server: Server, proxy: MakeProxy) -> None:
    between = proxy(mastodon_server.url)
    account = door(between.url)
    say(account, HELLO)
    assert account.recent("")[0].text == HELLO.text
    assert between.app.times_taken("GET", "/source") == 0


def test_what_came_after_a_post_is_told_the_newest_first(town: Account) -> None:
    first, second, third = (say(town, Variant(text=text), text) for text in ("One", "Two", "Three"))
    assert [said.receipt for said in town.recent("")] == [third, second, first]
    assert [said.receipt for said in town.recent(first.id)] == [third, second]
    assert town.recent(third.id) == []


def test_a_server_that_knows_no_bound_is_cut_short_at_it(mastodon_server: Server, town: Account) -> None:
    ids = ["100", "99", "98", "9"]
    say(town, HELLO)
    posts = [{**mastodon_server.app.posts()[0], "id": id} for id in ids]
    mastodon_server.app.fail(200, path="/accounts/[0-9]+/statuses", body=posts)
    assert [said.receipt.id for said in town.recent("98")] == ["100", "99"]


def test_no_more_than_forty_are_told(town: Account) -> None:
    for number in range(41):
        say(town, Variant(text=f"Number {number}"), str(number))
    texts = [said.text for said in town.recent("")]
    assert len(texts) == 40 and (texts[0], texts[-1]) == ("Number 40", "Number 1")


def test_an_answer_a_letter_and_what_was_passed_on_are_no_posts(mastodon_server: Server, town: Account) -> None:
    ours = say(town, HELLO)
    for more in ({"in_reply_to_id": ours.id}, {"visibility": "direct"}):
        town.door.checked(town.door.ask("POST", STATUSES[:-1], data={"status": "Psst @other", **more}))
    town.door.checked(town.door.ask("POST", f"{STATUSES[:-1]}/{ours.id}/reblog"))
    assert len(mastodon_server.app.posts()) == 4
    assert [said.receipt for said in town.recent("")] == [ours]


@pytest.mark.parametrize("more", NO_POSTS.values(), ids=NO_POSTS)
def test_what_a_server_does_not_leave_out_is_left_out(
    mastodon_server: Server, town: Account, more: dict[str, Any]
) -> None:
    say(town, HELLO)
    shown = {**mastodon_server.app.posts()[0], **more}
    mastodon_server.app.fail(200, path="/accounts/[0-9]+/statuses", body=[shown])
    assert town.recent("") == []


@pytest.mark.parametrize(
    "told", ["2026-03-02T08:30:00.000Z", "2026-03-02T09:30:00+01:00", "2026-03-02T08:30:00"], ids=str
)
def test_a_post_has_its_instant_in_utc(mastodon_server: Server, town: Account, told: str) -> None:
    say(town, HELLO)
    shown = {**mastodon_server.app.posts()[0], "created_at": told}
    mastodon_server.app.fail(200, path="/accounts/[0-9]+/statuses", body=[shown])
    (said,) = town.recent("")
    assert said.at == AT and said.at.utcoffset() == timedelta(0)


def test_a_list_that_cannot_be_read_is_asked_for_later(mastodon_server: Server, town: Account) -> None:
    say(town, HELLO)
    shown = mastodon_server.app.posts()[0]
    lists: list[Any] = [[{**shown, "created_at": told}] for told in (None, "soon")]
    for listed in ({"error": "?"}, *lists):
        mastodon_server.app.fail(200, path="/accounts/[0-9]+/statuses", body=listed)
        assert isinstance(error_of(lambda: town.recent("")), TryLater)


def test_what_stands_oddly_in_a_list_is_passed_over(mastodon_server: Server, town: Account) -> None:
    payload = town.prepare(HELLO, KEY, AT)
    receipt = town.publish(payload, KEY)
    for ask in (lambda: town.find(payload, KEY), lambda: town.recent("")[0].receipt):
        listed = [7, {"content": "<p>Hello, town!</p>"}, mastodon_server.app.posts()[0]]
        mastodon_server.app.fail(200, path="/accounts/[0-9]+/statuses", body=listed)
        assert ask() == receipt


# --- the account and its server -----------------------------------------------------------------


def test_an_account_has_a_lasting_id(town: Account) -> None:
    host, _, number = town.whoami().partition("/")
    assert host == town.door.host and number.isdecimal()


def test_a_look_tells_how_the_account_stands(mastodon_server: Server, town: Account) -> None:
    standing = town.look()
    assert standing.handle == f"@campaign@{town.door.host}"
    assert standing.url == f"{mastodon_server.url}/@campaign"
    assert (standing.labelled, standing.notes) == (True, ())
    assert standing.rules == ("Say who runs a bot.", "Bots post unlisted.")


@pytest.mark.parametrize(
    ("shown", "handle"),
    [
        pytest.param({"domain": "town.example"}, "@campaign@town.example", id="as Mastodon says it"),
        pytest.param({"uri": "old.example"}, "@campaign@old.example", id="as the older description does"),
        pytest.param({"uri": "https://other.example"}, "@campaign@other.example", id="as others do"),
        pytest.param({"title": "A town"}, "", id="not at all"),
    ],
)
def test_an_account_is_named_by_its_servers_own_name(
    mastodon_server: Server, town: Account, shown: dict[str, Any], handle: str
) -> None:
    mastodon_server.app.fail(200, path="/api/v2/instance", body=shown)
    assert town.look().handle == (handle or f"@campaign@{town.door.host}")


@pytest.mark.parametrize(
    ("links", "honours"),
    [
        pytest.param([{"href": 7}, {"href": "https://elsewhere.example/nodeinfo/2.0"}], True, id="one that is odd"),
        pytest.param([{"href": "nodeinfo"}, {}], False, id="none that leads anywhere"),
        pytest.param({}, False, id="none"),
    ],
)
def test_what_a_server_runs_on_is_asked_on_the_server_itself(
    mastodon_server: Server, town: Account, links: object, honours: bool
) -> None:
    mastodon_server.app.fail(200, path="/.well-known/nodeinfo", body={"links": links})
    town.look()
    assert (town.repeat is not None) is honours


def test_an_account_that_moved_or_may_be_told_twice_is_noted(mastodon_server: Server, town: Account) -> None:
    mastodon_server.app.change(version="takahe/0.11.0")
    me = {"id": "1", "username": "campaign", "moved": {"id": "2"}, "limited": True}
    mastodon_server.app.fail(200, path="verify_credentials", body=me)
    assert len(town.look().notes) == 3


@pytest.mark.parametrize(
    "settings",
    [{}, {"api_versions": False}, {"instance_v2": False}, {"instance_v2": False, "version": "takahe/0.11.0"}],
    ids=["as usual", "without api_versions", "the older description only", "another one"],
)
def test_a_server_tells_how_it_counts(mastodon_server: Server, town: Account, settings: dict[str, Any]) -> None:
    mastodon_server.app.change(max_characters=5000, url_cost=25, description_limit=99, **settings)
    say(town, Variant(text="a" * 5000))
    counting = adapt(town.memory, {})
    assert (counting.limit, counting.link) == (5000, 25)
    assert json.loads(town.memory["server"])["alt"] == 99


def test_a_server_that_tells_nothing_counts_as_most_do(mastodon_server: Server, town: Account) -> None:
    mastodon_server.app.fail(404, times=9, path="/instance|nodeinfo")
    town.look()
    assert adapt(town.memory, {}) == NETWORK.counting
    assert town.repeat is None


@pytest.mark.parametrize("server", ["", "{", "[]", '{"new": 1}', "null"], ids=str)
def test_without_a_memory_that_can_be_read_it_counts_as_most_do(server: str) -> None:
    assert adapt({"server": server}, {}) == adapt({}, {}) == NETWORK.counting


def test_an_odd_description_harms_nothing() -> None:
    odd = {"configuration": [], "version": 4, "max_toot_chars": 3000, "description_limit": "x"}
    server = read_server(odd, "")
    assert (server.characters, server.link, server.alt) == (3000, 23, 1500)
    unpriced = read_server({"configuration": {"statuses": {"characters_reserved_per_url": 0}}}, "")
    assert unpriced.counting("").link == "full"
    types = read_server({"configuration": {"media_attachments": {"supported_mime_types": ["video/mp4"]}}}, "").types
    assert "image/png" in types


def test_a_server_is_asked_how_it_counts_once_a_day(mastodon_server: Server, proxy: MakeProxy) -> None:
    between = proxy(mastodon_server.url)
    account = door(between.url)
    for day in (2, 2, 3):
        account.prepare(HELLO, KEY, AT.replace(day=day))
    assert between.app.times_taken("GET", "/instance") == 2


def test_a_label_that_is_there_is_not_set_again(mastodon_server: Server, proxy: MakeProxy) -> None:
    between = proxy(mastodon_server.url)
    door(between.url).label()
    assert between.app.times_taken("PATCH") == 0


def test_a_label_is_set_and_all_else_stays(mastodon_server: Server, town: Account) -> None:
    mastodon_server.app.change(bot=False)
    say(town, HELLO)
    before = mastodon_server.app.posts()[0]["account"]
    assert town.look().labelled is False
    town.label()
    town.label()
    assert town.look().labelled is True
    assert mastodon_server.app.posts()[0]["account"] == {**before, "bot": True}


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        pytest.param({"server": "http://town.example"}, "https://", id="no TLS"),
        pytest.param({"server": "https://town.example/about"}, "https://", id="a path"),
        pytest.param({"server": "https://me:pw@town.example"}, "https://", id="a password"),
        pytest.param({"server": "ftp://town.example"}, "https://", id="another way"),
        pytest.param({"server": "https://"}, "https://", id="no name"),
        pytest.param({"visibility": "direct"}, "unlisted", id="seen by nobody"),
    ],
)
def test_answers_that_cannot_be_are_refused(answers: dict[str, str], said: str) -> None:
    error = error_of(lambda: door(**{"to": "https://town.example", **answers}))
    assert isinstance(error, SignedOut) and said in str(error)


@pytest.mark.parametrize("token", [f"{TOKEN}\n{TOKEN}", "é"], ids=["two keys", "no key"])
def test_a_key_that_cannot_be_is_refused(mastodon_server: Server, token: str) -> None:
    error = error_of(door(mastodon_server.url, token=token).whoami)
    assert isinstance(error, SignedOut) and "Copy it again" in str(error)


@pytest.mark.parametrize(
    ("server", "address"),
    [
        ("https://Town.example/", "https://town.example"),
        ("town.example:8443", "https://town.example:8443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_these_are_addresses(server: str, address: str) -> None:
    assert door(server).door.server == address


# --- connecting ---------------------------------------------------------------------------------


def test_a_person_connects_an_account_with_a_code(mastodon_server: Server, picture: Image) -> None:
    told = {"server": f" {mastodon_server.url}/ "}
    answers = key_given(NETWORK, told, lambda page: f" {approve(page)} ")
    assert answers["server"] == mastodon_server.url and list(answers) == ["server", "token"]
    account = door(mastodon_server.url, token=answers["token"])
    account.label()
    receipt = say(account, replace(HELLO, image=picture))
    assert account.find(account.prepare(HELLO, KEY, AT), "another") is None
    assert [post["id"] for post in mastodon_server.app.posts()] == [receipt.id]
    account.delete(receipt)


def test_a_code_that_the_server_does_not_know_is_named(mastodon_server: Server) -> None:
    error = error_of(lambda: key_given(NETWORK, {"server": mastodon_server.url}, "mistyped"))
    assert isinstance(error, SignedOut) and "Start again" in str(error)
    assert "mistyped" not in f"{error} {error!r} {error.__cause__}"


def test_no_app_without_a_server(mastodon_server: Server) -> None:
    mastodon_server.app.fail(404, path="/api/v1/apps")
    assert isinstance(error_of(lambda: key_given(NETWORK, {"server": mastodon_server.url}, approve)), SignedOut)
