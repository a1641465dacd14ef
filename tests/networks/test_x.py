"""X: what it links, how much room it leaves, and publishing on a server that refuses what X refuses."""

import json
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest

from bot.core.measure import fits
from bot.core.network import Publisher
from bot.core.post import Receipt, Variant
from bot.core.problem import NetworkError, Refused, SignedOut, TryLater, Uncertain
from bot.core.rotate import sameness
from bot.networks import x
from bot.networks.x import NETWORK, Account, connect, entities
from tests.making import until
from tests.networks.contract import (
    AWKWARD,
    HASHTAGS,
    LINK,
    ServerContract,
    ShareContract,
    Stage,
    key_given,
    picture,
    variant,
)
from tests.servers.fixtures import Running, approve
from tests.servers.proxy import Proxy
from tests.servers.x import X

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
Limit = tuple[str, int] | None
"""What is left of a limit, as a header says it, and in how many seconds it ends."""
KEY = "x/1001/air/2026-11-21/09:00"
KEYS = {
    "api_key": "x-consumer-key",
    "api_secret": "x-consumer-secret",
    "access_token": "1001-campaign-token",
    "access_secret": "campaign-token-secret",
}
CLIENT = {"client_id": "x-client-id", "client_secret": "x-client-secret", "refresh_token": "campaign-refresh"}
ANOTHERS = "https://api.twitter.com/2/problems/not-authorized-for-resource"
POST = Variant(text="Buses run on time. https://example.org/sign")


def texts(text: str, kind: str) -> list[str]:
    return [entity.text for entity in entities(text) if entity.kind == kind]


class TestShare(ShareContract):
    network = NETWORK

    def test_the_text_is_one_parameter(self) -> None:
        assert self.shared(variant(NETWORK, "a b #c")) == "https://x.com/intent/tweet?text=a%20b%20%23c"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("#CleanAir now", ["#CleanAir"], id="a word"),
        pytest.param("＃東京", ["＃東京"], id="a wide sign"),
        pytest.param("#123", [], id="digits only"),
        pytest.param("#1a", ["#1a"], id="a digit first"),
        pytest.param("#_", [], id="a low line only"),
        pytest.param("#a-b", ["#a"], id="a hyphen ends it"),
        pytest.param("#don't", ["#don"], id="an apostrophe ends it"),
        pytest.param("a#b", [], id="inside a word"),
        pytest.param("&#b", [], id="after an ampersand"),
        pytest.param("##a", ["#a"], id="two signs"),
        pytest.param("#\ufe0f\u20e3a", [], id="a key"),
        pytest.param("#a#b", [], id="followed by another"),
        pytest.param("#a://b", [], id="followed by a scheme's end"),
        pytest.param("(#a) “#b”", ["#a", "#b"], id="after a bracket or quote"),
        pytest.param("#नमस्ते", ["#नमस्ते"], id="marks"),
        pytest.param("https://example.org/#a", [], id="in a link"),
    ],
)
def test_these_are_hashtags(text: str, expected: list[str]) -> None:
    assert texts(text, "hashtag") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Dear @ana_1, hi", ["@ana_1"], id="a name"),
        pytest.param(".@ana ＠bo", ["@ana", "＠bo"], id="after a dot, and a wide sign"),
        pytest.param("a@example.org", [], id="a mail address"),
        pytest.param("!@a #@b $@c %@d &@e *@f _@g", [], id="after signs with a meaning"),
        pytest.param("RT@ana", ["@ana"], id="after RT"),
        pytest.param("@ana@example.org", [], id="with a server"),
        pytest.param("@" + "a" * 25, ["@" + "a" * 20], id="at most twenty letters"),
        pytest.param("https://example.org/@ana", [], id="in a link"),
    ],
)
def test_these_are_mentions(text: str, expected: list[str]) -> None:
    assert texts(text, "mention") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("buy $ABC and $d.ef", ["$ABC", "$d.ef"], id="letters"),
        pytest.param("$ABCDEFG", [], id="seven letters"),
        pytest.param("$1a a$b", [], id="digits, or inside a word"),
        pytest.param("$ABC, no", ["$ABC"], id="before a comma"),
    ],
)
def test_these_are_cashtags(text: str, expected: list[str]) -> None:
    assert texts(text, "cashtag") == expected


def test_links_are_found_with_and_without_a_scheme() -> None:
    text = "See example.org, or (https://example.org/a)."
    assert texts(text, "link") == ["example.org", "https://example.org/a"]
    assert all(text[entity.start : entity.end] == entity.text for entity in entities(text))


def test_a_link_counts_twenty_three() -> None:
    assert fits("a" * 256 + " https://example.org/" + "b" * 100, NETWORK.counting)
    assert not fits("a" * 257 + " https://example.org/", NETWORK.counting)


# --- publishing -----------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for tokens that another process might be about to keep."""
    monkeypatch.setattr(x, "MOMENTS", (0.0, 0.01))


def account(server: Running[Any], memory: dict[str, str] | None = None, **answers: str) -> Account:
    """The campaign's account, signed in by the four keys unless others are given."""
    return connect({"server": server.url, **(answers or KEYS)}, {} if memory is None else memory)


def post(publisher: Publisher, variant: Variant = POST, key: str = KEY) -> Receipt:
    """Say it, as the engine does."""
    return publisher.publish(json.loads(json.dumps(publisher.prepare(variant, key, AT))), key)


