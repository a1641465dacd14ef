"""The pages are light: thirty posts with two wordings each, for all networks, at most 60 KB on their way."""

import gzip
from pathlib import Path

from bot.work.site import site
from tests.making import NOW, app, library
from tests.pages.conftest import CAMPAIGN

WORDS = [
    "children", "streets", "morning", "neighbors", "school", "clinic", "promise", "evening", "harbor", "letter",
    "winter", "council", "garden", "station", "teacher", "river",
]  # fmt: skip


def wording(number: int) -> str:
    """Words that are like no other's."""
    return " ".join(WORDS[(number * step + step * step) % 16] for step in range(1, 28)).capitalize() + f" {number}."


def test_thirty_posts_weigh_at_most_sixty_kilobytes(tmp_path: Path) -> None:
    posts = {
        f"post-{number}.en.txt": f'+++\nlink = "sign"\n+++\n{{{{ me.name or "My town" }}}}, {wording(number)}\n---\n'
        f"{wording(number + 50)}\n"
        for number in range(30)
    }
    files = site(app(library(tmp_path, posts, CAMPAIGN)), NOW.date(), print)
    loaded = [files[name] for name in ("air/en/index.html", "page.js", "page.css", "air/colours.css")]
    raw, sent = sum(map(len, loaded)), sum(len(gzip.compress(one, mtime=0)) for one in loaded)
    print(f"{raw:,} bytes, {sent:,} gzipped")
    assert loaded[0].count(b'class="to"') > 30 * 2 * 14
    assert sent <= 60_000
