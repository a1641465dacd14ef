"""What every network must do. A network's own test sets `network` and adds its examples."""

import re
from dataclasses import replace
from typing import ClassVar
from unicodedata import normalize
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.fit import compose
from bot.core.measure import CAP, fits
from bot.core.network import Counting, Network
from bot.core.post import Variant

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
