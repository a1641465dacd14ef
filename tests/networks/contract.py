"""What every network must do. A network's own test sets `network` and adds its examples."""

import json
import logging
import re
import socket
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from unicodedata import normalize
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.fit import compose
from bot.core.measure import CAP, fits
from bot.core.network import Counting, Network, Payload, Publisher
from bot.core.post import Image, Receipt, Variant
from bot.core.problem import NetworkError, Refused, SignedOut, TryLater, Uncertain
from bot.core.rotate import sameness
from tests.servers.fixtures import Running, running
from tests.servers.proxy import Proxy
from tests.servers.serving import Answer, Request

LINK = "https://example.org/a?b=1&c=%20d#e/f?g"
HASHTAGS = ("#CleanAir", "#مرحبا", "#Été2030")
TITLE = "Clean air & 50% fewer cars?"
AWKWARD = {
    "an ampersand": "bus & bike",
    "a hash": "we are #1",
    "a percent sign": "50% fewer cars",
    "a plus": "1+1 = 2",
    "quotes": "\"now\" isn't 'soon'",
    "a line break": "one\ntwo\n\nthree",
    "accents": "un été à Orléans",
    "an emoji": "take the 🚍 today",
    "a family": "for every 👨‍👩‍👧‍👦 here",
    "Arabic": "مرحبا بكم",
    "a percent sequence": "100%20 and %0A and %2",
    "an entity": "bus &amp; bike",
    "semicolons and equals signs": "a=b;c=d; text=e&url=f",
    "brackets and slashes": r"<a href='/b'>[c](d)</a> \ {e} | ^ ` ~",
    "a link in the words": f"see {LINK} today",
    "a link as the last word": f"see {LINK}",
    "a link first": f"{LINK}\nis the place",
    "a hashtag as the last word": f"we want {HASHTAGS[0]}",
}

many = settings(deadline=None, suppress_health_check=[HealthCheck.differing_executors])

lines = st.text(st.characters(exclude_categories=("Cs", "Cc")))
texts = st.lists(lines, min_size=1, max_size=4).map(lambda rows: normalize("NFC", "\n".join(rows)).strip()).filter(bool)
links = st.text(st.characters(codec="ascii", exclude_categories=("Cc", "Zs"))).map("https://example.org/".__add__)
hashtags = st.lists(
    st.text(st.characters(categories=("L", "Nd")), min_size=1).map("#".__add__), max_size=3, unique=True
).map(tuple)


def variant(network: Network, words: str, hashtags: tuple[str, ...] = (), link: str = "", title: str = "") -> Variant:
    """A post made of these parts for `network`; one that must have a link gets one."""
    link = link or (LINK if network.needs_link else "")
    text = compose(network, words, hashtags, link)
    return Variant(text=text, words=words, hashtags=hashtags, link=link, title=title)


