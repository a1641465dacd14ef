"""Lengths as networks count them, against tables and against a program by others."""

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.links import shorten
from bot.core.measure import CAP, fits, measure, segments
from bot.core.network import Counting, Unit
from tests.core.test_links import AWKWARD

FAMILY = "👨‍👩‍👧‍👦"
WEIGHTED = Counting(limit=280, unit="weighted", link=23, bare_links=True)
PLACES = Counting(limit=500, unit="graphemes", link=23, local_mentions=True)
SHORTENED = Counting(limit=300, unit="graphemes", link="shortened", bytes=3000)
UNITS: list[Unit] = ["characters", "graphemes", "weighted", "emoji bytes", "utf16", "segments"]


class TestUnits:
    @pytest.mark.parametrize(
        ("unit", "text", "length"),
        [
            pytest.param("characters", "Zürich 🚍", 8, id="characters: code points"),
            pytest.param("characters", "one\r\ntwo\rthree", 13, id="characters: any line break is one"),
            pytest.param("characters", "e\u0301", 1, id="characters: composed before counting"),
            pytest.param("graphemes", FAMILY, 1, id="graphemes: a family is one"),
            pytest.param("graphemes", "🇳🇴🇸🇪", 2, id="graphemes: a flag is one"),
            pytest.param("graphemes", "🇳🇴🇸", 2, id="graphemes: half a flag is one"),
            pytest.param("graphemes", "👍🏽!", 2, id="graphemes: a skin tone belongs to its hand"),
            pytest.param("graphemes", "क्षि", 1, id="graphemes: an Indic conjunct is one"),
            pytest.param("graphemes", "a\r\nb", 3, id="graphemes: a line break is one"),
            pytest.param("graphemes", "q\u0303\u0303", 1, id="graphemes: accents belong to their letter"),
            pytest.param("graphemes", "Привет, мир", 11, id="graphemes: Cyrillic"),
            pytest.param("emoji bytes", "Bus 🚍", 8, id="emoji bytes: a simple emoji is four"),
            pytest.param("emoji bytes", FAMILY, 25, id="emoji bytes: a family is twenty-five"),
            pytest.param("emoji bytes", "été, 東京", 7, id="emoji bytes: other letters are one"),
            pytest.param("emoji bytes", "No. 1 #a *", 10, id="emoji bytes: digits are no emoji"),
            pytest.param("emoji bytes", "1️⃣", 7, id="emoji bytes: a key with a digit is one"),
            pytest.param("utf16", "a🚍é", 4, id="utf16: an emoji is two"),
            pytest.param("utf16", FAMILY, 11, id="utf16: a family is eleven"),
        ],
    )
    def test_a_text_has_this_length(self, unit: Unit, text: str, length: int) -> None:
        assert measure(text, Counting(limit=500, unit=unit)) == length

    @pytest.mark.parametrize("unit", UNITS)
    def test_the_empty_text_has_no_length(self, unit: Unit) -> None:
        assert measure("", Counting(limit=1, unit=unit)) == 0

    @pytest.mark.parametrize("unit", UNITS)
    @given(text=st.text())
    def test_a_text_is_as_long_as_its_composed_form(self, unit: Unit, text: str) -> None:
        counting = Counting(limit=1, unit=unit)
        assert measure(text, counting) == measure(unicodedata.normalize("NFC", text), counting)

    @given(text=st.text())
    def test_graphemes_are_at_most_code_points_and_those_at_most_utf16_units(self, text: str) -> None:
        kinds: list[Unit] = ["graphemes", "characters", "utf16"]
        lengths = [measure(text, Counting(limit=1, unit=unit)) or 0 for unit in kinds]
        assert lengths == sorted(lengths)


