"""Templates: what they may say, what becomes of a supporter's facts, and what is typed into them."""

import unicodedata
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.network import Network
from bot.core.render import MARK, BadTemplate, compile_words, render, tidy, unknown
from bot.core.schema import near
from bot.networks import load

FACTS: dict[str, Any] = {
    "campaign": SimpleNamespace(title="Clean air", days_to_go=3, goal=5000, until="June 1"),
    "links": SimpleNamespace(sign="https://example.org/sign"),
    "target": SimpleNamespace(name="the mayor"),
    "today": "May 1",
}
KNOWN = ["campaign.title", "campaign.days_to_go", "links.sign", "me.city", "me.place", "today"]
LINKING = [network for network in load().values() if network.entities]


def filled(template: str, **me: str) -> str:
    return render(compile_words(template), FACTS).fill(me)


def refused(template: str) -> BadTemplate:
    with pytest.raises(BadTemplate) as bad:
        render(compile_words(template), FACTS)
    return bad.value


class TestFilling:
    @pytest.mark.parametrize(
        ("template", "text"),
        [
            pytest.param("{{ campaign.title }} now", "Clean air now", id="a fact"),
            pytest.param("Sign: {{ links.sign }}", "Sign: https://example.org/sign", id="a link"),
            pytest.param("{% if campaign.days_to_go > 1 %}{{ campaign.days_to_go }} days{% else %}Now{% endif %}",
                         "3 days", id="a condition on the days to go"),
            pytest.param("{{ 'Soon' if campaign.days_to_go <= 7 else 'Later' }}", "Soon", id="a condition inside"),
            pytest.param("Now{{ ' or never' if campaign.goal == 1 }}", "Now", id="a condition without else"),
            pytest.param("{{ campaign.title|upper }}", "CLEAN AIR", id="a filter"),
            pytest.param("{{ campaign.goal }} names by {{ campaign.until }}", "5000 names by June 1", id="a number"),
            pytest.param("{{ campaign.title ~ '!' }}", "Clean air!", id="joined"),
            pytest.param("{# note #}One\n\n\n\ntwo  \n", "One\n\ntwo", id="empty rows and spaces are tidied"),
            pytest.param("e\u0301", "é", id="accents are composed"),
            pytest.param("Save 50% {now} #CleanAir", "Save 50% {now} #CleanAir", id="plain signs stay"),
        ],
    )  # fmt: skip
    def test_facts_are_filled_in(self, template: str, text: str) -> None:
        assert filled(template) == text

    @pytest.mark.parametrize(
        ("template", "told", "untold"),
        [
            pytest.param('In {{ me.city or "my town" }}.', "In Ulm.", "In my town.", id="plain words"),
            pytest.param("{{ me.city or campaign.title }}", "Ulm", "Clean air", id="a fact instead"),
            pytest.param('{{ me.city or campaign.title or "x" }}', "Ulm", "Clean air", id="one of several instead"),
            pytest.param('{% if today %}{{ me.city or "x" }}{% endif %}', "Ulm", "x", id="in a condition"),
            pytest.param('{{- me.city or "  my   town " -}}', "Ulm", "my   town", id="without space around"),
        ],
    )
    def test_a_supporters_fact_is_told_or_replaced(self, template: str, told: str, untold: str) -> None:
        assert filled(template, city="Ulm") == told
        assert filled(template, city="") == filled(template) == untold

    @pytest.mark.parametrize("value", ["{{ 7 * 7 }}", "{% for x in y %}", "{{ me.city }}", "{#"])
    def test_what_a_supporter_types_is_never_a_template(self, value: str) -> None:
        assert filled('In {{ me.city or "x" }}!', city=value) == f"In {value}!"

    def test_each_place_of_a_fact_is_one_mark(self) -> None:
        words = render(compile_words('{{ me.a or "x" }}, {{ me.b or "y" }}, {{ me.a or "z" }}'), FACTS)
        assert words.fields == (("a", "x"), ("b", "y"), ("a", "z"))
        assert MARK.findall(words.text) == ["\ue000", "\ue001", "\ue002"]
        assert words.fill({"a": "1"}) == "1, y, 1"


SIGNS = ["{{", "}}", "{%", "%}", "me", ".", "a", "or", "'x'", "if", "else", "endif", "~", "|", "(", ")", "#", "1"]


