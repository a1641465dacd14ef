"""X: what it links, how much room it leaves, and publishing on a server that refuses what X refuses."""

import json
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest

from bot.core.measure import fits
from bot.core.network import Publisher
from bot.core.post import Receipt, Variant
from bot.core.problem import NetworkError, Refused, SignedOut, TryLater, Uncertain
from bot.networks.x import NETWORK, connect, entities, sign_in
from tests.networks.contract import Script, ServerContract, ShareContract, Stage, picture, variant
from tests.servers.fixtures import Running, approve
from tests.servers.proxy import Proxy
from tests.servers.x import X

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
KEY = "x/1001/air/2026-11-21/09:00"
KEYS = {
    "api_key": "x-consumer-key",
    "api_secret": "x-consumer-secret",
    "access_token": "1001-campaign-token",
    "access_secret": "campaign-token-secret",
}
CLIENT = {"client_id": "x-client-id", "client_secret": "x-client-secret", "refresh_token": "campaign-refresh"}
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


def account(server: Running[Any], memory: dict[str, str] | None = None, **answers: str) -> Publisher:
    """The campaign's account, signed in by the four keys unless others are given."""
    return connect({"server": server.url, **(answers or KEYS)}, {} if memory is None else memory)


def post(publisher: Publisher, variant: Variant = POST, key: str = KEY) -> Receipt:
    """Say it, as the engine does."""
    return publisher.publish(json.loads(json.dumps(publisher.prepare(variant, key, AT))), key)


def found(publisher: Publisher, payload: Any, key: str = KEY) -> Receipt | None:
    assert publisher.find is not None
    return publisher.find(payload, key)


def delete(publisher: Publisher, receipt: Receipt) -> None:
    assert publisher.delete is not None
    publisher.delete(receipt)


class TestPublish(ServerContract):
    network = NETWORK
    answers: ClassVar = KEYS
    posting = ("POST", "/2/tweets$")
    forbidden = Refused

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
    return given + [value for value in json.loads(memory.get("tokens", "{}")).values() if value]


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


def test_a_picture_that_takes_too_long_is_tried_later(x_server: Running[X], tmp_path: Path) -> None:
    x_server.app.change(media_polls=1, check_after=3600)
    with pytest.raises(TryLater) as caught:
        account(x_server).prepare(Variant(text="Look", image=picture(tmp_path)), KEY, AT)
    assert caught.value.seconds == 3600


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
        pytest.param(403, {"detail": "Not on a Monday."}, Refused, "Not on a Monday", id="a 403 nobody knows"),
        pytest.param(403, {"detail": "You are not permitted to do this."}, SignedOut, "read and", id="no permission"),
        pytest.param(403, {"detail": "The token lacks a scope"}, SignedOut, "account connect", id="no scope"),
        pytest.param(404, {"detail": "Not Found"}, SignedOut, "address of the server", id="another server"),
        pytest.param(500, {}, Uncertain, "may or may not", id="500"),
        pytest.param(503, {"detail": "Over capacity"}, Uncertain, "may or may not", id="503"),
        pytest.param(403, ["?"], Refused, "403", id="a list"),
        pytest.param(403, {"errors": "?", "detail": 1, "type": None}, Refused, "403", id="nothing as it should be"),
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
    assert found(publisher, old, "old") is None
    payload = publisher.prepare(POST, KEY, AT)
    post(publisher, POST, "another")
    assert found(publisher, payload) is None


def test_a_post_is_found_among_many(x_server: Running[X]) -> None:
    publisher = account(x_server)
    payload = publisher.prepare(POST, KEY, AT)
    x_server.app.change(limits={"POST /2/tweets": 1000})
    receipt = publisher.publish(payload, KEY)
    for number in range(120):
        publisher.publish({"text": str(number), "media_ids": [], "newest": ""}, str(number))
    assert found(account(x_server), payload) == receipt


def test_a_post_that_is_remembered_costs_no_look(x_server: Running[X]) -> None:
    publisher = account(x_server)
    payload = publisher.prepare(POST, KEY, AT)
    receipt = publisher.publish(payload, KEY)
    x_server.app.change(credits=0)
    assert found(publisher, payload) == receipt


