"""plan and rehearse: what will be said, and that it is what is said."""

import json
import re
from pathlib import Path

from tests.cli.conftest import Say
from tests.making import handbill, library, write

KEYS = ["at", "local", "campaign", "account", "network", "post", "wording", "language", "text", "link", "hashtags"]
KEYS += ["length", "limit", "state", "reason"]
TOWN = """\
timezone = "UTC"
[accounts.town]
network = "mastodon"
server = "https://town.example"
token_env = "TOKEN"
warning = "Politics"
[[schedule]]
campaign = "air"
accounts = ["town"]
times = ["09:00"]
"""
FROM = ["--from", "2026-12-01T00:00Z"]


def test_a_plan_is_read_day_by_day_and_ends_with_a_count(say: Say) -> None:
    done = say("plan", *FROM, "--days", "2")
    assert re.findall(r"^\w+day, 2026-12-0\d  \(UTC\)$", done.out, re.M) == [
        "Tuesday, 2026-12-01  (UTC)",
        "Wednesday, 2026-12-02  (UTC)",
    ]
    assert done.out.endswith("\n4 planned\n") and done.code == 0


def test_a_plan_in_json_has_the_documented_keys_in_order_of_time(say: Say) -> None:
    rows = [json.loads(row) for row in say("plan", *FROM, "--json").out.splitlines()]
    assert len(rows) == 14 and all(list(row) == KEYS for row in rows)
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    assert rows[0]["at"] == "2026-12-01T09:00:00Z" and rows[0]["local"] == "2026-12-01T09:00+00:00"
    assert rows[0]["state"] == "planned" and rows[0]["reason"] is None and rows[0]["wording"] >= 1
    assert all(tag.startswith("#") for tag in rows[0]["hashtags"])


def test_a_slot_that_will_be_skipped_says_why_and_absent_values_are_null(tmp_path: Path, say: Say) -> None:
    library(tmp_path, {"a.txt": "+++\nat_most = 1\n+++\nOnce."})
    first, second = (json.loads(row) for row in say("plan", *FROM, "--days", "1", "--json").out.splitlines())
    assert (first["state"], first["text"], first["link"], first["hashtags"]) == ("planned", "Once.", None, [])
    assert second["state"] == "skipped" and second["reason"]
    assert [second[key] for key in ("post", "wording", "language", "text", "link", "length")] == [None] * 6
    assert "17:30  outbox  skipped: " in say("plan", *FROM, "--days", "1").out


def test_a_long_reason_is_said_whole_once(tmp_path: Path, say: Say) -> None:
    library(tmp_path, {"a.txt": "+++\nat_most = 1\n+++\nOnce."})
    rows = re.findall("skipped: (.+)", say("plan", *FROM, "--days", "2").out)
    assert rows == ["no post can be said: 1 said as often as it may be", *["no post can be said (as above)"] * 2]


def test_what_is_no_day_and_time_is_told_with_how_to_write_one(say: Say) -> None:
    done = say("plan", "--from", "18:30")
    assert done.code == 2 and '"18:30" names no day and time. Write it like 2026-12-01T09:00' in done.err


def test_a_plan_without_slots_says_so(tmp_path: Path, say: Say) -> None:
    write(tmp_path, {"config.toml": "", "posts/.keep": ""})
    done = say("plan")
    assert done.code == 0 and "Nothing is planned in this time" in done.err


def test_an_instant_without_an_offset_is_read_in_the_zone_of_the_config(tmp_path: Path, say: Say) -> None:
    say("init")
    at = [json.loads(say("plan", "--from", start, "--json").out.splitlines()[0])["at"] for start in (
        "2026-12-01T09:00", "2026-12-01T14:00Z", "2026-12-01T15:00+01:00", "2026-12-01",
    )]  # fmt: skip
    assert set(at) == {"2026-12-01T14:00:00Z"}


