"""Mastodon: one server or the page that asks for it; links and mentions at a fixed price."""

import json
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from bot.core.measure import measure
from bot.core.network import Memory
from bot.core.post import Image, Receipt, Variant
from bot.core.problem import NetworkError, Refused, SignedOut, TryLater
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
    sign_in,
)
from tests.networks import contract
from tests.networks.contract import HASHTAGS, LINK, Script, ServerContract, ShareContract, Stage, variant
from tests.servers.fixtures import Running, approve
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


def door(to: str, memory: Memory | None = None, **answers: str) -> Account:
    told = {"account": "town", "server": to, "token": TOKEN, **answers}
    return connect(told, {} if memory is None else memory)


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
    account = door(mastodon_server.url, visibility="Unlisted", warning="Politics: rent")
    say(account, replace(HELLO, language="es"))
    (shown,) = mastodon_server.app.posts()
    assert (shown["language"], shown["visibility"], shown["spoiler_text"]) == ("es", "unlisted", "Politics: rent")


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


def test_an_old_server_takes_pictures_at_the_old_address(
    mastodon_server: Server, town: Account, picture: Image
) -> None:
    mastodon_server.app.fail(404, path="/api/v2/media")
    say(town, replace(HELLO, image=picture))
    assert len(mastodon_server.app.posts()[0]["media_attachments"]) == 1


@pytest.mark.parametrize("warning", ["", "Politics 🗳️"], ids=["alone", "with a warning"])
def test_a_text_at_the_limit_is_taken_and_one_more_is_refused(mastodon_server: Server, warning: str) -> None:
    mastodon_server.app.change(max_characters=100, url_cost=30)
    account = door(mastodon_server.url, warning=warning)
    account.look()
    room = adapt(account.memory).limit
    longest = LINK + " " + "é" * (room - 31)
    say(account, Variant(text=longest))
    error = error_of(lambda: say(account, Variant(text=longest + "é"), "another"))
    assert isinstance(error, Refused) and ("beside the content warning" in str(error)) == bool(warning)
    assert len(mastodon_server.app.posts()) == 1


@pytest.mark.parametrize(
    ("post", "said"),
    [
        pytest.param(Variant(text="a" * 20_000), "takes 500", id="a book"),
        pytest.param(
            Variant(text="a", image=Image(file="none.png", alt="half \ud83d")), "half of a", id="half of a letter"
        ),
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
        (408, TryLater, TryLater, TryLater),
        (410, SignedOut, SignedOut, SignedOut),
        (413, Refused, Refused, Refused),
        (422, SignedOut, Refused, Refused),
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


def test_a_post_belongs_to_the_key_that_it_was_posted_for(mastodon_server: Server, town: Account) -> None:
    first, second = (town.prepare(HELLO, key, AT) for key in ("a", "b"))
    receipt = town.publish(first, "a")
    assert town.find(second, "b") is None
    assert town.publish(second, "b") != receipt
    assert town.find(first, "a") == receipt


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
        ("Ete\u0301", "Été".replace("É", "E")),
    ],
    ids=["paragraphs", "a link", "a link cut short", "a mention", "a hashtag", "accents"],
)
def test_html_is_compared_as_its_words(html: str, text: str) -> None:
    assert folded(plain(html)) == folded(text)


def test_words_that_a_server_shows_otherwise_are_known_by_how_they_were_typed(
    mastodon_server: Server, town: Account
) -> None:
    payload = town.prepare(HELLO, KEY, AT)
    receipt = town.publish(payload, KEY)
    shown = {**mastodon_server.app.posts()[0], "content": "<p><em>Hello</em> there</p>"}
    mastodon_server.app.fail(200, path="/accounts/[0-9]+/statuses", body=[shown])
    assert town.find(payload, KEY) == receipt
    mastodon_server.app.fail(200, path="/accounts/[0-9]+/statuses", body=[shown])
    mastodon_server.app.fail(404, path="/source")
    assert town.find(payload, KEY) is None


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
    counting = adapt(town.memory)
    assert (counting.limit, counting.link) == (5000, 25)
    assert json.loads(town.memory["server"])["alt"] == 99


def test_a_server_that_tells_nothing_counts_as_most_do(mastodon_server: Server, town: Account) -> None:
    mastodon_server.app.fail(404, times=9, path="/instance|nodeinfo")
    town.look()
    assert adapt(town.memory) == NETWORK.counting
    assert town.repeat is None


@pytest.mark.parametrize("server", ["", "{", "[]", '{"new": 1}', "null"], ids=str)
def test_without_a_memory_that_can_be_read_it_counts_as_most_do(server: str) -> None:
    assert adapt({"server": server}) == adapt({}) == NETWORK.counting


def test_an_odd_description_harms_nothing() -> None:
    odd = {"configuration": [], "version": 4, "max_toot_chars": 3000, "description_limit": "x"}
    server = read_server(odd, "")
    assert (server.characters, server.link, server.alt) == (3000, 23, 1500)
    assert read_server({"configuration": {"statuses": {"characters_reserved_per_url": 0}}}, "").counting.link == "full"
    types = read_server({"configuration": {"media_attachments": {"supported_mime_types": ["video/mp4"]}}}, "").types
    assert "image/png" in types


def test_a_server_is_asked_how_it_counts_once_a_day(mastodon_server: Server, proxy: MakeProxy) -> None:
    between = proxy(mastodon_server.url)
    account = door(between.url)
    for day in (2, 2, 3):
        account.prepare(HELLO, KEY, AT.replace(day=day))
    assert between.app.times_taken("GET", "/instance") == 2


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
    person = Script(server=f" {mastodon_server.url}/ ", code=lambda page: f" {approve(page)} ")
    answers = sign_in(person, {})
    assert answers["server"] == mastodon_server.url and list(answers) == ["server", "token"]
    account = door(mastodon_server.url, token=answers["token"])
    account.label()
    receipt = say(account, replace(HELLO, image=picture))
    assert account.find(account.prepare(HELLO, KEY, AT), "another") is None
    assert [post["id"] for post in mastodon_server.app.posts()] == [receipt.id]
    account.delete(receipt)


def test_a_code_that_the_server_does_not_know_is_named(mastodon_server: Server) -> None:
    error = error_of(lambda: sign_in(Script(server=mastodon_server.url, code="mistyped"), {}))
    assert isinstance(error, SignedOut) and "Start again" in str(error)
    assert "mistyped" not in f"{error} {error!r} {error.__cause__}"


def test_no_app_without_a_server(mastodon_server: Server) -> None:
    mastodon_server.app.fail(404, path="/api/v1/apps")
    assert isinstance(error_of(lambda: sign_in(Script(server=mastodon_server.url), {})), SignedOut)
