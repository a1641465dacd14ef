"""The manual in other languages says what the English one says: same examples, same shape, links that lead on."""

import re
from pathlib import Path

import pytest

from bot.pages.manual import anchor
from tests.house.manual import HELP, TRANSLATED, followed

FENCED = re.compile(r"^```.*?^```$", re.M | re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)")
pages = pytest.mark.parametrize("page", TRANSLATED, ids=lambda page: f"{page.parent.name}/{page.stem}")


def shape(page: Path) -> list[str]:
    """How each line of a page begins that is a heading, an item of a list, a row of a table, or a note."""
    return re.findall(r"^(#+ |- |\d+\. |\||\[\d+\]: \S+)", FENCED.sub("", page.read_text(encoding="utf-8")), re.M)


def leads(page: Path) -> list[str]:
    """Where the links of a page lead, as names of pages and whole addresses."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    return [to if to.startswith("http") else to.rpartition("/")[2].partition("#")[0] for to in LINK.findall(text)]


def test_the_first_pages_are_there_in_spanish() -> None:
    assert {"index", "start", "when"} <= {page.stem for page in TRANSLATED if page.parent.name == "es"}


@pages
def test_the_examples_of_a_translation_are_those_that_run(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == followed(page), "Run: python -m tests.house.manual"


@pages
def test_a_translation_has_all_that_the_english_page_has(page: Path) -> None:
    english = HELP / page.name
    if page.stem != "index":  # whose words are explained with those that the program uses
        assert shape(page) == shape(english), f"Say in {page.parent.name}/{page.name}, too, what {page.name} says now."
    assert leads(page) == leads(english)


@pages
def test_the_links_of_a_translation_lead_to_pages_of_its_language_where_there_are_any(page: Path) -> None:
    for to in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        if to.startswith("http"):
            continue
        file, _, part = to.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.is_file(), to
        assert target.parent == page.parent or not (page.parent / target.name).is_file(), to
        heads = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.M)
        assert not part or part in map(anchor, heads), to
