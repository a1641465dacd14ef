"""What is still to be done until an organization speaks by itself."""

from pathlib import Path

from bot.work.live import steps
from tests.making import write
from tests.work.stage import START, opened

SAMPLE = 'timezone = "UTC"\n[accounts.outbox]\nnetwork = "outbox"\n'
REAL = """\
notify = ["json://127.0.0.1:1"]
[accounts.town]
network = "bluesky"
handle = "town.example.org"
[[schedule]]
campaign = "air"
accounts = ["town"]
times = ["09:00"]
"""


def done(folder: Path, told: str, *, begun: bool = False) -> list[str]:
    app = opened(folder, {"a.txt": "Hello."} if told is not SAMPLE else {}, told=told)
    if begun:
        app.store.start("town", START)
    return [one.name for one in steps(app) if one.is_done]


def test_a_newcomer_has_all_before_them(tmp_path: Path) -> None:
    write(tmp_path, {"posts/air/campaign.toml": 'title = "Clean air"\nsample = true\n'})
    assert done(tmp_path, SAMPLE) == []


def test_each_step_is_done_where_the_files_say_so(tmp_path: Path) -> None:
    assert done(tmp_path, REAL) == ["import", "account", "times", "notices"]
    assert done(tmp_path, REAL, begun=True) == ["import", "account", "times", "notices", "begin"]
    assert done(tmp_path, REAL.partition("[[")[0].partition("\n")[2]) == ["import", "account", "begin"]


def test_who_posts_by_hand_needs_nobody_to_let_it_begin(tmp_path: Path) -> None:
    assert "begin" in done(tmp_path, REAL.replace('"town.example.org"', '"town"\npublish = "by hand"'))
