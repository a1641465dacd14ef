"""Bring: a document becomes whole posts; its problems are named by its own rows; nothing there is overwritten."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.problem import AskedWrongly, HandbillError
from bot.core.render import compile_words, render
from bot.core.typeset import File, Needs
from bot.work.bring import Brought, Source, bring, take_back, write
from bot.work.review import review
from tests.documents import docx
from tests.making import app, library
from tests.making import write as laid
from tests.work.stage import CONFIG, opened

TOOLKIT = """\
# English
- Two buses carry what a mile of cars does in [YOUR CITY]. #CleanAir https://example.org/sign
- The lane is for all of us, and the air is too. #CleanAir https://example.org/sign

# Español
- Dos autobuses llevan lo que una milla de coches en [TU CIUDAD]. #CleanAir https://example.org/firmar
- El carril es para todos, y el aire también lo es. #CleanAir https://example.org/firmar
"""


def brought(
    folder: Path, text: str | bytes, name: str = "kit.md", campaign: str = "air", **more: bool | str
) -> Brought:
    content = text.encode() if isinstance(text, str) else text
    return bring(app(folder), campaign, Source(name=name, content=content), **more)  # type: ignore[arg-type]


def written(folder: Path, found: Brought) -> list[Path]:
    return list(write(app(folder), found.campaign, found.files, found.needs).made)


def told(found: Brought) -> list[str]:
    return [f"{one.problem.where}: {one.problem.what}" for one in found.problems]


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A library without a campaign."""
    return laid(tmp_path, {"posts/.keep": ""})


def test_a_good_document_becomes_posts_in_which_check_finds_nothing(empty: Path) -> None:
    found = brought(empty, TOOLKIT)
    assert not found.problems and not found.aside and not list((empty / "posts/air").glob("*"))
    written(empty, found)
    there = app(empty)
    assert review(there) == []
    posts = there.library.posts["air"]
    assert [(list(post.words), post.link, post.hashtags) for post in posts] == [
        (["en", "es"], "sign", ("#CleanAir",))
    ] * 2
    assert there.library.campaigns["air"].links["sign"] == {
        "en": "https://example.org/sign",
        "es": "https://example.org/firmar",
    }
    assert there.library.campaigns["air"].asks["city"].label == {"en": "Your city or town", "es": "Tu ciudad o pueblo"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "kit.docx",
            docx(("List Bullet", "Two buses are for all of us."), ("List Bullet", "The lane is for the air.")),
        ),
        ("kit.csv", b"Post\nTwo buses are for all of us.\nThe lane is for the air.\n"),
        ("kit.txt", b"Two buses are for all of us.\n\nThe lane is for the air.\n"),
        ("pasted text", b"1. Two buses are for all of us.\n2. The lane is for the air."),
    ],
)
def test_every_kind_of_document_becomes_posts(empty: Path, name: str, content: bytes) -> None:
    assert [file.text for file in brought(empty, content, name).files] == [
        "Two buses are for all of us.\n",
        "The lane is for the air.\n",
    ]


def test_problems_are_named_by_the_row_of_the_document(empty: Path) -> None:
    text = (
        "- Two buses for all of us.\n- Two buses, for all of us! #CLEANAIRNOWPLEASE\n- #[CITY]Rides for all.\n- "
        + "Long words. " * 900
    )
    found = told(brought(empty, text))
    assert "kit.md:2: these words stand in kit.md:1 already" in found
    assert 'kit.md:2: "#CLEANAIRNOWPLEASE" is hard to read aloud' in found
    assert any(one.startswith("kit.md:3: a supporter's fact touches other signs") for one in found)
    assert any(one.startswith("kit.md:4: ") and "longer than 10,000" in one for one in found)


def test_in_a_word_document_the_row_is_a_paragraph(empty: Path) -> None:
    raw = docx(("List Bullet", "The one is good."), ("List Bullet", "Sign the petition!"))
    assert told(brought(empty, raw, "kit.docx")) == [
        "kit.docx, paragraph 2: these words ask people to act, and hold no link"
    ]


