"""What a TOML file may hold: each kind's good and bad values, and each fault with its line."""

import tomllib
from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import schema
from bot.core.schema import Faults, Kind, locate, near, parse, read


def judged(kind: Kind, written: str) -> tuple[Any, list[str]]:
    """The value of a key written so, and what is wrong with it."""
    faults: Faults = []
    found = kind(tomllib.loads(f"key = {written}")["key"], ("key",), faults)
    return found, [fault.what for fault in faults]


class TestKinds:
    @pytest.mark.parametrize(
        ("kind", "written", "value"),
        [
            pytest.param(schema.text, '" Clean air "', "Clean air", id="text, trimmed"),
            pytest.param(schema.text, '"e\\u0301"', "é", id="text, composed"),
            pytest.param(schema.flag, "true", True, id="flag"),
            pytest.param(schema.day, "2026-12-01", date(2026, 12, 1), id="day"),
            pytest.param(schema.clock, '"09:05"', time(9, 5), id="clock"),
            pytest.param(schema.duration, '"14d"', timedelta(days=14), id="days"),
            pytest.param(schema.duration, '"6 h"', timedelta(hours=6), id="hours"),
            pytest.param(schema.duration, '"30m"', timedelta(minutes=30), id="minutes"),
            pytest.param(schema.duration, '"2w"', timedelta(weeks=2), id="weeks"),
            pytest.param(schema.address, '"https://example.org/a?b#c"', "https://example.org/a?b#c", id="address"),
            pytest.param(schema.address, '"http://bücher.example:8080"', "http://bücher.example:8080", id="a port"),
            pytest.param(schema.origin, '"HTTPS://Desk.example.org:443/"', "https://desk.example.org", id="usual port"),
            pytest.param(schema.origin, '"http://bü.example:443"', "http://xn--b-eha.example:443", id="other port"),
            pytest.param(schema.hashtag, '"#Été2030"', "#Été2030", id="hashtag"),
            pytest.param(schema.hashtag, '"＃सूर्य"', "#सूर्य", id="hashtag with a wide sign and marks"),
            pytest.param(schema.whole(1, 10), "10", 10, id="whole number"),
            pytest.param(schema.one_of(["a", "b"], "day"), '"b"', "b", id="one of some names"),
            pytest.param(schema.language, '"pt-BR"', "pt-BR", id="language"),
            pytest.param(schema.many(schema.day), "[2026-12-01]", (date(2026, 12, 1),), id="list"),
            pytest.param(schema.by_language(), '"air"', {"": "air"}, id="for all languages"),
            pytest.param(schema.by_language(), '{ en = "a", es = "b" }', {"en": "a", "es": "b"}, id="languages"),
            pytest.param(schema.named(schema.flag), "{ a-1 = true }", {"a-1": True}, id="names of one's own"),
        ],
    )  # fmt: skip
    def test_a_good_value_is_understood(self, kind: Kind, written: str, value: object) -> None:
        assert judged(kind, written) == (value, [])

    @pytest.mark.parametrize(
        ("kind", "written", "what"),
        [
            pytest.param(schema.text, "5", "must be text", id="a number for text"),
            pytest.param(schema.text, '"  "', "is empty", id="empty text"),
            pytest.param(schema.text, '"a\\u200bb"', "without width", id="unseen letters"),
            pytest.param(schema.text, '"a\\u0007b"', "invisible control", id="a control character"),
            pytest.param(schema.text, '"a\\ue000b"', "outside the program", id="a private letter"),
            pytest.param(schema.flag, '"true"', "true or false", id="a flag in quotes"),
            pytest.param(schema.day, '"2026-12-01"', "must be a day", id="a day in quotes"),
            pytest.param(schema.day, "2026-12-01T09:00:00", "must be a day", id="a day with a time"),
            pytest.param(schema.clock, '"9:00"', "must be a time", id="a time of one digit"),
            pytest.param(schema.clock, '"24:00"', "must be a time", id="a time that is none"),
            pytest.param(schema.clock, "09:00:00", "must be a time", id="a time without quotes"),
            pytest.param(schema.duration, "14", "must be a length", id="a bare number"),
            pytest.param(schema.duration, '"14 moons"', "must be a length", id="an unknown unit"),
            pytest.param(schema.address, '"example.org"', "whole address", id="no scheme"),
            pytest.param(schema.address, '"https://localhost"', "whole address", id="no dot"),
            pytest.param(schema.origin, '"https://example.org/desk"', "name of its own", id="a folder"),
            pytest.param(schema.origin, '"https://a:b@example.org"', "name of its own", id="a password"),
            pytest.param(schema.origin, '"https://example.org?a#b"', "name of its own", id="a question"),
            pytest.param(schema.origin, f'"https://{"ü" * 64}.org"', "whole address", id="a name too long"),
            pytest.param(schema.origin, '"example.org"', "whole address", id="a host alone"),
            pytest.param(schema.address, '"https://.org"', "whole address", id="an empty part"),
            pytest.param(schema.address, '"https://e.org:no"', "whole address", id="a port of letters"),
            pytest.param(schema.address, '"https://e.org/a b"', "whole address", id="a space"),
            pytest.param(schema.address, '"https://[e.org"', "whole address", id="a lone bracket"),
            pytest.param(schema.hashtag, '"CleanAir"', "has no #", id="no #"),
            pytest.param(schema.hashtag, '"#Clean-Air"', "not linked whole", id="a hyphen"),
            pytest.param(schema.hashtag, '"#2030"', "not linked whole", id="a digit first"),
            pytest.param(schema.hashtag, '"#Air_"', "not linked whole", id="a low line last"),
            pytest.param(schema.hashtag, f'"#{"a" * 51}"', "not linked whole", id="over 50 letters"),
            pytest.param(schema.whole(1, 10), "11", "from 1 to 10", id="too much"),
            pytest.param(schema.whole(1, 10), "true", "from 1 to 10", id="a flag for a number"),
            pytest.param(schema.one_of(["mon"], "day"), '"monday"', 'unknown day "monday"', id="an unknown name"),
            pytest.param(schema.language, '"english"', "is no language", id="no language"),
            pytest.param(schema.many(schema.text), '"a"', "must be a list", id="no list"),
            pytest.param(schema.by_language(), '{ english = "air" }', "no usable name", id="no language as a name"),
            pytest.param(schema.named(schema.flag), "true", "must be a table", id="no table"),
            pytest.param(schema.table({}), "1", "must be a table", id="no table of known keys"),
        ],
    )  # fmt: skip
    def test_a_bad_value_is_told(self, kind: Kind, written: str, what: str) -> None:
        _, (told,) = judged(kind, written)
        assert what in told

    @pytest.mark.parametrize(
        ("kind", "hint"),
        [
            (schema.named(schema.flag), "Use letters, digits, - and _."),
            (schema.named(schema.flag, "[a-z]+"), "Begin with a letter; use only letters, digits and _."),
            (schema.by_language(schema.flag), 'Name a language, like "en", "es" or "pt-BR".'),
        ],
    )
    def test_a_bad_name_is_told_with_what_a_name_may_be(self, kind: Kind, hint: str) -> None:
        faults: Faults = []
        kind({"a b": True}, ("key",), faults)
        assert [fault.hint for fault in faults] == [hint]

    @given(value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.datetimes(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=5,
    ))  # fmt: skip
    def test_no_value_makes_any_kind_stumble(self, value: object) -> None:
        leaves = [schema.text, schema.flag, schema.day, schema.clock, schema.duration, schema.address, schema.hashtag]
        for each in (*leaves, schema.language, schema.whole(1, 9), schema.one_of(["a"], "b")):
            for kind in (
                each,
                schema.many(each),
                schema.named(each),
                schema.by_language(each),
                schema.table({"a": each}),
            ):
                kind(value, ("key",), [])