class TestPublish(ServerContract):
    network = NETWORK
    answers: ClassVar = KEYS
    posting = ("POST", "/2/tweets$")

    @pytest.fixture
    def stage(self, x_server: Running[X]) -> Stage:
        memory: dict[str, str] = {}
        return Stage(
            url=x_server.url,
            open=lambda url: connect({"server": url or x_server.url, **self.answers}, memory),
            stands=lambda: [(one.sent, [media.alt for media in one.media]) for one in x_server.app.posts.values()],
            secrets=lambda: secrets(self.answers, memory),
        )


class TestPublishWithTokens(TestPublish):
    answers: ClassVar = CLIENT


def secrets(answers: dict[str, str], memory: dict[str, str]) -> list[str]:
    """What nobody may see; the client's id is none."""
    given = [value for name, value in answers.items() if name != "client_id"]
    kept = json.loads(memory.get("tokens", "{}"))
    return given + [kept[name] for name in ("access", "refresh") if kept.get(name)]


def sent(server: Running[X]) -> list[str]:
    return [one.sent for one in server.app.posts.values()]


@pytest.mark.parametrize("answers", [KEYS, CLIENT], ids=["OAuth 1.0a", "OAuth 2.0"])
def test_a_post_stands_there_as_it_was_written(x_server: Running[X], answers: dict[str, str]) -> None:
    publisher = account(x_server, **answers)
    receipt = post(publisher)
    assert sent(x_server) == [POST.text]
    assert receipt.id in x_server.app.posts
    assert receipt.url == f"https://x.com/i/web/status/{receipt.id}"
    assert publisher.whoami() == "1001"


@pytest.mark.parametrize("letter", ["\ud800", "\ufffe", "\ufeff", "\uffff"], ids=ascii)
def test_a_letter_that_is_none_is_refused(x_server: Running[X], letter: str) -> None:
    with pytest.raises(Refused, match="Type that place anew"):
        account(x_server).prepare(Variant(text=f"a{letter}b"), KEY, AT)


@pytest.mark.parametrize("answers", [KEYS, CLIENT], ids=["OAuth 1.0a", "OAuth 2.0"])
def test_a_large_picture_goes_out_in_pieces(x_server: Running[X], tmp_path: Path, answers: dict[str, str]) -> None:
    x_server.app.change(media_polls=1)
    publisher = account(x_server, **answers, cache=str(tmp_path / "cache"))
    post(publisher, Variant(text="Look", image=picture(tmp_path, size=(1500, 1200))))
    [stands] = x_server.app.posts.values()
    assert len(stands.media[0].pieces) > 1
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_a_picture_is_asked_for_when_x_says_and_not_before(x_server: Running[X], tmp_path: Path) -> None:
    x_server.app.change(media_polls=1, check_after=1)
    post(account(x_server), Variant(text="Look", image=picture(tmp_path)))
    assert sent(x_server) == ["Look"]


def test_a_picture_that_takes_too_long_is_tried_later(x_server: Running[X], tmp_path: Path) -> None:
    x_server.app.change(media_polls=1, check_after=3600)
    with pytest.raises(TryLater) as caught:
        account(x_server).prepare(Variant(text="Look", image=picture(tmp_path)), KEY, AT)
    assert caught.value.seconds == 3600