def test_too_long_is_what_the_accounts_do_not_take(tmp_path: Path) -> None:
    words = Source(name="kit.txt", content=("The bus is for all of us. " * 15).encode())
    everywhere = bring(opened(tmp_path, {}), "air", words)
    assert {"X", "Bluesky"} <= {word for one in everywhere.problems for word in one.problem.what.split()}
    own = CONFIG + '[accounts.own]\nnetwork = "mastodon"\nserver = "example.org"\npublish = "by hand"\n'
    assert bring(opened(tmp_path, {}, told=own), "air", words).problems == ()


def test_what_is_said_already_is_told(tmp_path: Path) -> None:
    library(tmp_path, {"bus.en.txt": "Two buses for all of us."})
    found = brought(tmp_path, "Two buses for all of us!", "kit.txt")
    assert len(found.problems) == 1 and told(found)[0].endswith("bus.en.txt:1 already")


def test_a_campaign_that_is_there_keeps_all_its_words(tmp_path: Path) -> None:
    facts = '# ours\ntitle = "Air"   # short\nlanguages = ["en"]\nlinks = { act = "https://example.org/sign" }\n'
    facts += '\n[ask.name]\nlabel = "Name"\n'
    library(tmp_path, {"two-buses-carry-what-a.en.txt": "Mine."}, facts)
    found = brought(tmp_path, TOOLKIT + "\n# English\n- Read the news for the buses. https://example.org/news/today\n")
    written(tmp_path, found)
    text = (tmp_path / "posts/air/campaign.toml").read_text(encoding="utf-8")
    assert text.startswith(
        '# ours\ntitle = "Air"   # short\nlanguages = ["en", "es"]\nlinks = { act = "https://example.org/sign"'
    )
    there = app(tmp_path)
    assert review(there) == [] and set(there.library.campaigns["air"].links) == {"act", "sign", "today"}
    assert set(there.library.campaigns["air"].asks) == {"name", "city"}
    assert (tmp_path / "posts/air/two-buses-carry-what-a.en.txt").read_text() == "Mine."
    assert (tmp_path / "posts/air/two-buses-carry-what-a-2.en.txt").exists()


def test_without_anything_new_campaign_toml_is_not_touched(tmp_path: Path) -> None:
    library(tmp_path, {})
    before = (tmp_path / "posts/air/campaign.toml").stat().st_mtime_ns
    found = brought(tmp_path, "Two buses for all of us.", "kit.txt")
    assert found.after == found.before and len(written(tmp_path, found)) == 1
    assert (tmp_path / "posts/air/campaign.toml").stat().st_mtime_ns == before


def test_a_campaign_that_changed_meanwhile_keeps_the_change(tmp_path: Path) -> None:
    library(tmp_path, {})
    found = brought(tmp_path, TOOLKIT)
    (tmp_path / "posts/air/campaign.toml").write_text('title = "Better air"\n')
    written(tmp_path, found)
    campaign = app(tmp_path).library.campaigns["air"]
    assert campaign.title == {"": "Better air"} and "sign" in campaign.links


def test_what_the_campaign_has_got_meanwhile_is_not_written_twice(tmp_path: Path) -> None:
    library(tmp_path, {})
    first, second = brought(tmp_path, TOOLKIT), brought(tmp_path, TOOLKIT.replace("Two", "Three"))
    written(tmp_path, first)
    before = (tmp_path / "posts/air/campaign.toml").read_bytes()
    written(tmp_path, replace(second, files=second.files[:2]))
    assert (tmp_path / "posts/air/campaign.toml").read_bytes() == before


def test_a_campaign_written_on_windows_is_read_and_kept(tmp_path: Path) -> None:
    library(tmp_path, {})
    (tmp_path / "posts/air/campaign.toml").write_bytes(b'\xef\xbb\xbftitle = "Air"\r\norganizer = "Ana"\r\n')
    written(tmp_path, brought(tmp_path, TOOLKIT))
    campaign = app(tmp_path).library.campaigns["air"]
    assert (campaign.organizer, list(campaign.links)) == ("Ana", ["sign"])


def test_a_link_that_leads_elsewhere_meanwhile_is_told(tmp_path: Path) -> None:
    library(tmp_path, {})
    found = brought(tmp_path, TOOLKIT)
    (tmp_path / "posts/air/campaign.toml").write_text('title = "Air"\nlinks = { sign = "https://example.net" }\n')
    with pytest.raises(AskedWrongly, match='a link "sign" that leads elsewhere'):
        written(tmp_path, found)
    assert [path.name for path in (tmp_path / "posts/air").iterdir()] == ["campaign.toml"]