class TestWeighted:
    @pytest.mark.parametrize(
        ("text", "length"),
        [
            pytest.param("Hello", 5, id="ASCII"),
            pytest.param("Ωμέγα Łódź Москва", 17, id="Greek, accents and Cyrillic"),
            pytest.param("שלום سلام नमस्ते ไทย ქართ", 25, id="Hebrew, Arabic, Indic, Thai, Georgian"),
            pytest.param("\u10ff\u1100", 3, id="the border of the light letters"),
            pytest.param("– — ‘a’ “b”", 11, id="dashes and curly quotes"),
            pytest.param("a\u200bb\u200cc\u200dd", 7, id="letters without width"),
            pytest.param("\u2010\u201f\u2032\u2037", 4, id="the edges of the light ranges"),
            pytest.param("\u200e\u200f\u2020\u2031\u2038", 10, id="just outside the light ranges"),
            pytest.param("…", 2, id="an ellipsis is two"),
            pytest.param("...", 3, id="three dots are three"),
            pytest.param("€→™•", 8, id="euro, arrow, trade mark, bullet"),
            pytest.param("東京 서울", 9, id="Chinese and Korean"),
            pytest.param("𝐚", 2, id="a mathematical letter"),
            pytest.param("😷", 2, id="an emoji"),
            pytest.param(FAMILY, 2, id="a family"),
            pytest.param("👍🏽", 2, id="a skin tone"),
            pytest.param("🇳🇴", 2, id="a flag"),
            pytest.param("🏴󠁧󠁢󠁳󠁣󠁴󠁿", 2, id="the flag of Scotland"),
            pytest.param("1️⃣", 2, id="a key"),
            pytest.param("❤️", 2, id="a heart with its selector"),
            pytest.param("©", 2, id="a copyright sign, which is an emoji"),
            pytest.param("🧑‍🧑‍🧒", 2, id="a family newer than twitter-text"),
            pytest.param("🫱🏻‍🫲🏿", 2, id="a handshake in two tones"),
            pytest.param("🙂‍↔️", 2, id="a head that shakes"),
            pytest.param("e\u0301", 1, id="composed before counting"),
            pytest.param("a\r\nb", 3, id="a line break is one"),
            pytest.param("example.com", 23, id="a domain without scheme is a link"),
            pytest.param("README.md", 23, id="so is a file that looks like one"),
            pytest.param("That is the end.It was good", 44, id="and a missing space"),
            pytest.param("https://example.org/" + "a" * 200, 23, id="a long link"),
            pytest.param("a@b.com", 7, id="a mail address is no link"),
            pytest.param("http://localhost", 16, id="nor is a host without dot"),
            pytest.param("http://127.0.0.1/", 17, id="nor a number"),
            pytest.param("https://example.music", 21, id="nor an ending newer than the list"),
            pytest.param("http://" + "a" * 64 + ".com", 75, id="nor a name over 63 letters"),
            pytest.param("http://" + "a" * 63 + ".com", 23, id="but one of 63"),
        ],
    )
    def test_a_text_has_this_weight(self, text: str, length: int) -> None:
        assert measure(text, WEIGHTED) == length

    @given(text=st.text())
    def test_no_text_weighs_less_than_its_graphemes(self, text: str) -> None:
        plain = Counting(limit=1, unit="graphemes")
        assert (measure(text, Counting(limit=1, unit="weighted")) or 0) >= (measure(text, plain) or 0)


class TestAwkward:
    @pytest.mark.parametrize("piece", ["a.", "a.b-", "http://", "(", "@a.b", "é.", "a.com/(", "а.рф", "日a."])
    def test_ten_thousand_awkward_letters_are_counted(self, piece: str) -> None:
        text = (piece * CAP)[:CAP]
        assert measure(text, WEIGHTED) is not None
        assert measure(text, PLACES) is not None


class TestAgainstTwitterText:
    """An independent port of X's own library, too slow to use on any text."""

    @settings(max_examples=500, deadline=None)
    @given(text=AWKWARD)
    def test_the_weight_is_the_same(self, text: str) -> None:
        oracle = pytest.importorskip("twitter_text")
        assert measure(text, WEIGHTED) == oracle.parse_tweet(text).weightedLength