def test_a_rehearsal_says_what_the_plan_said(tmp_path: Path, say: Say) -> None:
    planned = [json.loads(row)["text"] for row in say("plan", *FROM, "--json").out.splitlines()]
    done = say("rehearse", *FROM, "--days", "7", "--out", "out")
    assert done.code == 0 and "14 posts said, 0 not" in done.out and "deliveries.jsonl" in done.out
    rows = (tmp_path / "out" / "deliveries.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(row)["text"] for row in rows] == planned
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


ON_X = """\
timezone = "UTC"
[accounts.town]
network = "x"
budget = 5
[accounts.hand]
network = "x"
publish = "by hand"
[[schedule]]
campaign = "air"
accounts = ["town"]
times = ["09:00"]
[[schedule]]
campaign = "water"
accounts = ["hand"]
times = ["09:00"]
"""


def test_a_plan_ends_with_what_it_would_cost_where_a_network_takes_money(tmp_path: Path, say: Say) -> None:
    links = 'title = "Air"\n[links]\nsign = "https://town.info/a"\n'
    library(tmp_path, {"a.txt": '+++\nlink = "sign"\n+++\nOne.', "b.txt": "Two."}, links)
    write(library(tmp_path, {"c.txt": "Three."}, name="water"), {"config.toml": ON_X})
    done = say("plan", *FROM, "--days", "2")
    last = "town: this would cost 0.22 USD; so far this month 0.00 of 5.00 (`budget`)"
    assert done.out.splitlines()[-2:] == ["2 planned, 2 waiting", last]
    write(tmp_path, {"config.toml": ON_X.replace("budget = 5", "budget = 0.2")})
    done = say("plan", *FROM, "--days", "2")
    assert "town  skipped: it would cost 0." in done.out and "left (`budget` in config.toml)" in done.out


def test_a_plan_without_prices_ends_with_its_count(say: Say) -> None:
    assert say("plan", *FROM, "--days", "1").out.endswith("\n2 planned\n")


def test_plan_and_rehearsal_show_warning_words_and_picture_as_they_will_stand_there(tmp_path: Path, say: Say) -> None:
    write(tmp_path, {"config.toml": TOWN, "posts/air/lane.png": b"a picture"})
    library(tmp_path, {"a.txt": '+++\nimage = { file = "lane.png", alt = "A lane,\\nfrom above" }\n+++\nOne.\n\nTwo.'})
    rows = ["[content warning: Politics]", "One.", "", "Two.", "[picture: A lane,", "from above]"]
    for asked, by in ((["plan"], 6), (["rehearse", "--out", "out"], 4)):
        shown = say(*asked, *FROM, "--days", "1").out
        assert "\n".join(f"{' ' * by}{row}".rstrip() for row in rows) + "\n\n" in shown, shown
    (lies,) = (tmp_path / "out/town").glob("*.txt")
    assert lies.read_text(encoding="utf-8").endswith("---\nContent warning: Politics\nPicture: A lane,\nfrom above\n")


def test_a_warning_takes_of_the_room_that_a_plan_tells(tmp_path: Path, say: Say) -> None:
    write(library(tmp_path, {"a.txt": "One."}), {"config.toml": TOWN})
    (row,) = (json.loads(row) for row in say("plan", *FROM, "--days", "1", "--json").out.splitlines())
    assert (row["text"], row["length"], row["limit"]) == ("One.", 4, 492)
    assert "4 of 492" in say("plan", *FROM, "--days", "1").out


def test_a_rehearsal_replaces_the_one_before_and_nothing_else(tmp_path: Path, say: Say) -> None:
    assert say("rehearse", *FROM, "--days", "1", "--out", "out").code == 0
    assert say("rehearse", *FROM, "--days", "1", "--out", "out").code == 0
    write(tmp_path, {"mine/letter.txt": "mine"})
    done = say("rehearse", *FROM, "--days", "1", "--out", "mine")
    assert done.code == 2 and "Name a new folder with --out" in done.err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_a_plan_comes_as_a_calendar_with_what_will_be_said(tmp_path: Path) -> None:
    library(tmp_path, {"a.en.txt": "Hello, all."})
    done = handbill(tmp_path, "plan", "--days", "2", "--ics")
    assert done.stdout.startswith("BEGIN:VCALENDAR\n") and "DESCRIPTION:Hello\\, all." in done.stdout
    assert done.stdout.count("BEGIN:VEVENT") == done.stdout.count("SUMMARY:Outbox: outbox") > 0