def test_the_pieces_of_a_picture_together_have_so_much_time(
    x_server: Running[X], proxy: Callable[[str], Running[Proxy]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(x, "AN_UPLOAD", 0.5)
    between = proxy(x_server.url)
    between.app.add("delay", path="/append", seconds=0.3, times=None)
    with pytest.raises(TryLater, match="nothing was posted"):
        account(between).prepare(Variant(text="Look", image=picture(tmp_path, size=(1500, 1200))), KEY, AT)


def test_a_picture_that_gets_no_number_is_tried_later(x_server: Running[X], tmp_path: Path) -> None:
    x_server.app.fail(200, path="/initialize", body={"data": {}})
    with pytest.raises(TryLater, match="did not take the picture"):
        account(x_server).prepare(Variant(text="Look", image=picture(tmp_path)), KEY, AT)


def test_an_answer_without_words_to_a_part_of_a_picture_is_a_yes(
    x_server: Running[X], proxy: Callable[[str], Running[Proxy]], tmp_path: Path
) -> None:
    between = proxy(x_server.url)
    between.app.add("answer", path="/metadata", status=204)
    post(account(between), Variant(text="Look", image=picture(tmp_path)))
    assert sent(x_server) == ["Look"]


def test_a_picture_that_x_cannot_use_is_refused(x_server: Running[X], tmp_path: Path) -> None:
    x_server.app.change(media_fails=True)
    with pytest.raises(Refused, match="cannot use this picture"):
        account(x_server).prepare(Variant(text="Look", image=picture(tmp_path)), KEY, AT)


def test_the_same_words_again_are_refused(x_server: Running[X]) -> None:
    publisher = account(x_server)
    post(publisher)
    with pytest.raises(Refused, match="same words"):
        post(publisher, key="another")
    assert sent(x_server) == [POST.text]


@pytest.mark.parametrize(
    ("settings", "text", "error", "words"),
    [
        pytest.param({"credits": 0}, "Hi", SignedOut, "no credits left", id="spent credits"),
        pytest.param({"capped": 429}, "Hi", SignedOut, "billing cycle", id="a spent cap as 429"),
        pytest.param({"capped": 403}, "Hi", SignedOut, "billing cycle", id="a spent cap as 403"),
        pytest.param({"enrolled": False}, "Hi", SignedOut, "read and write", id="an app that is not enrolled"),
        pytest.param({"may_write": False}, "Hi", SignedOut, "read and write", id="an app that may only read"),
        pytest.param({}, "Dear @mayor", Refused, "docs.x.com/x-api/posts", id="a mention"),
        pytest.param({}, "$AB or $CD", Refused, "docs.x.com/x-api/posts", id="two cashtags"),
        pytest.param({"clock": 3600}, "Hi", SignedOut, "clock is wrong", id="a wrong clock"),
        pytest.param({"limits": {"POST /2/tweets": 0}}, "Hi", TryLater, "asks us to wait", id="a limit"),
        pytest.param({"user_posts": 0}, "Hi", TryLater, "asks us to wait", id="the account's limit of a day"),
        pytest.param({"app_posts": 0}, "Hi", TryLater, "asks us to wait", id="the app's limit of a day"),
    ],
)
def test_each_refusal_has_its_meaning(
    x_server: Running[X], settings: dict[str, Any], text: str, error: type[NetworkError], words: str
) -> None:
    publisher = account(x_server)
    payload = publisher.prepare(Variant(text=text), KEY, AT)
    x_server.app.change(**settings)
    with pytest.raises(error, match=words) as caught:
        publisher.publish(payload, KEY)
    assert "answered 4" in str(caught.value.__cause__)
    assert not sent(x_server)


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        pytest.param(400, {"detail": "Your Tweet text is too long."}, Refused, "too long", id="a bad request"),
        pytest.param(403, {"detail": "You cannot reply: you have not been mentioned"}, Refused, "rule", id="a reply"),
        pytest.param(403, {"errors": [{"code": 187, "message": "Status is a duplicate."}]}, Refused, "same", id="187"),
        pytest.param(403, {"detail": "You are over the daily limit"}, TryLater, "no more posts", id="a limit as 403"),
        pytest.param(403, {"detail": "You are not permitted to do this."}, SignedOut, "read and", id="not permitted"),
        pytest.param(403, {"title": "Not authorized"}, SignedOut, "read and write", id="not authorized"),
        pytest.param(403, {"detail": "The token lacks a scope"}, SignedOut, "account connect", id="no scope"),
        pytest.param(403, {"detail": "Not on a Monday."}, SignedOut, "this: Not on a Monday. See", id="an unknown 403"),
        pytest.param(403, {}, SignedOut, "whether the account is in order", id="a 403 without words"),
        pytest.param(403, {"detail": "Not yours.", "type": ANOTHERS}, Refused, "Not yours", id="a thing of another's"),
        pytest.param(404, {"detail": "Not Found"}, SignedOut, "address of the server", id="another server"),
        pytest.param(405, {}, SignedOut, "address of the server", id="a server that takes no posts"),
        pytest.param(500, {}, Uncertain, "may or may not", id="500"),
        pytest.param(503, {"detail": "Over capacity"}, Uncertain, "may or may not", id="503"),
        pytest.param(403, ["?"], SignedOut, "403", id="a list"),
        pytest.param(403, {"errors": "?", "detail": 1, "type": None}, SignedOut, "403", id="nothing as it should be"),
    ],
)
def test_each_answer_has_its_meaning(
    x_server: Running[X], status: int, body: object, error: type[NetworkError], words: str
) -> None:
    publisher = account(x_server)
    payload = publisher.prepare(POST, KEY, AT)
    x_server.app.fail(status, method="POST", path="/2/tweets", body=body)
    with pytest.raises(error, match=words):
        publisher.publish(payload, KEY)


@pytest.mark.parametrize(
    ("quarter", "user", "app", "more", "seconds"),
    [
        pytest.param(("0", 600), None, None, {}, 600, id="a quarter of an hour is used up"),
        pytest.param(("99", 600), ("0", 40_000), ("5", 50_000), {}, 40_000, id="the account's day is used up"),
        pytest.param(("99", 600), ("5", 40_000), ("0", 50_000), {}, 50_000, id="the app's day is used up"),
        pytest.param(("0", 600), ("0", 40_000), ("0", 50_000), {}, 50_000, id="all are used up"),
        pytest.param(("0", 600), ("5", 40_000), ("5", 50_000), {}, 600, id="days of which something is left"),
        pytest.param(("", 600), None, None, {}, 600, id="a limit that does not say what is left"),
        pytest.param(None, ("", 40_000), None, {}, 40_000, id="the only limit there is"),
        pytest.param(("99", 600), ("5", 40_000), None, {}, None, id="something is left of each"),
        pytest.param(("0", 600), None, None, {"Retry-After": "700"}, 700, id="a longer wait by another header"),
        pytest.param(("0", 600), None, None, {"Retry-After": "70"}, 600, id="a shorter one"),
        pytest.param(("0", 600), None, None, {"Date": ""}, None, id="no clock to count from"),
        pytest.param(None, None, None, {}, None, id="nothing"),
    ],
)
def test_the_wait_is_that_of_the_limit_that_is_used_up(
    x_server: Running[X], quarter: Limit, user: Limit, app: Limit, more: dict[str, str], seconds: int | None
) -> None:
    headers = {"Date": "Sat, 21 Nov 2026 09:00:00 GMT", "x-rate-limit-reset": "", "x-rate-limit-remaining": ""}
    for name, limit in (("x-rate-limit", quarter), ("x-user-limit-24hour", user), ("x-app-limit-24hour", app)):
        if limit:
            headers |= {f"{name}-remaining": limit[0], f"{name}-reset": str(int(AT.timestamp()) + limit[1])}
    x_server.app.fail(429, path="/2/users/me", headers={**headers, **more})
    with pytest.raises(TryLater) as caught:
        account(x_server).whoami()
    assert caught.value.seconds == seconds


