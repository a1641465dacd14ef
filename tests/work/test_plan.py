"""Plan: what will be said, as the files and the ledger stand; and it touches neither."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app import App
from bot.work.deliver import tick
from bot.work.plan import plan
from tests.work.stage import CONFIG, START, at, opened, outboxes


def said(app: App, start: datetime = START, days: float = 1) -> list[str]:
    """The plan in a few words: when, who, and what or why not."""
    rows = []
    for one in plan(app, start, days):
        words = one.choice.variant.text if one.choice.variant else one.reason
        rows.append(f"{one.choice.slot.at:%d %H:%M} {one.choice.slot.account} {one.state}: {words}")
    return rows


def test_a_plan_names_every_slot_from_its_instant_on(tmp_path: Path) -> None:
    app = opened(tmp_path, {"one.txt": "One."})
    assert said(app) == ["01 17:30 town planned: One.", "02 09:00 town planned: One."]


def test_a_plan_holds_its_first_instant_and_not_its_last(tmp_path: Path) -> None:
    app = opened(tmp_path, {"one.txt": "One."})
    assert said(app, at("09:00"), 1) == ["01 09:00 town planned: One.", "01 17:30 town planned: One."]


def test_a_plan_leaves_no_ledger_behind(tmp_path: Path) -> None:
    app = opened(tmp_path)
    said(app)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.toml", "posts"]


def test_a_plan_writes_nothing_beside_a_ledger_that_is_there(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path))
    tick(app, START)
    app.store.close()
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    said(opened(tmp_path, {}))
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir() if path.name != "config.toml"} == {
        name: when for name, when in before.items() if name != "config.toml"
    }


def test_what_was_said_is_not_planned_again(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path, {"one.txt": "One."}))
    tick(app, at("09:00"))
    assert said(app, at("08:00"), 0.5) == ["01 17:30 town planned: One."]


def test_a_plan_from_before_a_schedule_was_first_seen_begins_where_it_was_seen(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path, {"one.txt": "One."}))
    tick(app, at("12:00"))
    assert said(app, at("08:00"), 0.5) == ["01 17:30 town planned: One."]


def test_a_post_whose_days_begin_and_end_within_a_plan_is_planned_on_them(tmp_path: Path) -> None:
    told = CONFIG.replace('times = ["09:00", "17:30"]', 'times = ["09:00"]')
    app = opened(tmp_path, {"one.txt": "+++\nfrom = 2026-12-03\nuntil = 2026-12-04\n+++\nOne."}, told=told)
    silent = "skipped: no post can be said: 1 outside its days"
    assert said(app, START, 5) == [
        f"02 09:00 town {silent}", "03 09:00 town planned: One.", "04 09:00 town planned: One.",
        f"05 09:00 town {silent}", f"06 09:00 town {silent}",
    ]  # fmt: skip


def test_after_an_outage_the_newest_slot_in_time_is_planned_first(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path, {"one.txt": "One."}))
    tick(app, at("08:00"))
    assert said(app, at("18:00", 2), 0.5) == ["02 17:30 town planned: One."]


def test_of_two_overdue_slots_one_too_late_the_other_is_planned(tmp_path: Path) -> None:
    told = CONFIG.replace('times = ["09:00", "17:30"]', 'times = ["09:00"]\nlate = "12h"') + (
        '[[schedule]]\ncampaign = "air"\naccounts = ["town"]\ntimes = ["10:00"]\nlate = "1h"\n'
    )
    app = outboxes(opened(tmp_path, {"one.txt": "One."}, told=told))
    tick(app, at("08:00"))
    assert said(app, at("12:00"), 0.1) == ["01 09:00 town planned: One."]
    assert [(one.clock, one.state) for one in tick(app, at("12:00"))] == [("09:00", "sent"), ("10:00", "missed")]


def test_a_slot_that_needs_approval_waits_until_its_exact_words_are_approved(tmp_path: Path) -> None:
    app = opened(tmp_path, {"one.txt": "One."}, told=CONFIG + 'approval = "post"\n')
    waiting = next(iter(plan(app, START, 1)))
    assert (waiting.state, waiting.reason) == ("waiting", "a person must approve it")
    app.store.approve(waiting.choice.words, START)
    assert said(app.fresh())[0] == "01 17:30 town planned: One."


def test_an_edit_voids_an_approval(tmp_path: Path) -> None:
    app = opened(tmp_path, {"one.txt": "One."}, told=CONFIG + 'approval = "post"\n')
    app.store.approve(next(iter(plan(app, START, 1))).choice.words, START)
    (tmp_path / "posts/air/one.txt").write_text("One!", encoding="utf-8")
    assert said(app.fresh())[0] == "01 17:30 town waiting: One!"


@pytest.mark.parametrize("name", ["posts/PAUSE", "posts/pause.txt", "PAUSE", "pause.txt"])
def test_a_file_named_pause_pauses_everything(tmp_path: Path, name: str) -> None:
    app = opened(tmp_path)
    (tmp_path / name).touch()
    assert said(app, days=0.5) == ["01 17:30 town skipped: paused"]


def test_a_paused_campaign_is_skipped_and_others_go_on(tmp_path: Path) -> None:
    told = CONFIG + '[[schedule]]\ncampaign = "water"\naccounts = ["town"]\ntimes = ["18:00"]\n'
    app = opened(tmp_path, {"one.txt": "One.", "water/two.txt": "Two."}, told=told)
    app.store.pause("air", START)
    assert said(app, days=0.5) == ["01 17:30 town skipped: paused", "01 18:00 town planned: Two."]


def test_a_campaign_that_is_not_whole_is_skipped_with_its_name(tmp_path: Path) -> None:
    app = opened(tmp_path)
    (tmp_path / "posts/air/campaign.toml").write_text("title = ", encoding="utf-8")
    assert said(app, days=0.5) == ['01 17:30 town skipped: the library has no whole campaign "air"']


def test_two_accounts_of_one_network_do_not_say_the_same_within_a_week(tmp_path: Path) -> None:
    told = CONFIG.replace('["town"]', '["town", "shop"]') + '[accounts.shop]\nnetwork = "outbox"\n'
    app = opened(tmp_path, {"one.txt": "One."}, told=told)
    assert said(app, days=0.5) == [
        "01 17:30 shop planned: One.",
        "01 17:30 town skipped: no post can be said: 1 said by another account of this network within 7 days (https://help.x.com/en/rules-and-policies/authenticity)",
    ]


def test_the_same_words_in_two_posts_are_near_copies_too(tmp_path: Path) -> None:
    told = CONFIG.replace('["town"]', '["town", "shop"]') + '[accounts.shop]\nnetwork = "outbox"\n'
    app = opened(tmp_path, {"one.txt": "Clean air!", "two.txt": "clean AIR"}, told=told)
    assert [row.split()[3] for row in said(app, days=0.5)] == ["planned:", "skipped:"]


def test_accounts_of_two_networks_may_say_the_same(tmp_path: Path) -> None:
    told = CONFIG.replace('["town"]', '["town", "shop"]') + '[accounts.shop]\nnetwork = "x"\n'
    app = opened(tmp_path, {"one.txt": "One."}, told=told)
    assert said(app, days=0.5) == ["01 17:30 shop waiting: One.", "01 17:30 town planned: One."]


def test_a_link_to_an_example_goes_to_an_outbox_only(tmp_path: Path) -> None:
    told = CONFIG.replace('["town"]', '["town", "shop"]') + '[accounts.shop]\nnetwork = "x"\n'
    app = opened(tmp_path, {"one.txt": '+++\nlink = "sign"\n+++\nOne.'}, told=told)
    campaign = 'title = "Clean air"\n[links]\nsign = "https://example.org/sign"\n'
    (tmp_path / "posts/air/campaign.toml").write_text(campaign, encoding="utf-8")
    shop, town = said(app, days=0.5)
    assert "skipped: no post can be said: 1 practice material" in shop
    assert town == "01 17:30 town planned: One.\nhttps://example.org/sign"


def test_a_sample_campaign_goes_to_an_outbox_only(tmp_path: Path) -> None:
    told = CONFIG.replace('network = "outbox"', 'network = "x"')
    app = opened(tmp_path, {"one.txt": "One."}, told=told)
    (tmp_path / "posts/air/campaign.toml").write_text('title = "Clean air"\nsample = true\n', encoding="utf-8")
    assert "practice material" in said(app, days=0.5)[0]


def test_a_time_that_comes_twice_is_planned_once(tmp_path: Path) -> None:
    told = CONFIG.replace('"UTC"', '"America/New_York"').replace('"09:00", "17:30"', '"01:30"')
    app = opened(tmp_path, {"one.txt": "One."}, told=told)
    assert said(app, datetime(2026, 11, 1, tzinfo=UTC), 1.2) == ["01 05:30 town planned: One."]


def test_accounts_that_left_the_config_are_no_part_of_a_plan(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path, {"one.txt": "One."}, told=CONFIG + 'approval = "post"\n'))
    tick(app, at("09:00"))
    app.store.close()
    gone = opened(tmp_path, {}, told=CONFIG.replace("town", "shop"))
    assert said(gone, at("09:30"), 0.5) == ["01 17:30 shop planned: One."]
