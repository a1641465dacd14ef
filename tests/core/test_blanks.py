"""Blanks in any spelling become places to fill; whatever else stands in brackets stays what it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.blanks import FACTS, Said, as_read, find_blanks, label_of, place, with_places
from bot.core.measure import CAP
from bot.core.render import compile_words, render


def filled(text: str, language: str = "en") -> str:
    return with_places(text, language, lambda blank, before: place(blank, before, language))


@pytest.mark.parametrize(
    "blank",
    ["[CITY]", "[YOUR CITY]", "[Insert City]", "[your town here]", "{city}", "{{city}}", "{{ City }}", "<city>", 
     "<<CITY>>", "(your city)", "(insert name of town)", "*|CITY|*", "[ciudad]", "{tu ciudad}", "____", "[___]"],
)  # fmt: skip
def test_a_blank_is_found_however_it_is_spelled(blank: str) -> None:
    assert filled(f"I live in {blank}.") == 'I live in {{ me.city or "my town" }}.'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I am [YOUR NAME].", 'I am {{ me.name or "a neighbor" }}.'),
        ("My name is ____.", 'My name is {{ me.name or "a neighbor" }}.'),
        ("As a [PROFESSION], I care.", 'As a {{ me.profession or "neighbor" }}, I care.'),
        ("In my [CITY] we ride.", 'In my {{ me.city or "town" }} we ride.'),
        ("[CITY] rides.", '{{ me.city or "My town" }} rides.'),
        ("We ride. [City] rides.", 'We ride. {{ me.city or "My town" }} rides.'),
        ("Call [NAME OF YOUR SENATOR].", 'Call {{ me.senator or "my senator" }}.'),
        ("Thank [YOUR FAVORITE TEACHER].", 'Thank {{ me.favorite_teacher or "my favorite teacher" }}.'),
        ("Ask Governor [NAME] now.", 'Ask Governor {{ me.governor or "…" }} now.'),
        ("We need {number} buses.", 'We need {{ me.number or "…" }} buses.'),
        ("Our ____ rides.", 'Our {{ me.answer or "…" }} rides.'),
        ("{{ me.city or 'our town' }} rides.", "{{ me.city or 'our town' }} rides."),
        ("{% if campaign.days_to_go == 1 %}Today{% endif %}", "{% if campaign.days_to_go == 1 %}Today{% endif %}"),
    ],
)
def test_what_a_blank_asks_for_is_told_by_its_words_or_those_before_it(text: str, expected: str) -> None:
    assert filled(text) == expected


def test_what_stands_there_otherwise_is_in_the_language_of_the_words() -> None:
    assert filled("Como [PROFESIÓN] en [CIUDAD]", "es") == (
        'Como {{ me.profession or "persona de aquí" }} en {{ me.city or "mi ciudad" }}'
    )


@pytest.mark.parametrize(
    "text", ["[sic]", "[1]", "<b>now</b>", "<3", "(we ride)", "a_b", "https://example.org/a____b", "{ }"]
)
def test_other_brackets_are_no_blanks(text: str) -> None:
    assert list(find_blanks(text)) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [("[LINK]", "link"), ("[INSERT PETITION LINK]", "link"), ("[enlace]", "link"), ("[PHOTO of a bus]", "note")],
)
def test_a_missing_address_and_a_note_are_no_facts(text: str, kind: str) -> None:
    assert [blank.kind for blank in find_blanks(text)] == [kind]


@given(st.text("{}%#[]<>_ aYOUR\"'\\|*\n", max_size=80))
def test_any_text_becomes_a_template_and_words_without_blanks_say_the_same(text: str) -> None:
    made = filled(text)
    compiled = compile_words(made)
    if not list(find_blanks(text)) and len(text) < CAP:
        assert "".join(render(compiled, {}).text.split()) == "".join(text.split())


def test_every_fact_has_its_words_in_both_languages() -> None:
    for fact in FACTS:
        assert set(fact.label) == set(fact.otherwise) == set(fact.alone) == {"en", "es"}
        assert label_of(fact.name) == fact.label
    assert label_of("favorite_teacher") == {"": "Favorite teacher"}


def test_a_template_is_read_as_a_person_reads_it() -> None:
    links = {"sign": {"en": "https://example.org/sign", "es": "https://example.org/firmar"}}
    text = filled("In [CITY] we {% say } it.") + " {{ links.sign }} {{ links.other }}"
    assert as_read(text, links, "es") == [
        Said("In "),
        Said("my town", "city"),
        Said(" we "),
        Said("{%"),
        Said(" say } it. "),
        Said("https://example.org/firmar"),
        Said(" "),
        Said("{{ links.other }}"),
    ]


@given(st.text('ab {}[]_%#\n"c', max_size=60))
def test_what_is_read_is_what_is_said(text: str) -> None:
    template = filled(text)
    read = "".join(one.text for one in as_read(template, {}, "en"))
    assert read.split() == render(compile_words(template), {}).fill({}).split()
