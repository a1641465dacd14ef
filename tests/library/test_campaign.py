"""campaign.toml: everything written once, every fault with its line."""

from datetime import date
from pathlib import Path

import pytest

from bot.core.post import Ask, Campaign, Hashtags, Target
from tests.library.shelf import air, shelf, told

WHOLE = """\
about = { en = "Why", es = "Por qué" }
organizer = "Example Coalition"
paid_by = "Example Fund"
languages = ["es", "en"]
from = 2026-09-01
until = 2027-06-30
goal = 5000
networks = ["x", "bluesky"]
reached = 120
colour = "#1B5E3F"
sample = true
[links]
sign = { en = "https://example.org/sign", es = "https://example.org/firmar" }
call = "https://example.org/call"
[hashtags]
always = ["#CleanAir"]
rotate = ["#OneTag", "#TwoTag"]
at_most = { x = 1 }
[ask.city]
label = { en = "Your town", es = "Tu pueblo" }
hint = "May stay empty"
longest = 40
[ask.role]
label = "You speak as"
[ask.role.choices]
nurse = { en = "As a nurse", es = "Como enfermera" }
[targets.mayor]
name = { en = "the mayor", es = "la alcaldesa" }
x = "@mayor"
[utm]
source = "handbill"
"""


def test_every_key_reaches_its_place(tmp_path: Path) -> None:
    library = air(tmp_path, {"a.en.txt": "A.", "a.es.txt": "A."}, WHOLE)
    assert told(library) == []
    assert library.campaigns["air"] == Campaign(
        name="air",
        title={"": "Clean air"},
        languages=("es", "en"),
        where="posts/air/campaign.toml",
        about={"en": "Why", "es": "Por qué"},
        organizer="Example Coalition",
        paid_by="Example Fund",
        goal=5000,
        reached=120,
        colour="#1b5e3f",
        links={
            "sign": {"en": "https://example.org/sign", "es": "https://example.org/firmar"},
            "call": {"": "https://example.org/call"},
        },
        hashtags=Hashtags(always=("#CleanAir",), rotate=("#OneTag", "#TwoTag"), at_most={"x": 1}),
        asks={
            "city": Ask(label={"en": "Your town", "es": "Tu pueblo"}, hint={"": "May stay empty"}, longest=40),
            "role": Ask(label={"": "You speak as"}, choices={"nurse": {"en": "As a nurse", "es": "Como enfermera"}}),
        },
        targets={"mayor": Target(name={"en": "the mayor", "es": "la alcaldesa"}, handles={"x": "@mayor"})},
        starts=date(2026, 9, 1),
        until=date(2027, 6, 30),
        networks=("x", "bluesky"),
        utm={"source": "handbill"},
        sample=True,
    )


@pytest.mark.parametrize(
    ("files", "languages"),
    [
        (["a.txt"], ("en",)),
        (["a.es.txt"], ("es",)),
        (["a.es.txt", "a.en.txt", "a.de.txt"], ("en", "de", "es")),
        (["a.pt-BR.txt", "b.TXT"], ("pt-BR",)),
    ],
)
def test_without_languages_the_files_tell_them(tmp_path: Path, files: list[str], languages: tuple[str, ...]) -> None:
    assert air(tmp_path, dict.fromkeys(files, "A.")).campaigns["air"].languages == languages


def test_a_plain_list_of_hashtags_stands_always(tmp_path: Path) -> None:
    library = air(tmp_path, {"a.txt": "A."}, 'hashtags = ["#CleanAir"]')
    assert library.campaigns["air"].hashtags == Hashtags(always=("#CleanAir",))


