"""The sample campaign's pages, built once and opened in a real browser."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import App
from bot.config import default
from bot.core.fit import compose
from bot.core.post import Variant
from bot.work.lay import lay
from bot.work.share import Offer
from bot.work.site import site
from tests.making import NETWORKS, NOW, app, library
from tests.pages.browser import Visitors, running, served

ROOT = Path(__file__).parents[2]
CAMPAIGN = """
title = "Clean air"
about = "Streets for people."
organizer = "Clean Air Springfield"
goal = 500
reached = 120
until = 2099-12-31
networks = ["whatsapp", "bluesky", "facebook", "email"]
[links]
sign = "https://example.org/sign?a=1&b=(2)"
[hashtags]
always = ["#CleanAir"]
[ask.name]
label = "Your name"
longest = 30
[ask.role]
label = "You speak as"
[ask.role.choices]
nurse = "As a nurse"
parent = "As a parent"
"""
POST = """+++
link = "sign"
title = "Buses"
+++
{{ me.name or "My friends" }} and I want *clean* air (100%!). {{ me.role or "As a neighbor" }}, I ask:

will you sign, too?
"""
PLAIN = '+++\nlink = "sign"\n+++\nWe signed at {{ links.sign }} today.\n'


def as_said(one: Offer, words: str) -> Variant:
    """The offer with a supporter's own words in the place of ours."""
    words = words.strip()
    text = compose(one.network, words, one.variant.hashtags, one.variant.link)
    return replace(one.leads, words=words, text=text, fields=())


def small(folder: Path) -> App:
    """A campaign with one post of one wording, and one whose words hold the link."""
    return app(library(folder, {"bus.en.txt": POST, "linked.en.txt": PLAIN}, CAMPAIGN))


LONG = "x" * 120
WIDE_CAMPAIGN = f"""
title = "{LONG}"
about = "{LONG}"
organizer = "{LONG}"
paid_by = "{LONG}"
languages = ["en", "es"]
[links]
sign = "https://example.org/{LONG}"
[ask.name]
label = "{LONG}"
hint = "{LONG}"
[ask.role]
label = "{LONG}"
[ask.role.choices]
nurse = "{LONG}"
[targets.mayor]
name = "{LONG}"
[targets.council]
name = "The council {LONG}"
"""
WIDE_POST = f"""+++
link = "sign"
title = "{LONG}"
source = {{ text = "{LONG}", url = "https://example.org/{LONG}" }}
+++
{LONG} {{{{ target.name }}}}
---
{LONG}! {{{{ me.name or "I" }}}}
"""


def wide(folder: Path) -> App:
    """A campaign of words that have no place to break; it has an address, so that there is a code on paper."""
    made = app(library(folder, {"one.en.txt": WIDE_POST, "two.en.txt": f"Two {LONG}\n"}, WIDE_CAMPAIGN))
    return replace(made, config=replace(made.config, site="https://share.example.org"))


FOREIGN = """
title = "Clean air"
about = { en = "Streets for people." }
organizer = "هواء نقي"
paid_by = "Friends of trams"
until = 2099-12-31
languages = ["en", "ar"]
[links]
sign = "https://example.org/sign"
[ask.role]
label = "You speak as"
hint = "Choose."
[ask.role.choices]
nurse = { en = "As a nurse", ar = "كممرضة" }
parent = "As a parent"
[targets.mayor]
name = { en = "the mayor" }
"""


def foreign(folder: Path) -> App:
    """A page in a language in which nothing is written but a post; our own words are not translated into it."""
    source = 'source = { text = "The paper", url = "https://example.org" }'
    posts = {"a.en.txt": f"+++\n{source}\n+++\nHello {{{{ target.name }}}}.\n", "a.ar.txt": "مرحبا {{ target.name }}\n"}
    return app(library(folder, posts, FOREIGN))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the pages of the small campaign and of the sample campaign."""
    folder = tmp_path_factory.mktemp("pages")
    config = default(ROOT, ROOT / "posts", {"families-belong-together": None})
    sample = App(config=config, networks=NETWORKS, clock=lambda: NOW)
    lay(site(sample, NOW.date(), print), folder / "sample")
    lay(site(small(folder / "small-library"), NOW.date(), print), folder / "small")
    lay(site(foreign(folder / "foreign-library"), NOW.date(), print), folder / "foreign")
    lay(site(wide(folder / "wide-library"), NOW.date(), print), folder / "wide")
    return folder


@pytest.fixture(scope="module")
def visitors(built: Path) -> Iterator[Visitors]:
    """A browser, and the pages on a server."""
    with running() as browser, served(built) as address:
        yield Visitors(browser, address)