def test_the_last_post_of_a_day_makes_the_next_wait_for_the_next_day(x_server: Running[X]) -> None:
    x_server.app.change(user_posts=1)
    publisher = account(x_server)
    post(publisher)
    with pytest.raises(TryLater) as caught:
        post(publisher, Variant(text="Two"), "2")
    assert 86_000 < (caught.value.seconds or 0) <= 86_400


def test_a_server_that_is_down_names_no_time_by_its_limits(x_server: Running[X]) -> None:
    limits = {"x-rate-limit-remaining": "74", "x-rate-limit-reset": str(int(x_server.app.now()) + 900)}
    x_server.app.fail(503, path="/2/users/me", headers=limits)
    with pytest.raises(TryLater) as caught:
        account(x_server).whoami()
    assert caught.value.seconds is None


@pytest.mark.parametrize(("headers", "seconds"), [({}, 1800), ({"Retry-After": "60"}, 60)], ids=["half an hour", "60"])
def test_a_limit_in_words_ends_after_half_an_hour_unless_x_says_when(
    x_server: Running[X], headers: dict[str, str], seconds: int
) -> None:
    publisher = account(x_server)
    payload = publisher.prepare(POST, KEY, AT)
    x_server.app.fail(403, body={"detail": "User is over daily status update limit."}, headers=headers)
    with pytest.raises(TryLater) as caught:
        publisher.publish(payload, KEY)
    assert caught.value.seconds == seconds


@pytest.mark.parametrize("state", ["suspended", "locked"])
def test_a_closed_account_is_signed_out(x_server: Running[X], state: str) -> None:
    x_server.app.campaign.state = state
    with pytest.raises(SignedOut, match="suspended or locked"):
        account(x_server).whoami()


@pytest.mark.parametrize("name", KEYS)
def test_a_wrong_key_is_signed_out(x_server: Running[X], name: str) -> None:
    wrong = {**KEYS, name: "wrong", "account": "town"}
    with pytest.raises(SignedOut, match="handbill account connect town"):
        account(x_server, **wrong).whoami()


def test_missing_keys_are_named(x_server: Running[X]) -> None:
    with pytest.raises(SignedOut, match="access_secret, or else a client_id"):
        account(x_server, **{**KEYS, "access_secret": ""})


def test_a_key_with_a_letter_that_none_has_is_signed_out(x_server: Running[X]) -> None:
    with pytest.raises(SignedOut):
        account(x_server, {"tokens": json.dumps({"access": "ä", "refresh": ""})}, client_id="x-client-id").whoami()


# --- lost answers ---------------------------------------------------------------------------------


def test_posts_of_before_and_of_another_delivery_are_not_taken_for_it(x_server: Running[X]) -> None:
    post(account(x_server), Variant(text="Old"))
    publisher = account(x_server)
    old = publisher.prepare(Variant(text="Old"), "old", AT)
    assert publisher.find(old, "old") is None
    payload = publisher.prepare(POST, KEY, AT)
    post(publisher, POST, "another")
    assert publisher.find(payload, KEY) is None


def test_a_post_is_found_among_many(x_server: Running[X]) -> None:
    publisher = account(x_server)
    payload = publisher.prepare(POST, KEY, AT)
    x_server.app.change(limits={"POST /2/tweets": 1000})
    receipt = publisher.publish(payload, KEY)
    for number in range(120):
        publisher.publish({"text": str(number), "media_ids": [], "newest": ""}, str(number))
    assert account(x_server).find(payload, KEY) == receipt


def test_a_post_that_is_remembered_costs_no_look(x_server: Running[X]) -> None:
    publisher = account(x_server)
    payload = publisher.prepare(POST, KEY, AT)
    receipt = publisher.publish(payload, KEY)
    x_server.app.change(credits=0)
    assert publisher.find(payload, KEY) == receipt


def test_the_last_twenty_posts_are_remembered(x_server: Running[X], proxy: Callable[[str], Running[Proxy]]) -> None:
    between = proxy(x_server.url)
    publisher = account(between)
    payloads = {str(number): publisher.prepare(Variant(text=f"Number {number}"), KEY, AT) for number in range(21)}
    receipts = {key: publisher.publish(payload, key) for key, payload in payloads.items()}
    looks = between.app.times_taken("GET", "/tweets")
    assert publisher.find(payloads["1"], "1") == receipts["1"]
    assert between.app.times_taken("GET", "/tweets") == looks
    assert publisher.find(payloads["0"], "0") == receipts["0"]
    assert between.app.times_taken("GET", "/tweets") == looks + 1


def test_an_answer_to_somebody_is_not_taken_for_a_post(x_server: Running[X]) -> None:
    publisher = account(x_server)
    first = post(publisher)
    payload = publisher.prepare(Variant(text="Yes"), "2", AT)
    publisher.door.client.create_tweet(text="Yes", in_reply_to_tweet_id=first.id)
    assert publisher.find(payload, "2") is None


def test_the_link_of_a_picture_is_known_by_its_address(x_server: Running[X]) -> None:
    to = "https://twitter.com/campaign/status/77/photo/1"
    urls = [{"url": "https://t.co/a", "expanded_url": to}]
    shown = {"id": "77", "text": "Look &amp; see https://t.co/a", "entities": {"urls": urls}}
    x_server.app.fail(200, path="/2/users/1001/tweets", body={"data": [shown]})
    receipt = account(x_server).find({"text": "Look & see", "media_ids": ["5"], "newest": "1"}, KEY)
    assert receipt and receipt.id == "77"