SCHEMA: schema.Schema = {"title": schema.text, "weight": schema.whole(1, 10), "text": schema.table({"x": schema.text})}


class TestRead:
    def test_every_fault_is_told_with_its_line_and_a_way_out(self) -> None:
        text = 'tilte = "Air"\nweight = 11\n\n[text]\nweight = 2\nx = 5\n'
        values, problems = read(text, SCHEMA, "a.toml", first=3)
        assert [(one.where, one.what) for one in problems] == [
            ("a.toml:3", "unknown key `tilte`"),
            ("a.toml:4", "`weight` must be a whole number from 1 to 10"),
            ("a.toml:7", "unknown key `weight`"),
            ("a.toml:8", "`text.x` must be text"),
        ]
        assert problems[0].hint == 'Did you mean "title"?'
        assert values == {"weight": None, "text": {"x": None}}

    def test_a_missing_key_is_told(self) -> None:
        faults: Faults = []
        schema.table(SCHEMA, required=["title"])({}, (), faults)
        assert [fault.what for fault in faults] == ["`title` is missing"]

    @pytest.mark.parametrize("names", [[], ["a"], ["alpha", "beta"]])
    def test_a_name_unlike_all_others_is_answered_with_what_there_is(self, names: list[str]) -> None:
        assert near("zzz", names) == (f"Known here: {', '.join(names)}." if names else "")


