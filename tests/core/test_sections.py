"""Sections: one key or row of a TOML text changes, and every other byte stays."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.sections import Told, pieces, with_keys, with_new_row, with_row, with_section, without_row

TEXT = """\
# Ours.
zone = "UTC"   # whose clocks

[accounts.town]
network = "x"

# In the morning.
[[row]]
name = 'a'     # the first
times = [
  "09:00",  # early
  "17:30",
]
# late = "6h"

# A monitor.
[[row]]
name = "b"
"""


def test_a_value_changes_and_the_comment_beside_it_stays() -> None:
    assert with_row(TEXT, "row", 0, {"name": "new"}) == TEXT.replace("'a'     #", '"new"     #')


def test_a_value_over_several_lines_is_replaced_whole() -> None:
    text = with_row(TEXT, "row", 0, {"times": ["08:00"]})
    assert text == TEXT.replace('[\n  "09:00",  # early\n  "17:30",\n]', '["08:00"]')


def test_the_same_value_stays_as_it_is_written() -> None:
    assert with_row(TEXT, "row", 0, {"name": "a", "times": ["09:00", "17:30"], "tags": None}) == TEXT


def test_a_new_key_stands_below_the_last_one() -> None:
    assert with_row(TEXT, "row", 0, {"days": ["mon"]}) == TEXT.replace("\n]\n# late", '\n]\ndays = ["mon"]\n# late')
    assert with_row(TEXT.rstrip(), "row", 1, {"late": "1h"}) == f'{TEXT}late = "1h"\n'


def test_a_key_is_taken_out() -> None:
    assert with_row(TEXT, "row", 0, {"name": None}) == TEXT.replace("name = 'a'     # the first\n", "")


def test_a_new_row_stands_below_the_others() -> None:
    text = TEXT + '\n[site]\nurl = "u"\n'
    assert (
        with_new_row(text, "row", {"name": "c", "late": None}) == f'{TEXT}\n[[row]]\nname = "c"\n\n[site]\nurl = "u"\n'
    )


@pytest.mark.parametrize("text", ["", "a = 1", "a = 1\n"])
def test_a_first_row_stands_at_the_end(text: str) -> None:
    new = with_new_row(text, "row", {"name": "c"})
    assert new.startswith(text) and new.endswith('[[row]]\nname = "c"\n')


def test_a_row_goes_with_the_comments_that_touch_it() -> None:
    assert without_row(TEXT, "row", 0) == TEXT[: TEXT.index("\n# In the")] + TEXT[TEXT.index("\n# A monitor") :]
    assert without_row(TEXT, "row", 1) == TEXT[: TEXT.index("\n# A monitor")]


def test_a_comment_that_touches_what_is_above_stays_there() -> None:
    text = '[[row]]\nname = "a"\n# late = "6h"\n[[row]]\nname = "b"\n'
    assert without_row(text, "row", 1) == '[[row]]\nname = "a"\n# late = "6h"\n'


def test_a_key_of_the_top_is_set_changed_and_taken_out() -> None:
    text = with_keys(TEXT, {"quiet": "22:00-07:00"})
    assert text == TEXT.replace("clocks\n", 'clocks\nquiet = "22:00-07:00"\n')
    assert with_keys(text, {"quiet": None}) == TEXT
    assert with_keys("[a]\n", {"quiet": "22:00-07:00"}) == 'quiet = "22:00-07:00"\n[a]\n'


def test_a_key_of_a_section_is_set_changed_and_taken_out() -> None:
    text = with_section(TEXT, ("accounts", "town"), {"per_day": 4, "budget": 5.5})
    assert text == TEXT.replace('network = "x"\n', 'network = "x"\nper_day = 4\nbudget = 5.5\n')
    assert with_section(text, ("accounts", "town"), {"per_day": None, "budget": None}) == TEXT


def test_a_section_that_is_missing_is_made_at_the_end() -> None:
    assert with_section(TEXT.rstrip(), ("desk",), {"url": "u"}) == f'{TEXT}\n[desk]\nurl = "u"\n'
    assert with_section("", ("desk",), {"url": "u"}) == '[desk]\nurl = "u"\n'
    assert with_section(TEXT, ("desk",), {"url": None}) == TEXT


@pytest.mark.parametrize("text", ['desk = { url = "a" }\n', 'desk.url = "a"\n'])
def test_a_section_that_is_written_in_another_way_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        with_section(text, ("desk",), {"url": "b"})


def test_lines_end_as_they_do_elsewhere_in_the_text() -> None:
    text = with_new_row(TEXT.replace("\n", "\r\n"), "row", {"name": "c"})
    assert text.count("\n") == text.count("\r\n")


@pytest.mark.parametrize(
    "text",
    ['row = [{ name = "a" }]\n', 'row = [\n  { name = "a" },\n]\n', "row = [\n"],
    ids=["inline", "list", "broken"],
)
def test_a_text_that_is_written_in_another_way_is_refused(text: str) -> None:
    for change in (lambda: with_row(text, "row", 0, {"name": "b"}), lambda: without_row(text, "row", 0)):
        with pytest.raises(ValueError):
            change()
    with pytest.raises(ValueError):
        with_new_row(text, "row", {"name": "b"})


# --- whatever stands there, and whatever is put in ------------------------------------------------

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.one_of(WORDS, st.lists(WORDS, max_size=3))
SILENT = st.sampled_from(["\n", "   \n", "# [[row]]\n", "#name = 'x'\n", "\t# '''\n"])
KEYS = st.sampled_from(
    [
        "{k} = 1\n",
        "{k}=[1, # ]\n 2]\n",
        "{k} = '''\n[[row]]\nname = 1\n'''\n",
        '"{k}" = "a#b" # c\n',
        "{k}.z = {{a = 1}}\n",
    ]
)
HEADS = st.sampled_from(["[[row]]\n", "  [[ row ]] # x\n", "[t{n}]\n", "[[other]]\n"])


@st.composite
def texts(draw: st.DrawFn) -> str:
    """TOML of every kind of line, each heading with a few keys."""
    text = ""
    for number in range(draw(st.integers(0, 5))):
        text += draw(HEADS).format(n=number) if number else ""
        for letter in "abc"[: draw(st.integers(0, 3))]:
            text += draw(SILENT) + draw(KEYS).format(k=letter)
        text += draw(SILENT)
    return draw(st.sampled_from([text, text.rstrip("\n"), text.replace("\n", "\r\n")]))


@given(texts())
def test_the_pieces_of_a_text_are_the_text(text: str) -> None:
    assert "".join(one.text for one in pieces(text)) == text


@given(texts(), VALUES, st.booleans())
def test_only_the_row_that_is_meant_changes(text: str, value: str | list[str], is_there: bool) -> None:
    name = "a" if is_there else "quiet"
    for number, before in enumerate(tomllib.loads(text).get("row", [])):
        told: Told = {name: value}
        after = with_row(text, "row", number, told)
        parts = pieces(text)
        start = [at for at, one in enumerate(parts) if one.is_heading and "row" in one.says][number]
        end = next((at for at in range(start + 1, len(parts)) if parts[at].is_heading), len(parts))
        above, below = ("".join(one.text for one in some) for some in (parts[: start + 1], parts[end:]))
        assert after.startswith(above) and after.endswith(below)
        assert tomllib.loads(after)["row"][number] == {**before, **told}


@given(texts(), VALUES)
def test_a_row_that_is_added_and_taken_out_leaves_no_trace(text: str, value: str | list[str]) -> None:
    new = with_new_row(text, "row", {"a": value})
    rows = tomllib.loads(new)["row"]
    assert rows[-1] == {"a": value}
    again = without_row(new, "row", len(rows) - 1)
    assert [row for row in again.splitlines() if row.strip()] == [row for row in text.splitlines() if row.strip()]


@given(texts(), VALUES)
def test_a_key_that_is_set_and_taken_out_leaves_no_trace(text: str, value: str | list[str]) -> None:
    again = with_keys(with_keys(text, {"quiet": value}), {"quiet": None})
    assert again.rstrip() == text.rstrip()