def parameters(url: str) -> list[tuple[str, str]]:
    """Every name and value that a link carries, before and after its #, with plain line breaks."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True) + parse_qsl(parts.fragment, keep_blank_values=True)
    return [(name, value.replace("\r\n", "\n")) for name, value in pairs]


def longest(counting: Counting) -> str:
    """A text that just fills the limit."""
    if counting.unit == "segments":
        # A lone SMS holds 160 letters, each part of a longer one 153.
        # <https://www.twilio.com/docs/glossary/what-sms-character-limit>
        return "a" * (160 if counting.limit == 1 else 153 * counting.limit)
    return "a" * min(counting.limit, counting.bytes or counting.limit, CAP)


class ShareContract:
    """What the share link of every network must do."""

    network: Network
    answers: ClassVar[dict[str, str]] = {}

    def shared(self, variant: Variant) -> str:
        """The share link of this variant."""
        assert self.network.share is not None
        return self.network.share(variant, self.answers)

    def words_in(self, url: str, variant: Variant) -> str:
        """The text as the network will show it; a network that gets it in pieces joins them here."""
        found = [value for _, value in parameters(url) if value == variant.text]
        assert len(found) == 1, f"the text must stand in one parameter: {url}"
        return found[0]

    def check(self, post: Variant) -> None:
        """The link is well made and carries what this network's links carry."""
        url = self.shared(post)
        assert_well_made(url)
        if self.network.needs_link:
            assert post.link in [value for _, value in parameters(url)], url
        if self.network.carries_text:
            assert self.words_in(url, post) == post.text, url
        else:
            assert url == self.shared(replace(post, text="", words="", title="")), url

    @pytest.mark.parametrize("words", AWKWARD.values(), ids=AWKWARD)
    def test_awkward_words_come_back_unharmed(self, words: str) -> None:
        self.check(variant(self.network, words))

    @pytest.mark.parametrize("words", AWKWARD.values(), ids=AWKWARD)
    def test_awkward_words_come_back_with_a_link_and_hashtags(self, words: str) -> None:
        self.check(variant(self.network, words, HASHTAGS, LINK, TITLE))

    @many
    @given(words=texts, tags=hashtags, link=st.just("") | links)
    def test_any_words_come_back_unharmed(self, words: str, tags: tuple[str, ...], link: str) -> None:
        self.check(variant(self.network, words, tags, link))

    @pytest.mark.parametrize("words", AWKWARD.values(), ids=AWKWARD)
    def test_the_words_stand_there_once_or_not_at_all(self, words: str) -> None:
        url = self.shared(variant(self.network, f"Say: {words}.", HASHTAGS, LINK, TITLE))
        plain = unquote(url).replace("\r\n", "\n")
        assert plain.count(f"Say: {words}.") == self.network.carries_text

    def test_the_link_opens_something_that_people_have(self) -> None:
        parts = urlsplit(self.shared(variant(self.network, "Hello", HASHTAGS, LINK, TITLE)))
        assert parts.scheme in {"https", "mailto", "sms"}
        assert bool(parts.netloc) == (parts.scheme == "https")

    def test_a_text_at_the_limit_fits_and_one_more_does_not(self) -> None:
        text = longest(self.network.counting)
        assert fits(text, self.network.counting)
        assert not fits(text + "a", self.network.counting)

    def test_the_name_is_that_of_its_file(self) -> None:
        assert self.network.share is not None
        assert self.network.share.__module__.rpartition(".")[2] == self.network.name

    def test_it_has_a_label_and_a_sound_layout(self) -> None:
        named = [part for row in self.network.layout for part in row]
        assert self.network.label
        assert "words" in named and len(named) == len(set(named))


def assert_well_made(url: str) -> None:
    """Only what may stand in an address, and never a "+", which some programs show as it is."""
    assert re.fullmatch(r"(?:[A-Za-z0-9._~:/?#@!$&'()*,;=-]|%[0-9A-F]{2})+", url), url


# --- publishing -----------------------------------------------------------------------------------

AT = datetime(2026, 12, 1, 14, tzinfo=UTC)
ALT = 'A bus & two bikes at "Rathaus" <1>\nÉté 🚍'
SECONDS = 77


@dataclass(frozen=True, kw_only=True)
class Stage:
    """An account of ours on a server of its own.

    `open` gives its publisher, who calls the server at the address in its first argument, its own if that
    is empty. `stands` gives what can be read there: the text of each post, and the words of its pictures.
    `secrets` are those that nobody may ever see, as they are now.
    """

    open: Callable[[str], Publisher]
    stands: Callable[[], list[tuple[str, list[str]]]]
    url: str = ""
    secrets: Callable[[], list[str]] = field(default=list)


class Wire(Proxy):
    """A proxy that says with each "too many requests" how long to wait."""

    def answer(self, request: Request) -> Answer:
        answer = super().answer(request)
        wait = {"Retry-After": str(SECONDS)} if answer.status == 429 else {}
        return replace(answer, headers={**answer.headers, **wait})