def test_a_name_taken_meanwhile_leaves_nothing_behind(empty: Path) -> None:
    found = brought(empty, TOOLKIT)
    laid(empty, {f"posts/air/{found.files[-1].name}": "Theirs."})
    with pytest.raises(HandbillError, match="already"):
        written(empty, found)
    assert [path.name for path in (empty / "posts/air").iterdir()] == [found.files[-1].name]
    assert (empty / f"posts/air/{found.files[-1].name}").read_text() == "Theirs."


@pytest.mark.parametrize("campaign", ["../up", "a/b", "..", "a\\b", "con", ".hidden", "a b"])
def test_a_campaign_that_leads_elsewhere_is_refused(empty: Path, campaign: str) -> None:
    with pytest.raises(AskedWrongly):
        brought(empty, TOOLKIT, campaign=campaign)
    good = brought(empty, TOOLKIT)
    with pytest.raises(AskedWrongly):
        write(app(empty), campaign, good.files, good.needs)
    assert [path.name for path in empty.iterdir()] == ["posts"]


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need rights there")
def test_a_folder_that_is_a_link_out_of_the_library_is_refused(empty: Path) -> None:
    (empty / "elsewhere").mkdir()
    (empty / "posts/air").symlink_to(empty / "elsewhere")
    with pytest.raises(AskedWrongly, match="leads out of the library"):
        brought(empty, TOOLKIT)


def test_a_campaign_with_a_fault_is_put_right_first(tmp_path: Path) -> None:
    library(tmp_path, {}, "title = ")
    with pytest.raises(HandbillError, match="has a fault"):
        brought(tmp_path, TOOLKIT)


@pytest.mark.parametrize("text", ["", "\n\n", "---\n***\n", "# English\n"])
def test_a_document_without_posts_is_told(empty: Path, text: str) -> None:
    with pytest.raises(AskedWrongly, match="no words"):
        brought(empty, text)


def test_a_post_of_nothing_but_a_note_is_told(empty: Path) -> None:
    assert "kit.md:2: there are no words here" in told(brought(empty, "- Two buses for all of us.\n- [PHOTO]"))


def test_a_campaign_is_called_as_the_document_calls_itself_and_else_as_its_file_is(empty: Path) -> None:
    text = "# Clean air, and more of it\n- Two buses are for all.\n- The lane is for all.\n"
    found = brought(empty, text, campaign="")
    assert (found.campaign, found.needs.title) == ("clean-air-and-more-of", "Clean air, and more of it")
    written(empty, found)
    assert app(empty).library.campaigns[found.campaign].title == {"": "Clean air, and more of it"}
    assert brought(empty, "Two buses.", "Clean Air 2026.txt", campaign="").campaign == "clean-air-2026"
    assert brought(empty, "Два автобуса для всех.", "Воздух.txt", campaign="").campaign == "campaign"


def test_a_campaign_that_is_there_keeps_its_title(tmp_path: Path) -> None:
    library(tmp_path, {})
    written(tmp_path, brought(tmp_path, "# Another title\n- Two buses are for all.\n- The lane too.\n"))
    assert app(tmp_path).library.campaigns["air"].title == {"": "Clean air"}


def test_what_is_no_post_is_left_aside_with_the_reason(empty: Path) -> None:
    found = brought(empty, "Credit: Ana Ruiz\n\nTwo buses carry all of us.\n")
    assert [(one.words, one.why) for one in found.aside] == [
        ("Credit: Ana Ruiz", "it says who made a picture or a text")
    ]


def test_a_document_in_which_nothing_looks_like_a_post_is_shown_all_the_same(empty: Path) -> None:
    found = brought(empty, "Credit: Ana Ruiz\n")
    assert not found.files and len(found.aside) == 1 and not found.problems
    assert len(brought(empty, "Credit: Ana Ruiz\n", everything=True).files) == 1


def test_an_import_is_taken_back_as_if_it_had_never_been(tmp_path: Path) -> None:
    library(tmp_path, {"bus.en.txt": "Mine."}, '# ours\ntitle = "Air"\n')
    before = {path: path.read_bytes() for path in (tmp_path / "posts").rglob("*.*")}
    stage = opened(tmp_path, {})
    for campaign in ("air", "water"):
        found = bring(stage, campaign, Source(name="kit.md", content=TOOLKIT.encode()))
        take_back(stage, write(stage, campaign, found.files, found.needs))
    assert {path: path.read_bytes() for path in (tmp_path / "posts").rglob("*.*")} == before
    assert not (tmp_path / "posts/water").exists()


