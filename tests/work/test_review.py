"""What check finds in posts before anybody else does."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.config import Account
from bot.core.problem import Problem
from bot.work.review import all_networks, review
from tests.making import NETWORKS, app, library

TARGETS = 'title = "Air"\n[targets.mayor]\nname = "the mayor of our town"\nx = "@mayor"\n'
ENDS = 'title = "Air"\nuntil = {}\n'


def found(folder: Path, posts: dict[str, str], campaign: str = 'title = "Clean air"\n') -> list[Problem]:
    return review(app(library(folder, posts, campaign)))


def test_an_ordinary_library_is_silent(tmp_path: Path) -> None:
    assert (
        found(tmp_path, {"a.en.txt": "Buses for all.\n---\nMore buses.", "a.es.txt": "Más buses.\n---\nBuses."}) == []
    )


def test_an_unknown_fact_is_found_with_its_line(tmp_path: Path) -> None:
    campaign = 'title = "Air"\n[ask.city]\nlabel = "City"\n'
    (problem,) = found(tmp_path, {"a.txt": 'Hello.\n---\nFirst row.\nFrom {{ me.ctiy or "town" }}.'}, campaign)
    assert problem.where.endswith("posts/air/a.txt:4") and "me.ctiy" in problem.what
    assert problem.hint == 'Did you mean "me.city"?'


def test_words_too_long_for_one_network_are_found_with_the_way_out(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, {"a.txt": "Hello.\n---\n" + "w" * 290})
    assert problem.where.endswith("a.txt:3") and problem.what == "no wording fits X (290 of 280, in en)"
    assert "short" in problem.hint and 'except = ["x"]' in problem.hint


def test_words_too_long_for_many_networks_are_one_problem(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, {"a.txt": "word " * 1900, "b.txt": "Hello."})
    assert problem.what.startswith("no wording fits 1") and "Bluesky" in problem.what and "Facebook" not in problem.what
    assert problem.severity == "error" and problem.hint


def test_a_shorter_text_or_leaving_the_network_out_puts_it_right(tmp_path: Path) -> None:
    long = "w" * 290
    assert found(tmp_path, {"a.txt": f"+++\nshort = 'Brief.'\n+++\n{long}"}) == []
    assert found(tmp_path, {"a.txt": f'+++\nexcept = ["x"]\n+++\n{long}'}) == []
    assert found(tmp_path, {"a.txt": f"+++\n[text]\nx = 'Brief.'\n+++\n{long}"}) == []


def test_the_longest_fact_a_supporter_may_tell_must_fit(tmp_path: Path) -> None:
    campaign = 'title = "Air"\n[ask.city]\nlabel = "City"\nlongest = 30\n'
    (problem,) = found(tmp_path, {"a.txt": "w" * 255 + ' {{ me.city or "x" }}'}, campaign)
    assert "no wording fits X" in problem.what


def test_a_mention_and_the_name_that_stands_in_for_it_must_both_fit(tmp_path: Path) -> None:
    library(tmp_path, {"a.txt": "w" * 270 + " {{ target.handle }}"}, TARGETS)
    problems = {
        may: review(app(tmp_path, known={**NETWORKS, "x": replace(NETWORKS["x"], may_mention=may)})) for may in (0, 1)
    }
    assert ["no wording fits X" in problem.what for problem in problems[0]] == [True]
    assert problems[1] == []


def test_words_that_overflow_only_on_a_later_day_are_found(tmp_path: Path) -> None:
    campaign = ENDS.format("2027-06-01")
    text = "{% if campaign.days_to_go == 7 %}" + "w" * 290 + "{% else %}{{ campaign.days_to_go }} days.{% endif %}"
    (problem,) = found(tmp_path, {"a.txt": text}, campaign)
    assert "no wording fits X" in problem.what


def test_words_that_would_overflow_only_on_days_when_they_are_not_said_are_fine(tmp_path: Path) -> None:
    text = "+++\nfrom = 2027-05-30\n+++\n" + "w" * 278 + " {{ campaign.days_to_go }}"
    assert found(tmp_path, {"a.txt": text}, ENDS.format("2027-06-01")) == []
    assert found(tmp_path, {"a.txt": text.replace("2027-05-30", "2027-05-01")}, ENDS.format("2027-06-01")) != []


def test_dates_in_words_are_tried_for_the_longest_month(tmp_path: Path) -> None:
    text = "w" * 264 + " {{ today }}"  # "May 1, 2027" has 11 letters, "September 30, 2027" has 18
    assert found(tmp_path, {"a.txt": f"+++\nfrom = 2027-05-01\nuntil = 2027-05-31\n+++\n{text}"}) == []
    assert found(tmp_path, {"a.txt": f"+++\nfrom = 2027-05-01\nuntil = 2027-12-31\n+++\n{text}"}) != []


def test_copies_are_found_in_one_language_and_not_across_two(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, {"a.txt": "Buses for all!", "b.txt": "BUSES for all. #Buses"})
    assert problem.where.endswith("b.txt:1") and problem.what.endswith("posts/air/a.txt:1 already")
    assert found(tmp_path / "two", {"a.en.txt": "¡Sí se puede!", "a.es.txt": "¡Sí se puede!"}) == []


def test_what_networks_would_misread_is_found_in_every_text_of_a_post_once(tmp_path: Path) -> None:
    posts = {"a.txt": "+++\nshort = 'The end.It is.'\n[text]\nx = 'No.It is not.'\n+++\nAll is well.\n---\nHere.It is."}
    problems = found(tmp_path, posts)
    assert [problem.what for problem in problems] == [
        f'networks take "{glued}" for a link' for glued in ("end.It", "No.It", "Here.It")
    ]


def test_hashtags_of_posts_and_campaigns_are_looked_at_too(tmp_path: Path) -> None:
    campaign = 'title = "Air"\nhashtags = ["#cleanairforall"]\n'
    problems = found(tmp_path, {"a.txt": '+++\nhashtags = ["#busesforeverybody"]\n+++\nHello.'}, campaign)
    assert ["#cleanairforall" in problems[0].what, "#busesforeverybody" in problems[1].what] == [True, True]


def test_a_supporters_fact_in_a_title_is_found(tmp_path: Path) -> None:
    campaign = 'title = "Air"\n[ask.city]\nlabel = "City"\n'
    (problem,) = found(tmp_path, {"a.txt": "+++\ntitle = 'From {{ me.city or \"us\" }}'\n+++\nHi."}, campaign)
    assert "cannot stand in a title" in problem.what


EVIL = {
    "a loop": "{% for a in [1, 2] %}{{ a }}{% endfor %}",
    "a call": "{{ campaign.title.upper() }}",
    "a range": "{{ range(10) }}",
    "an endless macro": "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    "500 MB by multiplication": '{{ "a" * 500000000 }}',
    "500 MB by format": '{{ "%500000000d" % 1 }}',
    "500 MB by a filter": '{{ "a"|center(500000000) }}',
    "a way out": "{{ ''.__class__.__mro__ }}",
    "an index": "{{ campaign['title'] }}",
    "an inclusion": "{% include '/etc/passwd' %}",
    "an assignment": "{% set a = 1 %}",
    "an unknown fact": "{{ campaign.titel }}",
    "an unknown name": "{{ secrets }}",
    "an open bracket": "{{ campaign.title",
    "a half tag": "{% if %}",
    "many brackets": "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "many branches": "{% if 1 %}" * 900 + "{% endif %}" * 900,
    "a power": "{{ 9 ** 9 ** 9 }}",
    "a condition on a supporter": "{% if me.city %}a{% endif %}",
    "a supporter without a fallback": "{{ me.city }}",
}


@pytest.mark.parametrize("text", EVIL.values(), ids=EVIL)
def test_a_template_that_does_too_much_is_a_problem_of_its_line_alone(tmp_path: Path, text: str) -> None:
    problems = found(
        tmp_path, {"a.txt": f"Fine.\n---\n{text}", "b.txt": "Whole."}, 'title = "Air"\n[ask.city]\nlabel = "City"\n'
    )
    assert problems and all(problem.where.endswith("a.txt:3") for problem in problems)
    assert all(problem.severity == "error" and problem.hint for problem in problems)


def test_a_campaign_of_another_year_is_silent_too(tmp_path: Path) -> None:
    opened = app(library(tmp_path, {"a.txt": "Hello {{ today }}."}), now=datetime(2040, 2, 29, tzinfo=UTC))
    assert review(opened) == []


def test_every_fault_of_a_file_is_shown_at_once_and_in_order(tmp_path: Path) -> None:
    head = '+++\nlink = "sing"\nhastags = ["#CleanAir"]\n+++\n'
    text = head + '{{ me.town or "My town" }} wants air.\n---\nOne {{ 1 + 1 }}.\n***\nTwo.\n'
    problems = found(tmp_path, {"a.en.txt": text})
    assert [problem.where.rpartition(":")[2] for problem in problems if "a.en.txt" in problem.where] == list("23578")


def test_a_fault_in_the_campaign_does_not_hide_those_of_its_posts(tmp_path: Path) -> None:
    posts = {"a.txt": "Hello.\n---\nOne {{ 1 + 1 }}.", "b.txt": "+++\nhastags = []\n+++\n{{ me.town or 'Here' }} too."}
    problems = found(tmp_path, posts, 'title = "Air"\nhastags = ["#Air"]\n')
    places = {problem.where.rpartition("/")[2] for problem in problems if "/air/" in problem.where}
    assert places == {"campaign.toml:2", "a.txt:3", "b.txt:2", "b.txt:4"}


def test_languages_in_which_the_share_pages_cannot_speak_are_told(tmp_path: Path) -> None:
    [problem] = review(app(library(tmp_path, {"a.fr.txt": "Bonjour.", "a.es.txt": "Hola."})))
    assert problem.severity == "warning" and 'share pages\' own words are missing in "fr"' in problem.what


def test_a_network_of_many_accounts_is_looked_at_once(tmp_path: Path) -> None:
    accounts = {name: Account(name=name, network="outbox") for name in ("town", "city", "county")}
    found = all_networks(app(library(tmp_path, {}), accounts=accounts))
    assert [network.name for network in found].count("outbox") == 1