class PublishContract:
    """What a publisher must do. A subclass sets `network`, and gives `stage` as a fixture."""

    network: Network

    @pytest.fixture
    def stage(self) -> Stage:
        """The account, on a server on which nobody has said anything yet."""
        raise NotImplementedError

    def shown(self, text: str) -> str:
        """A text as it will stand there."""
        return text

    def key(self, publisher: Publisher, clock: str = "09:00") -> str:
        """What names a delivery of this account."""
        return f"{self.network.name}/{publisher.whoami()}/clean-air/2026-12-01/{clock}"

    def prepared(self, publisher: Publisher, post: Variant, clock: str = "09:00") -> Payload:
        """A payload as the ledger keeps it."""
        payload: Payload = json.loads(json.dumps(publisher.prepare(post, self.key(publisher, clock), AT)))
        return payload

    def say(self, publisher: Publisher, post: Variant, clock: str = "09:00") -> Receipt:
        """Say it, as the engine does."""
        return publisher.publish(self.prepared(publisher, post, clock), self.key(publisher, clock))

    def found(self, publisher: Publisher, payload: Payload, clock: str = "09:00") -> Receipt | None:
        """What the publisher finds of it."""
        assert publisher.find is not None
        return publisher.find(payload, self.key(publisher, clock))

    @pytest.mark.parametrize("words", AWKWARD.values(), ids=AWKWARD)
    def test_awkward_words_stand_there_unharmed_and_are_found(self, stage: Stage, words: str) -> None:
        publisher, post = stage.open(""), variant(self.network, words, HASHTAGS, LINK)
        payload = self.prepared(publisher, post)
        receipt = publisher.publish(payload, self.key(publisher))
        assert stage.stands() == [(self.shown(post.text), [])]
        assert receipt.id and receipt.url
        assert self.found(stage.open(""), payload) == receipt

    @pytest.mark.parametrize("words", AWKWARD.values(), ids=AWKWARD)
    def test_what_stands_there_is_told_in_the_words_that_were_sent(self, stage: Stage, words: str) -> None:
        publisher, post = stage.open(""), variant(self.network, words, HASHTAGS, LINK)
        if publisher.recent is None:
            return
        receipt = self.say(publisher, post)
        (found,) = publisher.recent("")
        assert found.receipt.id == receipt.id and found.at.tzinfo is not None
        assert sameness(found.text) == sameness(post.text) != sameness("")
        assert publisher.recent(receipt.id) == []

    def test_a_picture_arrives_with_its_words(self, stage: Stage, tmp_path: Path) -> None:
        self.say(stage.open(""), Variant(text="Look", image=picture(tmp_path)))
        assert stage.stands() == [("Look", [ALT])]

    def test_a_post_with_a_picture_is_found(self, stage: Stage, tmp_path: Path) -> None:
        publisher = stage.open("")
        payload = self.prepared(publisher, Variant(text="Look", image=picture(tmp_path)))
        receipt = publisher.publish(payload, self.key(publisher))
        assert self.found(stage.open(""), payload) == receipt

    def test_a_picture_that_is_not_there_is_refused_before_anything_is_public(self, stage: Stage) -> None:
        with pytest.raises(Refused):
            self.prepared(stage.open(""), Variant(text="Look", image=Image(file="gone.png", alt="A bus")))
        assert stage.stands() == []

    def test_what_was_never_posted_is_not_found(self, stage: Stage) -> None:
        publisher = stage.open("")
        self.say(publisher, Variant(text="Before"))
        payload = self.prepared(publisher, Variant(text="Hello"), "10:00")
        self.say(publisher, Variant(text="After"), "11:00")
        assert self.found(publisher, payload, "10:00") is None

    def test_a_post_that_is_repeated_is_there_once(self, stage: Stage) -> None:
        publisher = stage.open("")
        payload = self.prepared(publisher, Variant(text="Hello"))
        receipt = publisher.publish(payload, self.key(publisher))
        if publisher.repeat is not None:
            assert publisher.repeat(payload, self.key(publisher)) == receipt
        assert stage.stands() == [("Hello", [])]

    def test_a_post_is_taken_back_and_one_that_is_gone_is_no_error(self, stage: Stage) -> None:
        publisher = stage.open("")
        assert publisher.delete is not None
        stays = self.say(publisher, Variant(text="This stays"))
        receipt = self.say(publisher, Variant(text="Hello"), "10:00")
        for _ in range(2):
            publisher.delete(receipt)
        assert stage.stands() == [("This stays", [])] and stays != receipt

    def test_an_account_stays_the_same(self, stage: Stage) -> None:
        assert stage.open("").whoami() == stage.open("").whoami() != ""

    def test_a_look_tells_the_handle(self, stage: Stage) -> None:
        standing = stage.open("").look()
        assert standing.handle and standing.url