FILE = """\
title = "Air"          # 1
links = { sign = "https://example.org", call = "x" }
ask.city.label = "City"
ask.city.longest = 0

tags = [
  "a",
  "b c",
]

[accounts.town]
me = { city = "Ulm" }
"handle" = "x"

[accounts."the.city"]
short = '''
[accounts.village]
title = "not this"
'''
handle = "y"

[[schedule]]
times = ["9"]
[[ schedule ]]  # another
campaign = "b"
times = ["10"]
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        pytest.param((), 1, id="the file"),
        pytest.param(("title",), 1, id="a key"),
        pytest.param(("nothing",), 1, id="a key that is not there"),
        pytest.param(("links", "call"), 2, id="a key of an inline table"),
        pytest.param(("ask", "city", "longest"), 4, id="a dotted key"),
        pytest.param(("ask", "city"), 3, id="the first of some dotted keys"),
        pytest.param(("ask", "city", "hint"), 3, id="a key missing beside dotted ones"),
        pytest.param(("tags", 1), 6, id="a value of a list"),
        pytest.param(("accounts", "town"), 11, id="a heading"),
        pytest.param(("accounts", "town", "me", "city"), 12, id="below a heading, inline"),
        pytest.param(("accounts", "town", "handle"), 13, id="a key in quotes"),
        pytest.param(("accounts", "the.city"), 15, id="a heading with a dot in quotes"),
        pytest.param(("accounts", "the.city", "handle"), 20, id="after threefold quotes"),
        pytest.param(("accounts", "the.city", "title"), 15, id="not within threefold quotes"),
        pytest.param(("accounts", "town", "network"), 11, id="a key missing below a heading"),
        pytest.param(("schedule", 0, "times"), 23, id="the first of several"),
        pytest.param(("schedule", 0, "campaign"), 22, id="a key missing in the first"),
        pytest.param(("schedule", 1), 24, id="the second of several"),
        pytest.param(("schedule", 1, "times", 0), 26, id="in the second of several"),
    ],
)
def test_the_line_of_a_key_is_found(path: schema.Path, line: int) -> None:
    assert locate(FILE, path) == line


NOT_CLOSED = "a quote is missing at the end of the text"
INSIDE = "a quote inside the text ends it"
HASHTAG = "a hashtag needs quotes, else it is read as a comment"
CURLY = "curly quotes around a value"
TWICE = "this key stands there twice"
BRACES = "these braces cannot be read"


class TestSyntax:
    @pytest.mark.parametrize(
        ("text", "what", "line"),
        [
            pytest.param("title = “Clean air”", CURLY, 2, id="curly quotes"),
            pytest.param("title = \"Clean air”", CURLY, 2, id="a curly quote at the end"),
            pytest.param("tags = [“a”]", CURLY, 2, id="curly quotes in a list"),
            pytest.param("rest = 14d", "a length of time needs quotes", 2, id="14d"),
            pytest.param("rest = 14 days", "a length of time needs quotes", 2, id="14 days"),
            pytest.param("hashtags = #CleanAir", HASHTAG, 2, id="hashtag"),
            pytest.param("hashtags = [#CleanAir]", HASHTAG, 2, id="in a list"),
            pytest.param("title = Clean air", "text needs quotes", 2, id="text"),
            pytest.param("title = Água", "text needs quotes", 2, id="text with an accent"),
            pytest.param("handle = @mayor", "text needs quotes", 2, id="a handle"),
            pytest.param('tags = ["a", facts]', "text needs quotes", 2, id="text in a list"),
            pytest.param('title = "a"\ntitle = "b"', TWICE, 3, id="a key twice"),
            pytest.param("title = \"it’s\"\ntitle = 'it’s'", TWICE, 3, id="twice, with an apostrophe"),
            pytest.param("[a]\nb = 1\n[a]", TWICE, 4, id="a heading twice"),
            pytest.param("a = { b = 1, b = 2 }", TWICE, 2, id="twice in braces"),
            pytest.param('title: "a"', "a key and its value are joined by =", 2, id="a colon"),
            pytest.param('title = "Clean air', NOT_CLOSED, 2, id="no closing quote"),
            pytest.param('short = "a = b', NOT_CLOSED, 2, id="no closing quote, = inside"),
            pytest.param('short = "It’s time', NOT_CLOSED, 2, id="no closing quote, apostrophe inside"),
            pytest.param("short = '''a\nb", NOT_CLOSED, 2, id="no closing threefold quotes"),
            pytest.param("title = 'It's time'", INSIDE, 2, id="an apostrophe inside"),
            pytest.param('title = "Say "no" now"', INSIDE, 2, id="quotes inside"),
            pytest.param('tags = ["a", "b"', "this list has no end", 2, id="no closing bracket"),
            pytest.param('tags = [\n  "a",\n  "b"\n', "this list has no end", 2, id="no closing bracket below"),
            pytest.param('tags = ["a" "b"]', "a comma is missing between two values", 2, id="no comma"),
            pytest.param('image = { file = "a"', BRACES, 2, id="no closing brace"),
            pytest.param('image = { file = "a",\nalt = "b" }', BRACES, 2, id="braces over two rows"),
            pytest.param("sample = True", "true and false are written in small letters", 2, id="True"),
            pytest.param("from = 2026-12-1", "this is no day", 2, id="a day of one digit"),
            pytest.param("from = 1.12.2026", "this is no day", 2, id="a day the other way round"),
            pytest.param("times = [09:00]", "a time of day needs quotes", 2, id="a time without quotes"),
            pytest.param("title =", "this key has no value", 2, id="no value"),
            pytest.param("title", "this is no fact", 2, id="no ="),
            pytest.param('clean air = "x"', "this is no fact", 2, id="a key of two words"),
            pytest.param('title = "a" weight = 2', "two facts stand on one row", 2, id="two on a row"),
            pytest.param("[links", "this heading has no end", 2, id="a heading without end"),
            pytest.param('file = "C:\\posts"', 'a \\ inside "…" has a meaning of its own', 2, id="a backslash"),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("after", ["", '\nweight = 2\nalt = "x"'], ids=["last", "followed"])
    def test_a_mistake_is_named_where_it_stands(self, text: str, what: str, line: int, after: str) -> None:
        values, problems = parse(f"# facts\n{text}{after}", "a.toml")
        assert values == {}
        assert [(one.what, one.where) for one in problems] == [(what, f"a.toml:{line}")]
        assert problems[0].hint

    def test_any_other_mistake_is_told_as_it_was_found(self) -> None:
        _, (problem,) = parse("= 3", "a.toml", first=5)
        assert (problem.where, problem.what[:20]) == ("a.toml:5", "this cannot be read:")

    @given(
        text=st.lists(
            st.sampled_from(["a", "=", " ", '"', "'", "[", "]", "{", "}", "\n", "#", "1", ",", "”", "'''"])
        ).map("".join)
    )
    def test_any_text_is_read_or_told(self, text: str) -> None:
        values, problems = parse(text, "a.toml")
        assert not values or not problems
        assert all(1 <= int(one.where.rpartition(":")[2]) <= text.count("\n") + 1 for one in problems)


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 5000, "a = " + "9" * 5000, "at_most = 0x" + "f" * 6000, "\n" + "a." * 5000 + "a = 1"],
    ids=["brackets", "digits", "hexadecimal", "dots"],
)
def test_what_nobody_writes_by_hand_is_told_like_any_mistake(text: str) -> None:
    values, (problem,) = parse(text, "a.toml")
    assert values == {} and problem.where.startswith("a.toml") and problem.hint


def test_thousands_of_faults_are_placed_in_time_that_grows_with_their_number() -> None:
    text = "".join(f"k{number} = 1\n" for number in range(9000))
    _, problems = read(text, {}, "a.toml")
    assert [one.where for one in problems] == [f"a.toml:{number}" for number in range(1, 9001)]