class TestRefused:
    @pytest.mark.parametrize(
        ("template", "what"),
        [
            pytest.param("{% for a in 'abc' %}{{ a }}{% endfor %}", "a loop", id="a loop"),
            pytest.param("{% for a in range(10**9) %}x{% endfor %}", "a loop", id="a loop that never ends"),
            pytest.param("{{ range(9) }}", "a call", id="a call"),
            pytest.param("{{ campaign.title.upper() }}", "a call", id="a method"),
            pytest.param("{{ 'x' * 500000000 }}", "`mul`", id="a string of 500 MB"),
            pytest.param("{{ 10 ** 10 ** 10 }}", "`pow`", id="a number without end"),
            pytest.param("{{ 'x' % 3 }}", "`mod`", id="formatting"),
            pytest.param("{{ 1 + 1 }}", "`add`", id="a sum"),
            pytest.param("{% set a = 1 %}", "an assignment", id="an assignment"),
            pytest.param("{{ campaign['title'] }}", "a subscript", id="a subscript"),
            pytest.param("{{ [1, 2] }}", "`list`", id="a list"),
            pytest.param("{{ today is defined }}", "a test", id="a test"),
            pytest.param("{% include 'x' %}", "`include`", id="another file"),
            pytest.param("{% macro a() %}{% endmacro %}", "`macro`", id="a macro"),
            pytest.param("{% filter upper %}a{% endfilter %}", "`filterblock`", id="a filter over much"),
            pytest.param("{{ ''.__class__.__mro__ }}", "too deep", id="a way out of the sandbox"),
            pytest.param("{{ campaign.title.__class__ }}", "too deep", id="another way out"),
            pytest.param("{{ today|replace('a', 'b') }}", "no filter named 'replace'", id="an unknown filter"),
            pytest.param("{% if 1 %}{{ today|attr('x') }}{% endif %}", "named 'attr'", id="one in a condition"),
            pytest.param("{{ today|uper }}", "no filter named 'uper'; these exist: upper", id="a filter mistyped"),
            pytest.param("{{ today|upper(1) }}", "takes nothing in brackets", id="a filter with more"),
            pytest.param("{{ campaign.title > 3 }}", "cannot be worked out", id="words compared with a number"),
            pytest.param("{{ nobody }}", "cannot be worked out", id="a fact that nobody gave"),
            pytest.param("{{ 1.5 }}", "fraction", id="a number with a fraction"),
            pytest.param("{{ campaign.title", "cannot be read", id="no end"),
            pytest.param("{% if today %}x", "cannot be read", id="a condition without end"),
            pytest.param("{#CleanAir", "cannot be read", id="a note without end"),
            pytest.param("{{ " + "9" * 5000 + " }}", "too long", id="a number of 5000 digits"),
            pytest.param("{{ " + "not " * 400 + "today }}", "too deeply", id="400 nots"),
            pytest.param("{% if 1 %}" * 150 + "{% endif %}" * 150, "too deeply", id="150 conditions in each other"),
            pytest.param("{{ " + "(" * 4000 + "1" + ")" * 4000 + " }}", "too deeply", id="4000 brackets"),
            pytest.param("x" * 10_001, "longer than 10,000", id="a text too long"),
            pytest.param("{{ '\\u202e' }}", "direction", id="a hidden override of direction"),
            pytest.param("{{ '\\ue000' }}", "outside the program", id="a forged mark"),
            pytest.param("a\ue000b", "outside the program", id="a forged mark in the open"),
        ],
    )  # fmt: skip
    def test_a_template_cannot_do_more_than_fill_in(self, template: str, what: str) -> None:
        bad = refused(template)
        assert what in bad.what
        assert bad.line == 1

    @pytest.mark.parametrize(
        "inside",
        [
            "me.city", "me", "me.city|upper or 'x'", "(me.city or 'x')|upper", "me.city ~ 'x'", "'x' or me.city",
            "me.city or me.town", "me.city or 'x' or me.town", "me.city and 'x'", "not me.city", "me.city == 'Ulm'",
            "'a' if me.city else 'b'", "(me.city or 'x') if today else 'y'", "me.city or 'x' ~ me.town",
        ],
    )  # fmt: skip
    def test_a_supporters_fact_stands_only_with_words_for_those_who_do_not_tell(self, inside: str) -> None:
        assert "a supporter's fact stands alone" in refused(f"{{{{ {inside} }}}}").what

    def test_nothing_depends_on_whether_a_supporter_tells(self) -> None:
        bad = refused("One\ntwo {% if me.city %}three{% endif %}")
        assert (bad.what[:24], bad.line) == ("a supporter's fact stand", 2)

    @pytest.mark.parametrize("fallback", ['""', '" "', "campaign.title if campaign.goal == 1 else ''"])
    def test_the_words_for_those_who_do_not_tell_are_not_empty(self, fallback: str) -> None:
        assert "no words for those who do not tell me.city" in refused(f"In {{{{ me.city or ({fallback}) }}}}.").what

    def test_a_fault_has_the_line_where_it_stands(self) -> None:
        assert refused("One\ntwo\n{{ 1 + 1 }}").line == 3
        assert refused("One\n{{ today").line == 2

    @given(source=st.lists(st.sampled_from(SIGNS)).map(" ".join))
    def test_any_template_is_read_or_refused(self, source: str) -> None:
        try:
            compile_words(source)
        except BadTemplate as bad:
            assert bad.what and bad.line >= 1