@pytest.mark.parametrize(("row", "found"), [("utm = true", {}), ("utm = false", None), ("", None)])
def test_utm_is_wanted_or_not(tmp_path: Path, row: str, found: dict[str, str] | None) -> None:
    assert air(tmp_path, {"a.txt": "A."}, row).campaigns["air"].utm == found


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("titel = 1", "unknown key `titel` | Did you mean"),
        ('langauges = ["en"]', 'unknown key `langauges` | Did you mean "languages"?'),
        ('languages = ["English"]', '`languages` "English" is no language'),
        ('languages = "en"', "`languages` must be a list"),
        ('from = "2026-09-01"', "`from` must be a day | Write it without quotes: 2026-12-01."),
        ("until = 2026-09-01\nfrom = 2026-09-02", "`until` lies before `from`"),
        ('goal = "5000"', "`goal` must be a whole number"),
        ("goal = true", "`goal` must be a whole number"),
        ('networks = ["blusky"]', '`networks` names an unknown network "blusky" | Did you mean "bluesky"?'),
        ('sample = "yes"', "`sample` must be true or false"),
        ('links = { sign = "example.org" }', "`links.sign` must be a whole address"),
        ('links = { sign-up = "https://example.org" }', '"sign-up" is no usable name'),
        ('links = { sign = { english = "https://example.org" } }', '"english" is no usable name'),
        ('hashtags = ["CleanAir"]', '`hashtags` "CleanAir" has no #'),
        ('hashtags = { allways = ["#CleanAir"] }', 'unknown key `allways` | Did you mean "always"?'),
        ("hashtags = { at_most = 11 }", "`hashtags.at_most` must be a whole number from 0 to 10"),
        ("ask = { city = {} }", "`label` is missing"),
        ("ask = { city = { label = 'Town', longest = 500 } }", "`ask.city.longest` must be a whole number"),
        ("targets = { mayor = { x = '@mayor' } }", "`name` is missing"),
        ("targets = { mayor = { name = 'A', twitter = '@mayor' } }", "unknown key `twitter`"),
        ("utm = { sorce = 'a' }", 'unknown key `sorce` | Did you mean "source"?'),
        ("organizer = “Us”", "curly quotes around a value"),
    ],
)
def test_each_fault_is_told_with_its_line_and_stops_the_campaign(tmp_path: Path, row: str, fault: str) -> None:
    library = air(tmp_path, {"a.txt": "A."}, row)
    assert told(library)[0].startswith(f"posts/air/campaign.toml:2: {fault}")
    assert library.campaigns == {}


def test_a_faulty_language_does_not_hide_faults_in_posts(tmp_path: Path) -> None:
    library = air(
        tmp_path, {"a.txt": "A.", "a.en.txt": "A.", "a.es.txt": "+++\nrset = 1\n+++\nA."}, 'languages = ["EN", "es"]'
    )
    assert any("unknown key `rset`" in row for row in told(library))


def test_a_campaign_written_on_windows_is_read(tmp_path: Path) -> None:
    raw = b"\xef\xbb\xbf" + 'title = "Aire limpio para la niñez"\r\n'.encode()
    library = shelf(tmp_path, {"aire/campaign.toml": raw, "aire/a.txt": "A."})
    assert library.campaigns["aire"].title == {"": "Aire limpio para la niñez"}


def test_a_folder_whose_name_a_mac_took_apart_keeps_its_name(tmp_path: Path) -> None:
    library = shelf(tmp_path, {"nin\u0303ez/campaign.toml": "title = 'A'", "nin\u0303ez/a.txt": "A."})
    assert list(library.campaigns) == ["ni\xf1ez"]


def test_a_logo_is_a_picture_in_the_campaigns_folder(tmp_path: Path) -> None:
    library = air(tmp_path, {"a.en.txt": "A.", "logo.png": "not looked into here"}, 'logo = "logo.png"')
    assert told(library) == [] and library.campaigns["air"].logo == str(tmp_path / "posts" / "air" / "logo.png")


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ('logo = "missing.png"', 'there is no picture "missing.png"'),
        ('logo = "../other.png"', '"../other.png"'),
        ('colour = "green"', "must be a colour"),
        ("colour = 12", "must be a colour"),
        ("reached = -1", "must be a whole number"),
    ],
)
def test_what_cannot_stand_on_a_share_page_is_told_with_its_line(tmp_path: Path, row: str, what: str) -> None:
    [fault] = told(air(tmp_path, {"a.en.txt": "A."}, row))
    assert "campaign.toml:2" in fault and what in fault