def test_the_link_of_a_picture_is_known_by_its_address(x_server: Running[X]) -> None:
    to = "https://twitter.com/campaign/status/77/photo/1"
    urls = [{"url": "https://t.co/a", "expanded_url": to}]
    shown = {"id": "77", "text": "Look &amp; see https://t.co/a", "entities": {"urls": urls}}
    x_server.app.fail(200, path="/2/users/1001/tweets", body={"data": [shown]})
    receipt = found(account(x_server), {"text": "Look & see", "media_ids": ["5"], "newest": "1"})
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


def test_without_a_refresh_token_the_sign_in_is_over(x_server: Running[X]) -> None:
    with pytest.raises(SignedOut, match="is over"):
        account(x_server, client_id="x-client-id").whoami()


def test_other_keys_mean_another_account(x_server: Running[X]) -> None:
    memory: dict[str, str] = {}
    post(account(x_server, memory))
    theirs = {**KEYS, "access_token": "1002-other-token", "access_secret": "other-token-secret"}
    assert account(x_server, memory, **theirs).prepare(POST, KEY, AT)["newest"] == ""
    assert memory["id"] == "1002"


# --- the rest -------------------------------------------------------------------------------------


def test_somebody_elses_post_cannot_be_deleted(x_server: Running[X]) -> None:
    theirs = {**KEYS, "access_token": "1002-other-token", "access_secret": "other-token-secret"}
    receipt = post(account(x_server, **theirs))
    with pytest.raises(Refused, match="somebody else"):
        delete(account(x_server), receipt)


def test_a_look_says_what_a_person_should_know(x_server: Running[X]) -> None:
    standing = account(x_server).look()
    assert (standing.handle, standing.url) == ("@campaign", "https://x.com/campaign")
    assert standing.labelled is None and standing.ends is None
    assert any("by hand" in note for note in standing.notes)


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        pytest.param("Buses run on time.", 0.015, id="no link"),
        pytest.param("See https://example.org/a", 0.2, id="a link"),
        pytest.param("See example.org", 0.2, id="a link without a scheme"),
    ],
)
def test_a_post_with_a_link_costs_more(x_server: Running[X], text: str, cost: float) -> None:
    assert NETWORK.price and NETWORK.price(Variant(text=text)) == cost
    post(account(x_server), Variant(text=text))
    assert float(x_server.app.spent) == cost


def test_without_a_server_of_its_own_a_signed_call_goes_where_its_signature_holds() -> None:
    signed, bearer = connect(KEYS, {}).door, connect(CLIENT, {}).door
    assert [urlsplit(door.server).netloc for door in (signed, bearer)] == ["api.twitter.com", "api.x.com"]


# --- connecting -----------------------------------------------------------------------------------


def test_a_person_connects_an_account_with_a_pin(x_server: Running[X]) -> None:
    person = Script(api_key=" x-consumer-key ", api_secret="x-consumer-secret", pin=lambda page: f" {approve(page)}\n")
    answers = sign_in(person, {"server": x_server.url})
    assert list(answers) == list(KEYS) and person.secrets == ["api_key", "api_secret"]
    assert account(x_server, **answers).whoami() == "1001"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        pytest.param({"api_key": "wrong"}, "API key", id="a wrong key"),
        pytest.param({"api_secret": "wrong"}, "API key", id="a wrong secret"),
        pytest.param({"pin": "0"}, "PIN", id="a wrong PIN"),
    ],
)
def test_what_x_does_not_take_is_named(x_server: Running[X], changed: dict[str, str], words: str) -> None:
    person = Script(**{"api_key": "x-consumer-key", "api_secret": "x-consumer-secret", "pin": approve, **changed})
    with pytest.raises(SignedOut, match=words) as caught:
        sign_in(person, {"server": x_server.url})
    assert "x-consumer-secret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(("status", "body"), [(200, "?"), (503, "")])
def test_a_sign_in_that_gets_no_clear_answer_is_tried_later(
    x_server: Running[X], proxy: Callable[[str], Running[Proxy]], status: int, body: str
) -> None:
    between = proxy(x_server.url)
    between.app.add("answer", path="/oauth/access_token", status=status, body=body)
    with pytest.raises(TryLater):
        sign_in(Script(api_key="x-consumer-key", api_secret="x-consumer-secret", pin=approve), {"server": between.url})


def test_mentions_are_for_plans_that_allow_them() -> None:
    assert NETWORK.may_mention == 0 and NETWORK.mention_rule.startswith("https://docs.x.com/")
    assert [asked.example for asked in NETWORK.fields if asked.name == "mentions"] == ["yes"]