def test_counting_does_without_the_slow_library() -> None:
    code = "import sys, bot.core.measure; sys.exit('twitter_text' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestMentions:
    @pytest.mark.parametrize(
        ("text", "length"),
        [
            pytest.param("Hi @ana@example.org!", 8, id="with a server"),
            pytest.param("Hi @ana!", 8, id="without"),
            pytest.param("@ana@" + "a" * 249 + ".org", 4, id="a domain of 253 letters"),
            pytest.param("@ana@" + "a" * 250 + ".org", 259, id="a longer domain counts in full"),
            pytest.param("mail ana@example.org", 20, id="a mail address counts in full"),
            pytest.param("https://e.org/@ana@example.org/1", 23, id="in a link it belongs to the link"),
            pytest.param("@a@e.org @b@e.org", 5, id="two"),
        ],
    )
    def test_a_mention_counts_without_its_server(self, text: str, length: int) -> None:
        assert measure(text, PLACES) == length


class TestSegments:
    @pytest.mark.parametrize(
        ("text", "number"),
        [
            pytest.param("", 0, id="nothing"),
            pytest.param("a", 1, id="one letter"),
            pytest.param("a" * 160, 1, id="160 plain letters"),
            pytest.param("a" * 161, 2, id="161 plain letters"),
            pytest.param("a" * 306, 2, id="two full parts"),
            pytest.param("a" * 307, 3, id="one more"),
            pytest.param("€" * 80, 1, id="80 that cost two"),
            pytest.param("€" * 81, 2, id="81 that cost two"),
            pytest.param("a" * 152 + "€" + "a" * 152, 3, id="one that costs two is not split"),
            pytest.param("^{}\\[~]|€", 1, id="all that cost two"),
            pytest.param("ÄÖÑÜß¿ÇØåΔ", 1, id="letters of the plain alphabet"),
            pytest.param("ç" + "a" * 69, 1, id="70 with one other letter"),
            pytest.param("ç" + "a" * 70, 2, id="71 with one other letter"),
            pytest.param("’" + "a" * 133, 2, id="134 with a curly quote"),
            pytest.param("’" + "a" * 134, 3, id="135 with a curly quote"),
            pytest.param("🚍" * 35, 1, id="35 emoji"),
            pytest.param("🚍" * 36, 2, id="36 emoji"),
            pytest.param("a" * 66 + "🚍" + "a" * 66, 3, id="an emoji is not split"),
        ],
    )
    def test_a_text_needs_this_many(self, text: str, number: int) -> None:
        assert segments(text) == number
        assert measure(text, Counting(limit=9, unit="segments")) == number

    @given(text=st.text(), more=st.text())
    def test_more_text_never_needs_fewer(self, text: str, more: str) -> None:
        assert segments(text + more) >= segments(text)


class TestFits:
    @pytest.mark.parametrize("unit", UNITS)
    def test_a_text_over_the_cap_is_not_counted(self, unit: Unit) -> None:
        counting = Counting(limit=10**9, unit=unit)
        assert measure("a" * CAP, counting) is not None
        assert measure("a" * (CAP + 1), counting) is None
        assert not fits("a" * (CAP + 1), counting)
        assert not fits("a" * 10_000_000, counting)

    @pytest.mark.parametrize(
        ("text", "does"),
        [
            pytest.param("a" * 300, True, id="300 letters"),
            pytest.param("a" * 301, False, id="301 letters"),
            pytest.param(FAMILY * 120, True, id="3000 bytes"),
            pytest.param(FAMILY * 120 + "a", False, id="3001 bytes"),
            pytest.param(FAMILY * 300, False, id="300 families"),
            pytest.param("https://e.org/" + "a" * 5000, True, id="a long link, which will be shortened"),
            pytest.param("", True, id="nothing"),
        ],
    )
    def test_both_limits_hold(self, text: str, does: bool) -> None:
        assert fits(text, SHORTENED) == does

    @given(text=st.text(st.characters()))
    def test_any_text_can_be_counted_even_a_broken_one(self, text: str) -> None:
        assert all(measure(text * 9, counting) is not None for counting in (WEIGHTED, PLACES, SHORTENED))
        assert fits(text * 9, SHORTENED) in {True, False}


@given(text=AWKWARD)
def test_a_shortened_link_counts_as_it_is_shown(text: str) -> None:
    assert measure(text, SHORTENED) == measure(shorten(text), Counting(limit=300, unit="graphemes"))