class TestUnknown:
    def test_unknown_facts_are_named_with_line_and_the_nearest(self) -> None:
        compiled = compile_words('{{ campaign.title }}\n{{ me.plcae or "x" }} {{ campain.title }}')
        assert [(bad.what, bad.hint, bad.line) for bad in unknown(compiled, dict.fromkeys(KNOWN))] == [
            ('unknown fact "me.plcae"', 'Did you mean "me.place"?', 2),
            ('unknown fact "campain.title"', 'Did you mean "campaign.title"?', 2),
        ]

    @pytest.mark.parametrize(
        ("name", "hint"),
        [
            ("campaign.goal", "Write goal = … into campaign.toml first."),
            ("campaign.days_to_go", "Write until = … into campaign.toml first."),
            ("me.city or 'x'", "Write [ask.city] into campaign.toml first."),
            ("links.sign", "Write sign = … below [links] into campaign.toml first."),
            ("target.name", "Write a target below [targets] into campaign.toml first."),
        ],
    )
    def test_a_fact_that_the_campaign_lacks_is_to_be_written_there(self, name: str, hint: str) -> None:
        (bad,) = unknown(compile_words(f"{{{{ {name} }}}}"), {"campaign.title": None})
        assert bad.hint == hint

    def test_a_name_is_nearest_to_what_looks_like_it(self) -> None:
        assert near("hastags", ["hashtags", "tags"]) == 'Did you mean "hashtags"?'
        assert near("xyz", ["a", "b"]) == "Known here: a, b."


CITY = '{{ me.city or "my town" }}'
FREE = [
    f"{CITY}, …", f"¿{CITY}?", f"({CITY})", f'"{CITY}"', f"“{CITY}”", f"one — {CITY} — two", f"one—{CITY}—two",
    f"{CITY}'s air", f"{CITY}’s air", f"In {CITY}: come!", f"{CITY}.", f"{CITY}...", f"{CITY}…", f"l'{CITY}",
    f"#CleanAir {CITY} #Now", f"@mayor {CITY} @governor", f"https://example.org/a {CITY} example.org",
    f"{CITY}, {CITY}; {CITY}", f"¡{CITY}!", f"«{CITY}»", f"U.S.—{CITY}", f"3.5—{CITY}", f"{CITY}!\n{CITY}",
]  # fmt: skip
TOUCHED = [
    f"#{CITY}", f"@{CITY}", f"a{CITY}", f"{CITY}a", f"{CITY}1", f"/{CITY}", f"{CITY}/", f"example.{CITY}",
    f"{CITY}.org", f"${CITY}", f"{CITY}@b", f"{CITY}#b", f"{CITY}{CITY}", f"{CITY}.{CITY}", f"{CITY}-{CITY}",
    f"{CITY}-wide", f"é{CITY}",
    f"https://example.org/?q={CITY}", f"https://example.org/?{CITY}", f"https://example.org/a,{CITY}", f"&{CITY}",
    f"example.org/({CITY})", f"#CleanAir·{CITY}", f"@mayor,{CITY}", f"{CITY}://a", f"{CITY}:80", f"_{CITY}", f"{CITY}_",
    f"https://example.org/a_({CITY},{CITY})", f"{CITY}\u0301", f"{CITY}日本",
]  # fmt: skip


