"""Report: the keys that others build on, whole and stable."""

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.core.problem import Problem
from bot.work.deliver import tick
from bot.work.plan import plan
from bot.work.report import delivery_line, instant, plan_line, problem_line
from tests.work.stage import START, at, opened

POST = '+++\nhashtags = ["#CleanAir"]\nlink = "sign"\n+++\nOne.'
CAMPAIGN = 'title = "Clean air"\n[links]\nsign = "https://example.org/sign"\n'
TEXT = "One. #CleanAir\nhttps://example.org/sign"


def test_an_instant_is_in_utc_and_ends_in_z() -> None:
    assert instant(START.astimezone(ZoneInfo("Asia/Kolkata"))) == "2026-12-01T12:00:00Z"


def test_a_planned_slot(tmp_path: Path) -> None:
    app = opened(tmp_path, {"one.txt": POST})
    (tmp_path / "posts/air/campaign.toml").write_text(CAMPAIGN, encoding="utf-8")
    assert plan_line(next(plan(app, START, 1)), ZoneInfo("America/New_York")) == {
        "at": "2026-12-01T17:30:00Z",
        "local": "2026-12-01T12:30-05:00",
        "campaign": "air",
        "account": "town",
        "network": "outbox",
        "post": "one",
        "wording": 1,
        "language": "en",
        "text": TEXT,
        "link": "https://example.org/sign",
        "hashtags": ["#CleanAir"],
        "length": len(TEXT),
        "limit": 500,
        "state": "planned",
        "reason": None,
    }


def test_a_skipped_slot_says_why_and_leaves_the_rest_empty(tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts/PAUSE").touch()
    line = plan_line(next(plan(opened(tmp_path), START, 1)), ZoneInfo("UTC"))
    assert (line["state"], line["reason"], line["hashtags"]) == ("skipped", "paused", [])
    empty = ("post", "wording", "language", "text", "link", "length")
    assert [line[name] for name in empty] == [None] * len(empty)


def test_a_delivery(tmp_path: Path) -> None:
    (one,) = tick(opened(tmp_path, {"one.txt": "One."}), at("09:00"))
    assert delivery_line(one) == {
        "id": 1,
        "at": "2026-12-01T09:00:00Z",
        "campaign": "air",
        "account": "town",
        "network": "outbox",
        "post": "one",
        "wording": 1,
        "text": "One.",
        "state": "sent",
        "tries": 1,
        "url": (tmp_path / "outbox/2026-12-01-0900-air@town.json").as_uri(),
        "reason": None,
    }


def test_a_delivery_that_said_nothing(tmp_path: Path) -> None:
    (one,) = tick(opened(tmp_path), at("09:00"))
    line = delivery_line(replace(one, post="", wording=0, variant=None, receipt=None, reason="paused"))
    assert [line[name] for name in ("post", "wording", "text", "url", "reason")] == [None, None, None, None, "paused"]


def test_a_problem() -> None:
    told = problem_line(Problem("posts/a/b.txt:3", "no words", severity="warning"))
    assert told == {"where": "posts/a/b.txt:3", "what": "no words", "hint": None, "severity": "warning"}
