"""What may stand in a text file, and what a reader could not see in it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.text import decode, faults

SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


class TestDecode:
    @pytest.mark.parametrize(
        ("raw", "text"),
        [
            pytest.param("\ufeffPeña".encode(), "Peña", id="a byte order mark is dropped"),
            pytest.param(b"one\r\ntwo\rthree\n", "one\ntwo\nthree\n", id="any line break becomes one kind"),
            pytest.param(b"Pen\xcc\x83a", "Peña", id="accents are composed"),
            pytest.param(b"", "", id="nothing"),
            pytest.param(b"a\tb", "a\tb", id="a tab stays"),
        ],
    )
    def test_a_file_becomes_clean_text(self, raw: bytes, text: str) -> None:
        assert decode(raw, "a.txt") == (text, [])

    @pytest.mark.parametrize(
        ("raw", "where"),
        [
            pytest.param(b"one\ntwo \xe9t\xe9", "a.txt:2", id="Latin-1"),
            pytest.param("one".encode("utf-16"), "a.txt:1", id="UTF-16"),
            pytest.param(b"\xef\xbb\xbf\n\xff", "a.txt:2", id="after a byte order mark"),
            pytest.param(b"one\rtwo\r\n\xff", "a.txt:3", id="after other line breaks"),
        ],
    )
    def test_what_is_not_utf8_is_refused_with_its_line(self, raw: bytes, where: str) -> None:
        text, problems = decode(raw, "a.txt")
        assert text == ""
        assert [(one.where, one.what) for one in problems] == [(where, "this is not UTF-8 text")]
        assert "UTF-8" in problems[0].hint

    @given(text=st.text(st.characters(exclude_categories=("Cs",))))
    def test_any_text_is_read_composed_and_with_plain_line_breaks(self, text: str) -> None:
        found, _ = decode(text.encode(), "a.txt")
        assert found == unicodedata.normalize("NFC", found)
        assert "\r" not in found

    @given(raw=st.binary())
    def test_no_bytes_make_it_stumble(self, raw: bytes) -> None:
        decode(raw, "a.txt")


class TestUnseen:
    @pytest.mark.parametrize(
        ("text", "what"),
        [
            pytest.param("a\x07b", "control", id="a bell"),
            pytest.param("a\x85b", "control", id="an old line break"),
            pytest.param("a\u2028b", "control", id="a line separator"),
            pytest.param("a\u202eb", "direction", id="an override of direction"),
            pytest.param("\u2066a\u2069", "direction", id="an isolate"),
            pytest.param("a\ue000b", "outside the program", id="a private letter"),
            pytest.param("a\U0010fffdb", "outside the program", id="a private letter of a far plane"),
            pytest.param("a\ufffdb", "outside the program", id="a letter that was lost before"),
            pytest.param("a\u200bb", "without width", id="a space without width"),
            pytest.param("co\u00adop", "without width", id="a soft hyphen"),
            pytest.param("a\ufeffb", "without width", id="a byte order mark inside"),
            pytest.param("a\u200db", "without width", id="a joiner between Latin letters"),
            pytest.param("a\u200cb", "without width", id="a non-joiner between Latin letters"),
            pytest.param("\u200dhello", "without width", id="a joiner at the start"),
            pytest.param("1\u200d2", "without width", id="a joiner between digits"),
            pytest.param("👨\u200d hello", "without width", id="a joiner after an emoji that joins nothing"),
            pytest.param("a\ufe0f", "without width", id="a selector after a letter"),
            pytest.param("hi\U000e0041", "without width", id="a hidden tag"),
            pytest.param("a\ufffcb", "without width", id="the place of a picture from a word processor"),
        ],
    )
    def test_what_a_reader_cannot_see_is_a_problem(self, text: str, what: str) -> None:
        (problem,) = faults(f"first\n{text}", "a.txt")
        assert problem.where == "a.txt:2"
        assert what in problem.what
        assert problem.hint

    @pytest.mark.parametrize("text", ["𝐁𝐨𝐥𝐝", "𝓯𝓪𝓷𝓬𝔂", "ＡＢＣ", "Ⓐⓑ", "🄰🄱"])
    def test_look_alike_letters_are_refused(self, text: str) -> None:
        (problem,) = faults(f"We are {text} here", "a.txt")
        assert text in problem.what and "look-alike" in problem.what

    @pytest.mark.parametrize("word", ["pаypal", "αlpha", "Мoscow", "ΑΒС"])
    def test_a_word_of_two_alphabets_is_refused(self, word: str) -> None:
        (problem,) = faults(f"See {word}.", "a.txt")
        assert problem.what.startswith(f'"{word}" mixes letters of')

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("👨‍👩‍👧‍👦 👩🏽‍⚕️ 🙂‍↔️ 👩‍🦰 🐻‍❄️", id="joined emoji"),
            pytest.param(f"🏳️‍🌈 🏴‍☠️ 🇳🇴 {SCOTLAND}", id="flags"),
            pytest.param("1️⃣ ❤️ Ⓜ️ ©️ ☎️ ℹ️", id="emoji made of other signs"),
            pytest.param("می‌خواهم و نمی‌روم", id="Persian with non-joiners"),
            pytest.param("क्‍ष श्री‌मान नमस्ते API", id="Hindi with joiners"),
            pytest.param("ශ්‍රී ලංකා", id="Sinhala with a joiner"),
            pytest.param("هذه حملة Clean Air للهواء", id="Arabic with Latin words"),
            pytest.param("\u200fשלום לכולם ב-Facebook", id="Hebrew with a mark of direction"),
            pytest.param("日本のＮＨＫとTwitter", id="Japanese with wide letters"),
            pytest.param("我们的 Clean Air 运动", id="Chinese with Latin words"),
            pytest.param("葛\U000e0100城市", id="a Japanese name with its variant"),
            pytest.param("COVID-вакцина и IT-школа", id="words joined by a hyphen"),
            pytest.param("«Ça va?» – Łódź, naïve, 50 €, PM2.5 µm", id="Latin with its marks"),
        ],
    )
    def test_honest_text_is_accepted(self, text: str) -> None:
        assert faults(text, "a.txt") == []

    def test_every_fault_of_every_row_is_told(self) -> None:
        found = faults("a\u200bb\u202e\nfine\npаypal", "a.txt")
        assert [one.where for one in found] == ["a.txt:1", "a.txt:1", "a.txt:3"]


def test_marks_heaped_up_without_end_are_told_and_not_composed() -> None:
    found, (problem,) = decode(("a" + "\u0315\u0300" * 50).encode(), "a.txt")
    assert found == "" and "more marks" in problem.what


@pytest.mark.parametrize(
    "text", ["ก็ำ" * 50, "é" * 200, "e\u0301" * 200, "❤\ufe0f" * 200], ids=["Thai", "composed", "apart", "emoji"]
)
def test_marks_that_people_write_are_words(text: str) -> None:
    assert decode(text.encode(), "a.txt")[0] != ""