class TestTouching:
    @pytest.mark.parametrize("template", FREE)
    def test_signs_of_a_sentence_may_stand_beside_a_fact(self, template: str) -> None:
        assert filled(template, city="Ulm") == template.replace(CITY, "Ulm")

    @pytest.mark.parametrize("template", TOUCHED)
    def test_what_would_join_with_a_fact_may_not(self, template: str) -> None:
        assert "touches other signs" in refused(template).what


# What could make a link, a tag or a mention of a typed value.
PIECES = (
    "a org com www . .. : / // :// http https http:// example.org bücher.de भारत рф 公司 @ # ＠ ＃ $ $GE TSLA % & = "
    "? ! , ; ' ’ \" ( ) [ ] _ - – ~ * + \u200b \u200c \u200d \ufeff \u202e \ue000 \ue001 \U000f0000 \ufdd0 \ufffd "
    "\xad 。 ． é 日本 مرحبا 😀 👩 🇩 1 12 · ・ {{ }} \\ < >"
)
hostile = st.lists(st.sampled_from([*PIECES.split(" "), " ", "\n", "\t", "\x00", "\u0301"]), max_size=12).map("".join)
typed = hostile | st.text()


class TestTidy:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            pytest.param("Springfield", "Springfield", id="a plain word"),
            pytest.param("  St.  Paul \n", "St. Paul", id="spaces"),
            pytest.param("$GE owes me $5", "GE owes me $5", id="no cashtag"),
            pytest.param("@mayor #1 ＃one", "mayor 1 one", id="no mention, no tag"),
            pytest.param("https://example.org", "https: example. org", id="no link"),
            pytest.param("example.भारत", "example. भारत", id="no link in another script"),
            pytest.param("J.R. Town", "J.R. Town", id="initials stay"),
            pytest.param("a\u202eb\u2066c\u200bd", "abcd", id="nothing unseen"),
            pytest.param("a\ue000b\U000f0000c\ufdd0d\ud800e", "abcde", id="nothing private, no half a sign"),
            pytest.param("می‌خواهم", "می‌خواهم", id="joiners inside a word stay"),
            pytest.param("👩‍🏫 teacher", "👩‍🏫 teacher", id="emoji stay"),
            pytest.param("\u200dx\u200d", "x", id="no joiner at the ends"),
            pytest.param("\u0301x", "x", id="no accent to begin with"),
            pytest.param("e\u0301", "é", id="accents are composed"),
            pytest.param("L'Aquila & Co (50%)", "L'Aquila & Co (50%)", id="other signs stay"),
            pytest.param("\x00\x1f", "", id="nothing left"),
        ],
    )  # fmt: skip
    def test_a_typed_value_is_tidied(self, value: str, expected: str) -> None:
        assert tidy(value) == expected

    @given(value=typed)
    def test_tidying_twice_changes_nothing(self, value: str) -> None:
        assert tidy(tidy(value)) == tidy(value)

    @given(value=typed)
    def test_a_tidied_value_is_one_composed_row_without_signs_that_mean_more(self, value: str) -> None:
        words = tidy(value)
        assert words == words.strip() == unicodedata.normalize("NFC", words)
        assert not set(words) & set("\n\r\t@#＠＃\u200b\ufeff\u202e\u2066")
        assert "://" not in words and "  " not in words
        assert not MARK.search(words)

    @pytest.mark.parametrize("network", LINKING, ids=lambda network: network.name)
    @settings(max_examples=500, deadline=None)
    @given(template=st.sampled_from(FREE), value=typed.map(tidy).filter(bool))
    def test_no_network_makes_anything_of_a_typed_value(self, network: Network, template: str, value: str) -> None:
        assert network.entities
        words = render(compile_words(template), FACTS)
        seen = [
            [(one.kind, one.text) for one in network.entities(words.fill({"city": city}))] for city in (value, "Ulm")
        ]
        assert seen[0] == seen[1]