def test_the_newest_post_is_looked_up_once_and_after_a_lost_answer(
    x_server: Running[X], proxy: Callable[[str], Running[Proxy]]
) -> None:
    between = proxy(x_server.url)
    publisher = account(between)
    first = post(publisher)
    assert publisher.prepare(Variant(text="Two"), "2", AT)["newest"] == first.id
    assert between.app.times_taken("GET", "/tweets") == 1
    between.app.add("swallow", method="POST", path="/2/tweets")
    with pytest.raises(Uncertain):
        post(publisher, Variant(text="Two"), "2")
    assert publisher.prepare(Variant(text="Three"), "3", AT)["newest"] == max(x_server.app.posts)
    assert between.app.times_taken("GET", "/tweets") == 2


@pytest.mark.parametrize("path", ["initialize", "append", "finalize", "metadata", "/users/me", r"/tweets\?"])
@pytest.mark.parametrize("harm", ["cut", "swallow", "half", "answer"])
def test_what_fails_before_posting_is_tried_later(
    x_server: Running[X], proxy: Callable[[str], Running[Proxy]], tmp_path: Path, path: str, harm: str
) -> None:
    between = proxy(x_server.url)
    between.app.add(harm, path=path)
    publisher = account(between)
    with pytest.raises(TryLater):
        publisher.prepare(Variant(text="Look", image=picture(tmp_path)), KEY, AT)
    assert not sent(x_server)


# --- tokens of OAuth 2.0 --------------------------------------------------------------------------


def tokens(memory: dict[str, str]) -> dict[str, Any]:
    return dict(json.loads(memory["tokens"]))


def test_an_app_without_a_secret_renews_too(x_server: Running[X]) -> None:
    assert account(x_server, client_id="x-client-id", refresh_token="campaign-refresh").whoami() == "1001"


def test_a_later_run_goes_on_with_the_tokens_it_finds(x_server: Running[X]) -> None:
    memory: dict[str, str] = {}
    account(x_server, memory, **CLIENT).whoami()
    before = dict(memory)
    assert account(x_server, memory, **CLIENT).whoami() == "1001"
    assert memory["tokens"] == before["tokens"]


def test_tokens_laid_into_memory_are_used(x_server: Running[X]) -> None:
    pair = {"access": "campaign-access", "refresh": "campaign-refresh"}
    memory = {"tokens": json.dumps(pair)}
    assert account(x_server, memory, client_id="x-client-id").whoami() == "1001"
    assert tokens(memory) == pair


def test_a_token_that_x_does_not_know_is_renewed_once(x_server: Running[X]) -> None:
    memory: dict[str, str] = {}
    publisher = account(x_server, memory, **CLIENT)
    payload = publisher.prepare(POST, KEY, AT)
    x_server.app.people.expire()
    publisher.publish(payload, KEY)
    x_server.app.people.expire()
    assert publisher.whoami() == "1001"
    assert sent(x_server) == [POST.text]


def test_a_token_that_stays_unknown_is_signed_out(x_server: Running[X]) -> None:
    publisher = account(x_server, **CLIENT)
    payload = publisher.prepare(POST, KEY, AT)
    x_server.app.fail(401, times=2, path="/2/tweets")
    with pytest.raises(SignedOut):
        publisher.publish(payload, KEY)


def signed_in(server: Running[X], memory: dict[str, str]) -> str:
    """The access token of an account that has posted before, so that it need not look."""
    post(account(server, memory, **CLIENT))
    return str(tokens(memory)["access"])


def clock(server: Running[X]) -> datetime:
    return datetime.fromtimestamp(server.app.now(), UTC)


@pytest.mark.parametrize(("left", "is_renewed"), [(540, True), (660, False)], ids=["nine minutes", "eleven minutes"])
def test_an_access_token_is_renewed_before_it_ends(x_server: Running[X], left: int, is_renewed: bool) -> None:
    memory: dict[str, str] = {}
    before = signed_in(x_server, memory)
    x_server.app.change(clock=7200 - left)
    publisher = account(x_server, memory, **CLIENT)
    publisher.publish(publisher.prepare(Variant(text="Two"), "2", clock(x_server)), "2")
    assert (tokens(memory)["access"] != before) is is_renewed
    assert not x_server.app.refused


def test_x_tells_what_time_it_is_where_nobody_else_does(x_server: Running[X]) -> None:
    memory: dict[str, str] = {}
    before = signed_in(x_server, memory)
    x_server.app.change(clock=7000)
    publisher = account(x_server, memory, **CLIENT)
    publisher.recent("")
    assert tokens(memory)["access"] == before
    publisher.recent("")
    assert tokens(memory)["access"] != before and not x_server.app.refused


def test_a_token_that_cannot_be_renewed_ahead_of_time_is_used_to_its_end(x_server: Running[X]) -> None:
    memory: dict[str, str] = {}
    before = signed_in(x_server, memory)
    x_server.app.change(clock=7000)
    x_server.app.fail(503, path="/oauth2/token")
    publisher = account(x_server, memory, **CLIENT)
    publisher.publish(publisher.prepare(Variant(text="Two"), "2", clock(x_server)), "2")
    assert tokens(memory)["access"] == before and sent(x_server)[-1] == "Two"


def test_an_access_that_cannot_be_renewed_is_used_to_its_end_and_a_look_says_when(x_server: Running[X]) -> None:
    end = clock(x_server)
    memory = {"tokens": json.dumps({"access": "campaign-access", "refresh": "", "end": end.isoformat()})}
    publisher = account(x_server, memory, client_id="x-client-id")
    publisher.publish(publisher.prepare(POST, KEY, end), KEY)
    assert publisher.look().ends == end
    assert sent(x_server) == [POST.text]


