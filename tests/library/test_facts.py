"""The facts of a post: every key, and every fault in one."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.core.post import Source
from tests.library.shelf import air, told

WHOLE = """\
+++
tags = ["facts"]
hashtags = ["#CleanAir"]
link = "sign"
short = 'Short.'
title = 'Title'
image = { file = "images/lane.png", alt = "A lane" }
source = { text = "A report", url = "https://example.org/report", date = 2018-06-20 }
rest = "14d"
at_most = 5
from = 2026-12-01
until = 2027-01-31
weight = 2
only = ["bluesky", "linkedin"]
[text]
linkedin = 'For LinkedIn.'
+++
One.
"""


def test_every_key_reaches_its_place(tmp_path: Path) -> None:
    campaign = 'links = { sign = "https://example.org/sign" }'
    library = air(tmp_path, {"a.txt": WHOLE, "images/lane.png": b"picture"}, campaign)
    assert told(library) == []
    (post,) = library.posts["air"]
    assert (post.tags, post.hashtags, post.link) == (("facts",), ("#CleanAir",), "sign")
    assert post.image == str(tmp_path / "posts/air/images/lane.png")
    assert post.source == Source(text="A report", url="https://example.org/report", date=date(2018, 6, 20))
    assert (post.rest, post.at_most, post.weight) == (timedelta(days=14), 5, 2)
    assert (post.starts, post.until) == (date(2026, 12, 1), date(2027, 1, 31))
    assert (post.only, post.never) == (("bluesky", "linkedin"), ())
    assert post.words["en"].alt == "A lane"


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ('hastags = ["#CleanAir"]', 'unknown key `hastags` | Did you mean "hashtags"?'),
        ('tags = "facts"', "`tags` must be a list"),
        ("tags = [1]", "`tags` must be text"),
        ('hashtags = ["#Clean-Air"]', '`hashtags` "#Clean-Air" is not linked whole on every network'),
        ("link = 1", "`link` must be text"),
        ('link = ""', "`link` is empty"),
        ("rest = 14", '`rest` must be a length of time | Write it like "14d"'),
        ('rest = "two weeks"', "`rest` must be a length of time"),
        ("at_most = 0", "`at_most` must be a whole number from 1"),
        ("weight = 2.5", "`weight` must be a whole number from 1 to 10"),
        ('from = "2026-12-01"', "`from` must be a day | Write it without quotes: 2026-12-01."),
        ("until = 2026-12-01T09:00:00", "`until` must be a day"),
        ('only = ["blusky"]', '`only` names an unknown network "blusky" | Did you mean "bluesky"?'),
        ('except = "x"', "`except` must be a list"),
        ('image = "images/lane.png"', "`image` must be a table"),
        ('image = { flie = "a.png" }', 'unknown key `flie` | Did you mean "file"?'),
        ('source = "A report"', "`source` must be a table"),
        ('source = { url = "https://example.org" }', "`text` is missing"),
        ('source = { text = "A", url = "example" }', "`source.url` must be a whole address"),
        (
            "[text]\nweight = 2",
            "`weight` stands below `[text]`, so it is read as a network | Move it up, above [text].",
        ),
        ("[text]\nlinkdin = 'L.'", 'unknown key `linkdin` | Did you mean "linkedin"?'),
        ("text = 'L.'", "`text` must be a table"),
        ("short = ''", "`short` is empty"),
    ],
)
def test_each_fault_is_told_with_its_line(tmp_path: Path, row: str, fault: str) -> None:
    (said,) = told(air(tmp_path, {"a.txt": f"+++\n{row}\n+++\nOne."}))
    assert said.startswith(f"posts/air/a.txt:{2 + row.count(chr(10))}: {fault}")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = "+++\nrset = 1\nweight = 99\nfrom = 'May'\n[text]\nmastodn = 'M.'\n+++\nOne.\n***\nTwo.\n---\n"
    rows = [row.split(" ")[0] for row in told(air(tmp_path, {"a.txt": text}))]
    assert sorted(rows) == [f"posts/air/a.txt:{line}:" for line in (12, 2, 3, 4, 6, 9)]
