"""Addresses on pages: one that others gave is a link only if a browser may go there."""

import re
from pathlib import Path

import pytest

from bot import pages
from bot.pages import _environment

FOLDER = Path(pages.__file__).parent
LINK = re.compile(r"""href="\{\{ (.+?) \}\}""")
# What a template may begin a link with unlooked at: paths and files of ours,
OURS = {
    "root", "colours", "place", "again", "to", "back", "path", "picture", "further", "newest", "earlier", "kinds",
    "here", "absolute", "sheet", "tongue", "link", "ways", '"/connect" if is_new else "/accounts/" ~ (name|urlencode)',
}  # fmt: skip
# what the library takes only if it begins with https:// or http:// (the share pages' folders, for `address`),
OF_THE_LIBRARY = {"head.action.address", "action.address", "card.action.address", "one.post.source.url", "address"}
# of config.toml likewise; what a network's file says by itself; and what its `share` makes of words.
OF_CONFIG, OF_NETWORKS = {"place.url"}, {"one.network.label_page"}
SHARED = {"button.url", "one.url", "one.payload.open"}
KNOWN = OURS | OF_THE_LIBRARY | OF_CONFIG | OF_NETWORKS | SHARED


@pytest.mark.parametrize("template", sorted(FOLDER.rglob("*.html")), ids=lambda one: one.stem)
def test_no_template_makes_a_link_of_what_nobody_has_looked_at(template: Path) -> None:
    links = LINK.findall(template.read_text())
    odd = [one for one in links if not one.endswith("|web") and not {one, re.split(r"[.(\[]", one)[0]} & KNOWN]
    assert odd == []


@pytest.mark.parametrize(
    ("address", "shown"),
    [("https://town.example/@a", "https://town.example/@a"), ("HTTP://town.example", "HTTP://town.example"),
     ("javascript:alert(1)", ""), (" javascript:alert(1)", ""), ("java\nscript:alert(1)", ""), ("data:text/html,x", ""),
     ("file:///etc/passwd", ""), ("//town.example", ""), ("", "")],
)  # fmt: skip
def test_a_link_leads_to_the_web_or_nowhere(address: str, shown: str) -> None:
    assert _environment("en").from_string("{{ address|web }}").render(address=address) == shown