@pytest.mark.parametrize(
    ("told", "has_date"),
    [({"expires_in": 7200}, False), ({"expires_in": "soon"}, True), ({}, True)],
    ids=["no date", "no number", "nothing"],
)
def test_a_token_of_which_nobody_knows_the_end_is_used_all_the_same(
    x_server: Running[X], proxy: Callable[[str], Running[Proxy]], told: dict[str, object], has_date: bool
) -> None:
    between, given = proxy(x_server.url), {"access_token": "campaign-access", **told}
    if has_date:
        x_server.app.fail(200, path="/oauth2/token", body=given)
    else:
        between.app.add("answer", path="/oauth2/token", status=200, body=json.dumps(given))
    standing = account(between, **CLIENT).look()
    assert standing.handle == "@campaign" and standing.ends is None


def test_a_look_renews_the_sign_in_so_that_it_never_ends_by_itself(x_server: Running[X]) -> None:
    memory: dict[str, str] = {}
    before = signed_in(x_server, memory)
    assert account(x_server, memory, **CLIENT).look().ends is None
    assert tokens(memory)["access"] != before
    assert account(x_server, memory, **CLIENT).whoami() == "1001"


def test_of_two_runs_that_renew_at_once_the_slower_goes_on_with_the_pair_of_the_quicker(
    x_server: Running[X], proxy: Callable[[str], Running[Proxy]]
) -> None:
    memory: dict[str, str] = {}
    between, go = proxy(x_server.url), Event()
    between.app.add("delay", path="/oauth2/token")
    between.app.wait = lambda seconds: go.wait(20)
    with ThreadPoolExecutor() as pool:
        slower = pool.submit(account(between, memory, **CLIENT).look)
        quicker = account(x_server, memory, **CLIENT).look()
        go.set()
        assert slower.result(20).handle == quicker.handle == "@campaign"
    assert between.app.times_taken("POST", "/oauth2/token") == 1


