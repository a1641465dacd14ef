"""Tell which post of a library a text on an account is, however links and hashtags stand there."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from bot.core.choice import Speaker
from bot.core.facts import Setting
from bot.core.network import Counting, Network
from bot.core.post import Ask, Campaign, Post, Target, Wording, Words
from bot.core.recognise import recognise
from bot.core.rotate import Voice

PIGEON = Network(name="pigeon", label="Pigeon", counting=Counting(limit=100), may_mention=1)
AIR = Campaign(
    name="air", title={"": "Clean air"}, languages=("en", "es"), where="air", until=date(2026, 12, 4),
    links={"sign": {"": "https://air.city/sign"}},
    asks={"city": Ask(label={"": "City"})},
    targets={"mayor": Target(name={"": "the mayor"}, handles={"pigeon": "@mayor"})},
)  # fmt: skip
DAY = date(2026, 12, 1)


def words(*texts: str, short: str = "", own: str = "") -> Words:
    return Words(
        wordings=tuple(Wording(text=text, where=f"a:{row}") for row, text in enumerate(texts, 1)),
        short=Wording(text=short, where="a:9") if short else None,
        own={"pigeon": Wording(text=own, where="a:8")} if own else {},
    )


def post(name: str, spoken: Words, **more: Mapping[str, Words]) -> Post:
    return Post(campaign="air", name=name, words={"en": spoken, **more.get("words", {})}, where=name)


LIBRARY = [
    post("one", words("Clean air, now!", "Buses run on time.", short="Air!"), words={"es": words("¡Aire limpio!")}),
    post("two", words("{{ target.handle }}, {{ campaign.days_to_go }} days. See {{ links.sign }} soon.")),
    post("three", words('In {{ me.city or "my town" }} we walk.', own="We walk, pigeons.")),
    post("four", words("{{ unknown.name }}!")),
]


def found(text: str, language: str = "en", day: date = DAY, **me: str) -> tuple[str, int] | None:
    voice = Voice(account="town", network="pigeon", handle="town.example", language=language)
    setting = Setting(campaign=replace(AIR, name="another"), network=PIGEON, language=language, today=day, me=me)
    one = recognise(text, Speaker(voice=voice, network=PIGEON, me=me), setting, AIR, LIBRARY)
    assert one is None or (one[2].text, one[2].language) == (text, language), "the words stay as they stand there"
    return (one[0].name, one[1]) if one else None


@pytest.mark.parametrize(
    ("text", "which"),
    [
        ("Clean air, now!", ("one", 1)),
        ("clean AIR now #Air\nhttps://air.city/sign?utm_source=x", ("one", 1)),
        ("Buses run on time.", ("one", 2)),
        ("Air! #A #B", ("one", 1)),
        ("@mayor, 3 days. See https://t.co/abc soon.", ("two", 1)),
        ("In my town we walk.", ("three", 1)),
        ("We walk, pigeons.", ("three", 1)),
    ],
)
def test_the_words_of_a_post_are_known_again(text: str, which: tuple[str, int]) -> None:
    assert found(text) == which


@pytest.mark.parametrize("text", ["", "#Air", "https://air.city/sign", "Clean air", "Clean air, now! Come!", "!"])
def test_other_words_are_nobodys(text: str) -> None:
    assert found(text) is None


def test_each_language_has_its_own_words() -> None:
    assert found("¡Aire limpio!", "es") == ("one", 1)
    assert found("¡Aire limpio!") is None and found("Clean air, now!", "es") is None


def test_what_depends_on_the_day_is_read_as_on_that_day() -> None:
    text = "@mayor, 2 days. See https://t.co/abc soon."
    assert found(text) is None
    assert found(text, day=date(2026, 12, 2)) == ("two", 1)


def test_the_accounts_own_facts_stand_in_its_words() -> None:
    assert found("In Springfield we walk.", city="Springfield") == ("three", 1)
    assert found("In Springfield we walk.") is None
