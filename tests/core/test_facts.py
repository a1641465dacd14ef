"""The facts that a post may name, and what they are on a day, for a network."""

from dataclasses import replace
from datetime import date
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.facts import Setting, context, in_words, known, link, varies
from bot.core.network import Counting, Network
from bot.core.post import Ask, Campaign, Target
from bot.core.render import compile_words, render

PIGEON = Network(name="pigeon", label="Pigeon", counting=Counting(limit=500), may_mention=1)
OWL = replace(PIGEON, name="owl", label="Owl")
MAYOR = Target(name={"en": "the mayor", "es": "la alcaldesa"}, handles={"pigeon": "@mayor"})
AIR = Campaign(
    name="air",
    title={"en": "Clean air", "es": "Aire limpio"},
    languages=("en", "es"),
    where="air/campaign.toml",
    organizer="Air Now",
    goal=5000,
    links={"sign": {"en": "https://example.org/sign", "es": "https://example.org/firmar"}},
    asks={"city": Ask(label={"": "City"})},
    targets={"mayor": MAYOR, "council": Target(name={"": "the council"})},
    until=date(2026, 12, 31),
)


def setting(language: str = "en", **changes: object) -> Setting:
    one = Setting(campaign=AIR, network=PIGEON, language=language, today=date(2026, 12, 1))
    return replace(one, **changes)  # type: ignore[arg-type]


def said(template: str, where: Setting) -> str:
    compiled = compile_words(template)
    return render(compiled, context(where, compiled.uses)).text


@pytest.mark.parametrize(
    ("fact", "english", "spanish"),
    [
        ("campaign.title", "Clean air", "Aire limpio"),
        ("campaign.organizer", "Air Now", "Air Now"),
        ("campaign.goal", "5000", "5000"),
        ("campaign.until", "December 31, 2026", "31 de diciembre de 2026"),
        ("campaign.days_to_go", "30", "30"),
        ("links.sign", "https://example.org/sign", "https://example.org/firmar"),
        ("target.name", "the mayor", "la alcaldesa"),
        ("target.handle", "@mayor", "@mayor"),
        ("today", "December 1, 2026", "1 de diciembre de 2026"),
    ],
)
def test_a_fact_is_said_in_the_language(fact: str, english: str, spanish: str) -> None:
    assert fact in known(AIR)
    assert said(f"{{{{ {fact} }}}}", setting("en")) == english
    assert said(f"{{{{ {fact} }}}}", setting("es")) == spanish


def test_only_what_the_campaign_says_is_known() -> None:
    bare = Campaign(name="air", title={"": "Clean air"}, languages=("en",), where="air")
    assert list(known(bare)) == ["today", "campaign.title"]
    assert {"me.city", "campaign.goal", "campaign.days_to_go", "target.name"} <= set(known(AIR))


@pytest.mark.parametrize(
    ("day", "days"), [(date(2026, 12, 30), "1"), (date(2026, 12, 31), "0"), (date(2027, 1, 9), "0")]
)
def test_days_to_go_never_fall_below_none(day: date, days: str) -> None:
    assert said("{{ campaign.days_to_go }}", setting(today=day)) == days


@pytest.mark.parametrize(
    ("changes", "handle"),
    [
        pytest.param({}, "@mayor", id="where it has one"),
        pytest.param({"network": OWL}, "the mayor", id="the name where it has none"),
        pytest.param({"mentions": False}, "the mayor", id="the name where nobody may be mentioned"),
        pytest.param({"target": AIR.targets["council"]}, "the council", id="the target asked for"),
        pytest.param({"target": None}, "@mayor", id="the first target if none is asked for"),
    ],
)
def test_a_target_is_called_by_its_handle_or_its_name(changes: dict[str, object], handle: str) -> None:
    assert said("{{ target.handle }}", setting(**changes)) == handle


def test_a_day_in_a_language_nobody_knows_is_written_in_figures() -> None:
    assert in_words(date(2026, 12, 1), "xx") == "2026-12-01"
    assert in_words(date(2026, 12, 1), "pt-BR") == "1 de dezembro de 2026"


@pytest.mark.parametrize(
    ("template", "by_day"),
    [
        ("Clean air {{ campaign.title }}", False),
        ("{{ today }}", True),
        ("{% if campaign.days_to_go < 3 %}Soon{% endif %}", True),
        ("{{ links.sign }}", False),
        ("{{ target.handle }}", False),
    ],
)
def test_it_is_known_whether_words_depend_on_the_day(template: str, by_day: bool) -> None:
    assert varies(compile_words(template).uses) == by_day


class TestLink:
    def with_utm(self, address: str, **utm: str) -> str:
        return link(replace(AIR, links={"sign": {"": address}}, utm=utm), "sign", "en", PIGEON)

    def test_without_a_name_there_is_no_link(self) -> None:
        assert link(AIR, "", "en", PIGEON) == ""

    def test_a_link_stays_as_written_unless_the_campaign_wants_more(self) -> None:
        odd = "https://example.org/?b=&a=%20#x"
        assert link(replace(AIR, links={"sign": {"": odd}}), "sign", "en", PIGEON) == odd

    @pytest.mark.parametrize(
        ("address", "expected"),
        [
            pytest.param("https://e.org/a", "https://e.org/a?{}", id="plain"),
            pytest.param("https://e.org/a?b=1&c=#d?e", "https://e.org/a?b=1&c=&{}#d?e", id="with query and fragment"),
            pytest.param("https://e.org/#/a", "https://e.org/?{}#/a", id="with a fragment that looks like a path"),
        ],
    )
    def test_the_parameters_come_after_those_that_are_there(self, address: str, expected: str) -> None:
        parameters = "utm_source=pigeon&utm_medium=social&utm_campaign=air"
        assert self.with_utm(address) == expected.format(parameters)

    def test_a_parameter_that_is_there_already_stays(self) -> None:
        assert self.with_utm("https://e.org/?utm_source=flyer&utm_medium=") == (
            "https://e.org/?utm_source=flyer&utm_medium=&utm_campaign=air"
        )

    def test_the_campaign_may_choose_its_own_values(self) -> None:
        assert self.with_utm("https://e.org/", medium="a&b c") == (
            "https://e.org/?utm_source=pigeon&utm_medium=a%26b%20c&utm_campaign=air"
        )

    @given(
        names=st.lists(st.sampled_from(["a", "b", "utm_source", "utm_medium", "utm_campaign", "utm_term"]), max_size=5),
        fragment=st.sampled_from(["", "#c", "#/c?d=e"]),
    )
    def test_every_parameter_stands_there_once_and_nothing_is_lost(self, names: list[str], fragment: str) -> None:
        names = list(dict.fromkeys(names))
        before = "https://e.org/a?" + "&".join(f"{name}=1" for name in names) + fragment
        after = urlsplit(self.with_utm(before))
        found = parse_qsl(after.query, keep_blank_values=True)
        assert found[: len(names)] == [(name, "1") for name in names]
        assert len({name for name, _ in found}) == len(found)
        assert {"utm_source", "utm_medium", "utm_campaign"} <= {name for name, _ in found}
        assert after.fragment == fragment.removeprefix("#")