def test_a_pair_that_the_quicker_run_has_not_kept_yet_is_waited_for(
    x_server: Running[X], proxy: Callable[[str], Running[Proxy]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(x, "MOMENTS", (0.0, *[0.02] * 500))
    memory: dict[str, str] = {}
    held, refused, go = proxy(x_server.url), proxy(x_server.url), Event()
    held.app.add("late", path="/oauth2/token")
    held.app.wait = lambda seconds: go.wait(20)
    with ThreadPoolExecutor() as pool:
        quicker = pool.submit(account(held, memory, **CLIENT).look)
        until(lambda: held.app.times_taken("POST", "/oauth2/token"))
        slower = pool.submit(account(refused, memory, **CLIENT).look)
        until(lambda: refused.app.times_taken("POST", "/oauth2/token"))
        go.set()
        assert slower.result(20).handle == quicker.result(20).handle == "@campaign"


def test_a_token_that_another_run_has_renewed_is_not_renewed_again(
    x_server: Running[X], proxy: Callable[[str], Running[Proxy]]
) -> None:
    memory: dict[str, str] = {}
    before = signed_in(x_server, memory)
    between, go = proxy(x_server.url), Event()
    between.app.add("delay", path="/tweets")
    between.app.wait = lambda seconds: go.wait(20)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(account(between, memory, **CLIENT).recent, "")
        until(lambda: not between.app.rules)
        account(x_server, memory, **CLIENT).look()
        x_server.app.people.revoke(before)
        go.set()
        assert len(waiting.result(20)) == 1
    assert between.app.times_taken("POST", "/oauth2/token") == 0


def test_a_new_pair_is_remembered_before_it_is_used(x_server: Running[X]) -> None:
    memory: dict[str, str] = {}
    x_server.app.fail(503, path="/2/users/me")
    with pytest.raises(TryLater):
        account(x_server, memory, **CLIENT).whoami()
    assert account(x_server, memory, **CLIENT).whoami() == "1001"


@pytest.mark.parametrize("harm", ["swallow", "half"])
def test_a_lost_new_pair_is_tried_later_and_then_signed_out(
    x_server: Running[X], proxy: Callable[[str], Running[Proxy]], harm: str
) -> None:
    between = proxy(x_server.url)
    between.app.add(harm, path="/oauth2/token")
    publisher = account(between, **CLIENT)
    with pytest.raises(TryLater, match="nothing was posted"):
        publisher.publish({"text": "Hi", "media_ids": [], "newest": ""}, KEY)
    with pytest.raises(SignedOut, match="account connect"):
        publisher.publish({"text": "Hi", "media_ids": [], "newest": ""}, KEY)
    assert not sent(x_server)


@pytest.mark.parametrize("body", ["[]", "{}", "?"])
def test_an_odd_answer_to_a_refresh_token_is_tried_later(
    x_server: Running[X], proxy: Callable[[str], Running[Proxy]], body: str
) -> None:
    between, memory = proxy(x_server.url), dict[str, str]()
    between.app.add("answer", path="/oauth2/token", status=200, body=body)
    with pytest.raises(TryLater):
        account(between, memory, **CLIENT).whoami()
    assert "tokens" not in memory


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refresh_token_that_is_refused_ends_the_sign_in(x_server: Running[X], status: int) -> None:
    x_server.app.fail(status, path="/oauth2/token")
    with pytest.raises(SignedOut, match="renew") as caught:
        account(x_server, **CLIENT).whoami()
    assert f"answered {status}" in str(caught.value.__cause__)


def test_without_a_refresh_token_the_sign_in_is_over(x_server: Running[X]) -> None:
    with pytest.raises(SignedOut, match="is over"):
        account(x_server, client_id="x-client-id").whoami()


THEIRS = {**KEYS, "access_token": "1002-other-token", "access_secret": "other-token-secret"}


def test_other_keys_mean_another_account(x_server: Running[X]) -> None:
    memory: dict[str, str] = {}
    post(account(x_server, memory))
    assert account(x_server, memory, **THEIRS).prepare(POST, KEY, AT)["newest"] == ""
    assert account(x_server, memory, **THEIRS).whoami() == "1002"
    theirs = {**CLIENT, "refresh_token": "other-refresh"}
    assert [account(x_server, memory, **keys).whoami() for keys in (CLIENT, theirs)] == ["1001", "1002"]


@pytest.mark.parametrize("answers", [KEYS, CLIENT], ids=["OAuth 1.0a", "OAuth 2.0"])
def test_an_account_that_is_only_opened_leaves_nothing_behind(answers: dict[str, str]) -> None:
    memory: dict[str, str] = {}
    connect(answers, memory)
    assert memory == {}


# --- what reading costs ---------------------------------------------------------------------------


@pytest.mark.parametrize("answers", [KEYS, CLIENT], ids=["OAuth 1.0a", "OAuth 2.0"])
def test_whose_keys_these_are_is_asked_once_and_at_every_look(
    x_server: Running[X], proxy: Callable[[str], Running[Proxy]], answers: dict[str, str]
) -> None:
    between, memory = proxy(x_server.url), dict[str, str]()
    for number in range(3):
        publisher = account(between, memory, **answers)
        assert publisher.whoami() == "1001"
        post(publisher, Variant(text=f"Number {number}"), str(number))
    assert between.app.times_taken("GET", "/users/me") == 1
    publisher.look()
    assert between.app.times_taken("GET", "/users/me") == 2


def test_what_was_read_is_counted_by_the_month(x_server: Running[X]) -> None:
    memory: dict[str, str] = {}
    publisher = account(x_server, memory)
    for number in range(3):
        publisher.publish({"text": f"Number {number}", "media_ids": [], "newest": ""}, str(number))
    assert "reads" not in memory
    month = f"{clock(x_server):%Y-%m}"
    publisher.recent("")
    publisher.find({"text": "Gone", "newest": ""}, "gone")
    assert json.loads(memory["reads"]) == {month: {"posts": 6, "users": 1}}
    assert NETWORK.reading_cost and NETWORK.reading_cost(memory, month) == pytest.approx(6 * 0.005 + 0.01)
    # The server, as X, takes nothing for what it has shown on this day before.
    assert taken(x_server, "read") == pytest.approx(3 * 0.005 + 0.01)
    assert NETWORK.reading_cost(memory, "2001-01") == 0


def test_a_first_post_reads_no_more_than_five(x_server: Running[X]) -> None:
    for number in range(7):
        account(x_server).publish({"text": f"Number {number}", "media_ids": [], "newest": ""}, str(number))
    memory: dict[str, str] = {}
    assert account(x_server, memory).prepare(POST, KEY, AT)["newest"] == max(x_server.app.posts)
    assert [read["posts"] for read in json.loads(memory["reads"]).values()] == [5]


def test_other_keys_do_not_make_forget_what_was_read(x_server: Running[X]) -> None:
    memory: dict[str, str] = {}
    account(x_server, memory).whoami()
    account(x_server, memory, **THEIRS).whoami()
    assert [read["users"] for read in json.loads(memory["reads"]).values()] == [2]


def test_the_reads_of_three_months_are_kept(x_server: Running[X]) -> None:
    memory: dict[str, str] = {}
    for month in (1, 2, 12, 3):
        memory.pop("id", None)
        account(x_server, memory).prepare(Variant(text="Hi"), KEY, datetime(2099, month, 1, tzinfo=UTC))
    assert list(json.loads(memory["reads"])) == ["2099-02", "2099-03", "2099-12"]


def test_what_is_read_at_a_time_that_nobody_tells_is_not_counted(
    x_server: Running[X], proxy: Callable[[str], Running[Proxy]]
) -> None:
    between, memory = proxy(x_server.url), dict[str, str]()
    between.app.add("answer", path="/users/me", status=200, body='{"data": {"id": "1001"}}')
    assert account(between, memory).whoami() == "1001" and "reads" not in memory


# --- what stands there ----------------------------------------------------------------------------


@pytest.mark.parametrize("words", AWKWARD.values(), ids=AWKWARD)
def test_what_was_said_is_known_again_by_its_words(x_server: Running[X], tmp_path: Path, words: str) -> None:
    publisher = account(x_server)
    said = variant(NETWORK, f"{words} at example.org/a", HASHTAGS, LINK)
    receipt = post(publisher, replace(said, image=picture(tmp_path)))
    [found] = account(x_server).recent("")
    assert sameness(found.text) == sameness(said.text) != sameness("")
    assert found.text.replace("http://", "") == said.text
    assert found.receipt == receipt
    assert found.at == datetime.fromisoformat(json.loads(x_server.control("/posts"))[0]["at"])


def test_posts_come_newest_first_without_answers_and_at_most_forty(x_server: Running[X]) -> None:
    publisher = account(x_server)
    receipts = [
        publisher.publish({"text": f"Number {number}", "media_ids": [], "newest": ""}, str(number))
        for number in range(42)
    ]
    publisher.door.client.create_tweet(text="Yes", in_reply_to_tweet_id=receipts[0].id)
    assert [one.receipt for one in publisher.recent("")] == receipts[:1:-1]
    assert [one.receipt for one in publisher.recent(receipts[39].id)] == receipts[:39:-1]


def test_who_has_looked_at_what_stands_there_does_not_look_again_to_post(
    x_server: Running[X], proxy: Callable[[str], Running[Proxy]]
) -> None:
    between, first = proxy(x_server.url), post(account(x_server))
    for after in ("", first.id):
        publisher = account(between)
        publisher.recent(after)
        assert publisher.prepare(Variant(text="Two"), "2", AT)["newest"] == first.id
    assert between.app.times_taken("GET", "/tweets") == 2


def test_a_post_that_is_not_shown_yet_stays_the_newest(x_server: Running[X]) -> None:
    publisher = account(x_server)
    older, newer = post(publisher), post(publisher, Variant(text="Two"), "2")
    shown = {"id": older.id, "text": POST.text, "created_at": "2026-11-21T09:00:00.000Z"}
    x_server.app.fail(200, path="/tweets", body={"data": [shown]})
    assert [one.receipt for one in publisher.recent("")] == [older]
    assert publisher.prepare(Variant(text="Three"), "3", AT)["newest"] == newer.id


def test_posts_without_a_date_are_asked_for_later(x_server: Running[X]) -> None:
    x_server.app.fail(200, path="/tweets", body={"data": [{"id": "77", "text": "Hi"}]})
    with pytest.raises(TryLater, match="when"):
        account(x_server).recent("")


# --- the rest -------------------------------------------------------------------------------------


def test_somebody_elses_post_cannot_be_deleted(x_server: Running[X]) -> None:
    receipt = post(account(x_server, **THEIRS))
    with pytest.raises(Refused, match="somebody else"):
        account(x_server).delete(receipt)


def test_a_post_that_x_does_not_delete_is_tried_later(x_server: Running[X]) -> None:
    receipt = post(account(x_server))
    x_server.app.fail(200, method="DELETE", body={"data": {"deleted": False}})
    with pytest.raises(TryLater, match="has not deleted"):
        account(x_server).delete(receipt)


def test_an_account_that_x_does_not_name_is_asked_for_later(x_server: Running[X]) -> None:
    x_server.app.fail(200, path="/users/me", body={"data": {"username": "campaign"}})
    with pytest.raises(TryLater, match="whose account"):
        account(x_server).whoami()


def test_a_look_says_what_a_person_should_know(x_server: Running[X]) -> None:
    standing = account(x_server).look()
    assert (standing.handle, standing.url) == ("@campaign", "https://x.com/campaign")
    assert standing.labelled is None and standing.ends is None
    assert any("by hand" in note for note in standing.notes)


@pytest.mark.parametrize(
    ("text", "alt", "cost"),
    [
        pytest.param("Buses run on time.", "", 0.015, id="no link"),
        pytest.param("See https://example.org/a", "", 0.2, id="a link"),
        pytest.param("See example.org", "", 0.2, id="a link without a scheme"),
        pytest.param("Look", "A bus", 0.02, id="a picture in words"),
    ],
)
def test_a_post_costs_what_x_takes_for_it(
    x_server: Running[X], tmp_path: Path, text: str, alt: str, cost: float
) -> None:
    image = replace(picture(tmp_path), alt=alt) if alt else None
    assert NETWORK.price and NETWORK.price(Variant(text=text, image=image)) == pytest.approx(cost)
    post(account(x_server), Variant(text=text, image=image))
    assert taken(x_server, "POST") == pytest.approx(cost)


def taken(server: Running[X], kind: str) -> float:
    """What X took for these: "POST", or what was "read"."""
    return float(sum(cost for what, cost in server.app.charged if kind in what))


def test_without_a_server_of_its_own_a_signed_call_goes_where_its_signature_holds() -> None:
    signed, bearer = connect(KEYS, {}).door, connect(CLIENT, {}).door
    assert [urlsplit(door.server).netloc for door in (signed, bearer)] == ["api.twitter.com", "api.x.com"]


# --- connecting -----------------------------------------------------------------------------------


APP = {"api_key": " x-consumer-key ", "api_secret": "x-consumer-secret"}


def test_a_person_connects_an_account_with_a_pin(x_server: Running[X]) -> None:
    answers = key_given(NETWORK, {**APP, "server": x_server.url}, lambda page: f" {approve(page)}\n")
    assert list(answers) == list(KEYS)
    assert account(x_server, **answers).whoami() == "1001"


@pytest.mark.parametrize(
    ("changed", "pin", "words"),
    [
        pytest.param({"api_key": "wrong"}, approve, "API key", id="a wrong key"),
        pytest.param({"api_secret": "wrong"}, approve, "API key", id="a wrong secret"),
        pytest.param({}, "0", "PIN", id="a wrong PIN"),
    ],
)
def test_what_x_does_not_take_is_named(
    x_server: Running[X], changed: dict[str, str], pin: str | Callable[[str], str], words: str
) -> None:
    with pytest.raises(SignedOut, match=words) as caught:
        key_given(NETWORK, {**APP, **changed, "server": x_server.url}, pin)
    assert "x-consumer-secret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(("status", "body"), [(200, "?"), (503, "")])
def test_a_sign_in_that_gets_no_clear_answer_is_tried_later(
    x_server: Running[X], proxy: Callable[[str], Running[Proxy]], status: int, body: str
) -> None:
    between = proxy(x_server.url)
    between.app.add("answer", path="/oauth/access_token", status=status, body=body)
    with pytest.raises(TryLater):
        key_given(NETWORK, {**APP, "server": between.url}, approve)


def test_mentions_are_for_plans_that_allow_them() -> None:
    assert NETWORK.may_mention == 0 and NETWORK.mention_rule.startswith("https://docs.x.com/")
    assert [asked.example for asked in NETWORK.fields if asked.name == "mentions"] == ["yes"]