def test_an_import_that_somebody_has_built_on_is_not_taken_back(tmp_path: Path) -> None:
    library(tmp_path, {})
    stage = opened(tmp_path, {})
    found = bring(stage, "air", Source(name="kit.md", content=TOOLKIT.encode()))
    made = write(stage, "air", found.files, found.needs)
    one = next(iter(made.made))
    one.write_text("Better.")
    with pytest.raises(HandbillError, match="Nothing was taken back"):
        take_back(stage, made)
    assert all(path.exists() for path in made.made) and one.read_text() == "Better."


def test_a_post_that_was_exported_comes_back_as_it_was(empty: Path) -> None:
    text = '+++\ntags = ["facts"]\nweight = 2\n+++\nOne.\n---\n{{ today }} too.\n'
    found = brought(empty, text, "bus-lane.es.txt")
    assert [(file.name, file.text) for file in found.files] == [("bus-lane.es.txt", text)] and not found.problems


ODD = [
    "- ",
    "# ",
    "\n",
    "\n\n",
    "English\n",
    "Español\n",
    "ES: ",
    "or",
    "---",
    "+++",
    "|",
    "\t",
    ",",
    '"',
    "\u200b",
    "con",
]
BLANKS = [
    "{{ me.city }}",
    "{% if a %}",
    "[CITY]",
    "[LINK]",
    "[PHOTO]",
    "____",
    "#Tag ",
    "Post 3: ",
    "https://example.org/a ",
]
PARTS = st.sampled_from([*ODD, *BLANKS, "http://www.\nb.org/ c/"])


@settings(max_examples=60)
@given(st.lists(PARTS, max_size=20), st.sampled_from(["a.md", "a.csv"]), st.booleans())
def test_any_document_is_read_or_refused_with_a_sentence(parts: list[str], name: str, everything: bool) -> None:
    with TemporaryDirectory() as folder:
        place = laid(Path(folder), {"posts/.keep": ""})
        try:
            written(place, brought(place, "".join(parts), name, everything=everything))
        except HandbillError as error:
            assert str(error)


WORD = st.sampled_from(["Buses", "carry", "us", "all", "lanes", "¡Sí!", "50%", "{", "a_b", "(now)", "“so”", "🚍"])
SENTENCE = st.lists(WORD, min_size=2, max_size=6).map(lambda words: "We " + " ".join(words) + ".")
POST = st.tuples(
    SENTENCE, st.lists(st.sampled_from(["#Air", "#BusLane", "#Kids"]), max_size=2, unique=True), st.booleans()
)


@settings(max_examples=10)
@given(st.lists(POST, min_size=2, max_size=4, unique_by=lambda post: post[0]))
def test_what_goes_out_as_a_list_comes_back_as_the_same_posts(posts: list[tuple[str, list[str], bool]]) -> None:
    rows = [" ".join([words, *tags, *(["https://example.org/sign"] if link else [])]) for words, tags, link in posts]
    with TemporaryDirectory() as folder:
        place = laid(Path(folder), {"posts/.keep": ""})
        written(place, brought(place, "".join(f"- {row}\n" for row in rows), language="en"))
        found = app(place).library.posts["air"]
    came = [
        (render(compile_words(post.words["en"].wordings[0].text), {}).text, list(post.hashtags), post.link == "sign")
        for post in found
    ]
    assert sorted(came) == sorted(posts)


def test_of_many_who_import_the_same_at_once_one_does_and_all_of_it_is_there(tmp_path: Path) -> None:
    library(tmp_path, {})
    files = [File(post=f"p{number}", language="en", text=f"Words {number}.\n", rows=(1,)) for number in range(5)]

    def is_first(turn: int) -> bool:
        try:
            return bool(write(app(tmp_path), f"water{turn % 5}", files, Needs()))
        except HandbillError:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(is_first, range(40))) == 5
    assert {len(list((tmp_path / "posts" / f"water{number}").iterdir())) for number in range(5)} == {6}