class Bent(Proxy):
    """Answers as the server behind it does, but that every value so `deep` in its JSON is `odd`."""

    odd: object = None
    deep = 0

    def answer(self, request: Request) -> Answer:
        answer = super().answer(request)
        return replace(answer, body=json.dumps(self._bent(json.loads(answer.body or b"{}"), self.deep)).encode())

    def _bent(self, value: object, deep: int) -> object:
        if deep == 0:
            return self.odd
        if isinstance(value, dict):
            return {name: self._bent(one, deep - 1) for name, one in value.items()}
        return [self._bent(one, deep - 1) for one in value] if isinstance(value, list) else value


class ServerContract(PublishContract):
    """What a publisher must do whose network is asked over a wire, which can break.

    `posting` is the method and path (a regular expression) of the request that makes a post public,
    `forbidden` what a bare 403 to it means.
    """

    posting: tuple[str, str]
    forbidden: type[NetworkError] = SignedOut

    @pytest.fixture
    def wire(self, stage: Stage) -> Iterator[Running[Wire]]:
        """What stands between us and the server."""
        with running(Wire(stage.url)) as wire:
            yield wire

    @pytest.fixture
    def nobody(self) -> Iterator[str]:
        """An address where nobody answers, and that nobody else gets meanwhile."""
        with closing(socket.socket()) as held:
            held.bind(("127.0.0.1", 0))
            yield f"http://127.0.0.1:{held.getsockname()[1]}"

    def harm(self, wire: Running[Wire], do: str, **more: Any) -> None:
        """Let the next post meet with this."""
        method, path = self.posting
        wire.app.add(do, method=method, path=path, **more)

    def test_the_network_tells_what_a_person_must_know(self) -> None:
        assert self.network.client and self.network.fields
        assert all(asked.help and (asked.secret or asked.example) for asked in self.network.fields)

    def test_a_text_at_the_limit_is_taken_and_one_more_is_refused(self, stage: Stage) -> None:
        publisher, text = stage.open(""), longest(self.network.counting)
        self.say(publisher, Variant(text=text))
        with pytest.raises(Refused, match=str(len(text))):
            self.prepared(publisher, Variant(text=text + "a"), "10:00")
        assert stage.stands() == [(text, [])]

    def test_the_words_of_a_picture_are_never_cut(self, stage: Stage, tmp_path: Path) -> None:
        publisher, image, most = stage.open(""), picture(tmp_path), self.network.pictures.alt
        self.say(publisher, Variant(text="Look", image=replace(image, alt="a" * most)))
        with pytest.raises(Refused, match=str(most + 1)):
            self.prepared(publisher, Variant(text="Look!", image=replace(image, alt="a" * (most + 1))), "10:00")
        assert stage.stands() == [("Look", ["a" * most])]

    @pytest.mark.parametrize("half", ["\ud83d", "\udc00"], ids=ascii)
    def test_half_a_character_is_refused(self, stage: Stage, half: str) -> None:
        publisher = stage.open("")
        with pytest.raises(Refused, match="Type that place anew"):
            publisher.prepare(Variant(text=f"a{half}b"), self.key(publisher), AT)

    @pytest.mark.parametrize(
        ("status", "error"),
        [(400, Refused), (401, SignedOut), (403, None), (422, Refused), (429, TryLater)]
        + [(status, Uncertain) for status in (500, 502, 503, 504)],
    )
    def test_each_refusal_of_a_post_has_its_meaning(
        self, stage: Stage, wire: Running[Wire], status: int, error: type[NetworkError] | None
    ) -> None:
        publisher = stage.open(wire.url)
        payload = self.prepared(publisher, Variant(text="Hello"))
        self.harm(wire, "answer", status=status, body="{}", times=2)
        with pytest.raises(error or self.forbidden) as caught:
            publisher.publish(payload, self.key(publisher))
        assert caught.value.__cause__ is not None
        if isinstance(caught.value, TryLater):
            assert caught.value.seconds == SECONDS
        assert stage.stands() == []

    @pytest.mark.parametrize(
        "odd", [None, "<b>\x1b\0", "\ud800", "9" * 5000, 1e999, {"id": {}}],
        ids=["nothing", "marks", "half a letter", "a huge number", "infinite", "another thing"],
    )  # fmt: skip
    def test_whatever_a_server_answers_there_is_no_defect(self, stage: Stage, odd: object) -> None:
        publisher = stage.open("")
        payload, key = self.prepared(publisher, Variant(text="Hello")), self.key(publisher)
        receipt = publisher.publish(payload, key)
        with running(Bent(stage.url)) as bent:
            bent.app.odd = odd
            for bent.app.deep in range(4):
                asked = stage.open(bent.url)
                for deed, given in (
                    (asked.whoami, ()), (asked.look, ()), (asked.prepare, (Variant(text="A"), key, AT)),
                    (asked.publish, (payload, key)), (asked.find, (payload, key)), (asked.recent, ("",)),
                    (asked.delete, (receipt,)), (asked.label, ()),
                ):  # fmt: skip
                    with suppress(NetworkError):
                        _ = deed and deed(*given)

    @pytest.mark.parametrize("status", [401, 429, 500, 502, 503, 504])
    def test_each_refusal_of_a_question_has_its_meaning(self, stage: Stage, wire: Running[Wire], status: int) -> None:
        publisher, known = stage.open(wire.url), {401: SignedOut}
        wire.app.add("answer", status=status, times=None)
        for ask in (publisher.whoami, publisher.look, lambda: publisher.prepare(Variant(text="Hello"), KEY, AT)):
            with pytest.raises(known.get(status, TryLater)) as caught:
                ask()
            assert status != 429 or getattr(caught.value, "seconds", 0) == SECONDS

    def test_who_is_away_is_asked_later(self, stage: Stage, nobody: str) -> None:
        far = stage.open(nobody)
        with pytest.raises(TryLater):
            far.whoami()  # first, for a network may remember it
        near = stage.open("")
        payload, key = self.prepared(near, Variant(text="Hello")), self.key(near)
        for call in (far.look, lambda: far.publish(payload, key)):
            with pytest.raises(TryLater):
                call()
        assert stage.stands() == []

    @pytest.mark.parametrize("do", ["swallow", "half"])
    def test_a_post_whose_answer_is_lost_is_there_once(self, stage: Stage, wire: Running[Wire], do: str) -> None:
        publisher = stage.open(wire.url)
        self.say(publisher, Variant(text="Before"))
        payload, key = self.prepared(publisher, Variant(text="Hello"), "10:00"), self.key(publisher, "10:00")
        self.harm(wire, do)
        with pytest.raises(Uncertain):
            publisher.publish(payload, key)
        again = stage.open(wire.url)
        receipt = self.found(again, payload, "10:00")
        assert receipt is not None
        if again.repeat is not None:
            assert again.repeat(payload, key) == receipt
        assert stage.stands() == [("Before", []), ("Hello", [])]

    def test_a_post_that_never_arrived_is_there_after_a_repeat(self, stage: Stage, wire: Running[Wire]) -> None:
        publisher = stage.open(wire.url)
        payload, key = self.prepared(publisher, Variant(text="Hello")), self.key(publisher)
        self.harm(wire, "cut")
        with pytest.raises(Uncertain):
            publisher.publish(payload, key)
        assert self.found(publisher, payload) is None
        if publisher.repeat is not None:
            assert publisher.repeat(payload, key) == self.found(publisher, payload)
        assert stage.stands() == ([("Hello", [])] if publisher.repeat else [])

    @pytest.mark.parametrize("body", ["", "{", "<html>", "[]", "{}", '{"data": {"id": "?"}}'])
    def test_an_answer_that_nobody_understands_leaves_it_uncertain(
        self, stage: Stage, wire: Running[Wire], body: str
    ) -> None:
        publisher = stage.open(wire.url)
        payload, key = self.prepared(publisher, Variant(text="Hello")), self.key(publisher)
        self.harm(wire, "answer", status=200, body=body)
        with pytest.raises(Uncertain):
            publisher.publish(payload, key)

    @pytest.mark.parametrize("do", ["cut", "swallow", "half", "answer"])
    def test_what_fails_before_posting_is_tried_later(self, stage: Stage, wire: Running[Wire], do: str) -> None:
        publisher = stage.open(wire.url)
        wire.app.add(do, times=None)
        with pytest.raises(TryLater):
            publisher.prepare(Variant(text="Hello"), KEY, AT)
        assert stage.stands() == []

    @pytest.mark.parametrize("do", ["pass", "cut", "swallow", "half", "401", "403", "429", "503"])
    @pytest.mark.parametrize("where", ["posting", "everywhere"])
    def test_no_secret_is_ever_shown(
        self, stage: Stage, wire: Running[Wire], caplog: pytest.LogCaptureFixture, do: str, where: str
    ) -> None:
        caplog.set_level(logging.DEBUG)
        method, path = self.posting if where == "posting" else ("", "")
        publisher, shown, secrets = stage.open(wire.url), [], stage.secrets()
        harm = {"do": "answer", "status": int(do)} if do.isdecimal() else {"do": do}
        wire.app.add(**harm, method=method, path=path, times=None)
        for act in (publisher.whoami, publisher.look, lambda: self.say(publisher, Variant(text="Hello"))):
            try:
                shown.append(repr(act()))
            except NetworkError as error:
                shown += ["".join(traceback.format_exception(error)), repr(error), repr(error.__cause__)]
        shown += [repr(publisher), caplog.text]
        hidden = {*secrets, *stage.secrets()}
        assert hidden and not [secret for secret in hidden if any(secret in one for one in shown)]


KEY = "network/town/clean-air/2026-12-01/09:00"


def key_given(network: Network, answers: Mapping[str, str], code: str | Callable[[str], str]) -> dict[str, str]:
    """What a network gives a person who tells `answers`, and the code; as a function it is given the page."""
    way = network.sign_in
    assert way and {one.name for one in way.asks if one.required} <= set(answers)
    begun = way.begin(answers)
    assert not [told for told in begun.kept.values() if "secret" in told and told in repr(begun)]
    kept = json.loads(json.dumps(dict(begun.kept)))  # it may lie in the ledger meanwhile
    return way.finish(kept, code if isinstance(code, str) else code(begun.page))


def picture(folder: Path, name: str = "bus.png", size: tuple[int, int] = (60, 40)) -> Image:
    """A picture with its words."""
    import PIL.Image

    PIL.Image.effect_noise(size, 90).save(folder / name)
    return Image(file=str(folder / name), alt=ALT)
