"""Deliver: never twice, never lost, never silent."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from bot.app import App
from bot.config import Account
from bot.core.choice import approval_of
from bot.core.delivery import LONGEST, MOST_TRIES, SHORTEST, Delivery, step
from bot.core.network import Payload, Publisher
from bot.core.post import Receipt
from bot.core.problem import NetworkError, Refused, SignedOut, TryLater, Uncertain
from bot.work.account import start
from bot.work.control import do, skip
from bot.work.deliver import tick
from tests.publishing.stage import own_folders
from tests.servers.fixtures import Running
from tests.servers.mastodon import TOKENS, Mastodon
from tests.work.stage import CONFIG, Blind, Moody, at, blind, opened, out, outboxes

BEGUN = at("08:00")
ROOT = Path(__file__).parents[2]


def ended(app: App, now: datetime) -> list[str]:
    """A tick in a few words."""
    return [f"{one.clock} {one.state}" + (f": {one.reason}" if one.reason else "") for one in tick(app, now)]


def states(app: App) -> list[str]:
    return [f"{one.clock} {one.state}" for one in app.store.deliveries()]


# When


def test_a_schedule_begins_when_it_is_first_seen(tmp_path: Path) -> None:
    app = opened(tmp_path)
    assert ended(app, at("12:00")) == []
    assert ended(app, at("17:30")) == ["17:30 sent"]


def test_a_slot_at_the_very_instant_of_first_sight_is_said(tmp_path: Path) -> None:
    assert ended(opened(tmp_path), at("09:00")) == ["09:00 sent"]


def test_what_was_not_in_the_timetable_at_its_time_is_neither_said_nor_missed(tmp_path: Path) -> None:
    app = opened(tmp_path, told=CONFIG.replace('"09:00", ', ""))
    both = opened(tmp_path)
    tick(both, BEGUN)
    tick(app, at("08:30"))
    tick(app, at("17:30"))
    assert ended(both, at("18:00")) == [] and ended(both, at("09:00", 2)) == ["09:00 sent"]
    assert states(both) == ["17:30 sent", "09:00 sent"]


def test_whoever_has_another_timetable_takes_no_time_from_others(tmp_path: Path) -> None:
    app = opened(tmp_path, told=CONFIG.replace('"09:00", ', ""))
    both = opened(tmp_path)
    for minute in range(10, 59, 10):
        tick(both, at(f"08:{minute}"))
        tick(app, at(f"08:{minute + 1}"))
    assert ended(both, at("09:05")) == ["09:00 sent"]


def test_a_second_tick_at_the_same_instant_says_nothing(tmp_path: Path) -> None:
    app = opened(tmp_path)
    tick(app, at("09:00"))
    assert ended(app, at("09:00")) == []
    assert len(out(tmp_path)) == 1


def test_after_an_outage_only_the_newest_slot_in_time_goes_out(tmp_path: Path) -> None:
    app = opened(tmp_path)
    tick(app, BEGUN)
    tick(app, at("18:00", 2))
    assert states(app) == ["09:00 missed", "17:30 missed", "09:00 missed", "17:30 sent"]


def test_a_clock_that_jumps_back_says_nothing_twice(tmp_path: Path) -> None:
    app = opened(tmp_path)
    for now in (BEGUN, at("09:00"), at("08:59"), at("09:00"), at("09:01")):
        tick(app, now)
    assert states(app) == ["09:00 sent"]


def test_an_account_that_cannot_be_opened_for_a_moment_gets_each_slot_once(tmp_path: Path) -> None:
    """Its lasting id is unknown then, so the same slot has another key later."""
    app = opened(tmp_path)
    connect = app.networks["outbox"].connect
    assert connect is not None
    door = connect({"account": "town", "folder": str(tmp_path / "outbox")}, {})

    def closed(_: App, account: Account) -> Publisher:
        raise TryLater("the network is down", 5)

    tick(replace(app, connect=closed), at("09:00"))
    tick(replace(app, connect=lambda *_: door), at("09:00") + timedelta(seconds=15))
    assert len(out(tmp_path)) == 1


@pytest.mark.parametrize("name", ["", "air"])
def test_what_comes_due_in_a_pause_is_skipped(tmp_path: Path, name: str) -> None:
    app = opened(tmp_path)
    app.store.pause(name, BEGUN)
    assert ended(app, at("09:00")) == ["09:00 skipped: paused"]
    app.store.resume(name)
    assert ended(app, at("17:30")) == ["17:30 sent"]


def test_a_pause_file_is_obeyed_from_the_next_tick_on(tmp_path: Path) -> None:
    app = opened(tmp_path)
    tick(app, at("09:00"))
    (tmp_path / "posts/PAUSE").touch()
    assert ended(app.fresh(), at("17:30")) == ["17:30 skipped: paused"]


def test_a_pause_while_a_post_is_prepared_still_stops_it(tmp_path: Path) -> None:
    app = opened(tmp_path)
    connect = app.networks["outbox"].connect
    assert connect is not None
    door = connect({"account": "town", "folder": str(tmp_path / "outbox")}, {})

    class Slow(Moody):
        def prepare(self, *told: Any) -> Payload:
            app.store.pause("", at("09:00"))
            return self.inner.prepare(*told)

    slow = replace(app, connect=lambda *_: Slow(door, iter(())))
    slow.__dict__["store"] = app.store
    tick(slow, at("09:00"))
    assert ended(app, at("09:01")) == ["09:00 skipped: paused"]
    assert out(tmp_path) == []


# What


@pytest.mark.parametrize(
    ("error", "then"),
    [
        (Refused("too long"), "09:00 refused: too long"),
        (SignedOut("the key is gone"), "09:00 held: the key is gone"),
        (Uncertain("no answer"), "09:00 planned: no answer"),  # a folder tells surely that it is not there
        (TryLater("busy", 30), "09:00 planned: busy"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_error_leads_to_its_state(tmp_path: Path, error: NetworkError, then: str) -> None:
    assert ended(outboxes(opened(tmp_path), [error]), at("09:00")) == [then]


def test_what_was_surely_not_said_is_said_when_the_network_wants_it(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path), [TryLater("busy", 60)])
    tick(app, at("09:00"))
    assert ended(app, at("09:00") + timedelta(seconds=59)) == []
    assert ended(app, at("09:01")) == ["09:00 sent"]
    assert app.store.deliveries()[0].tries == 2


def test_later_slots_wait_while_one_is_to_be_tried_again(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path, told=CONFIG.replace("17:30", "09:30")), [TryLater("busy", 2400)])
    tick(app, at("09:00"))
    assert ended(app, at("09:30")) == []
    assert ended(app, at("09:40")) == ["09:00 sent", "09:30 sent"]


def test_what_could_not_be_said_in_time_is_missed_and_says_why(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path), [TryLater("the network is down", 600)] * 100)
    tick(app, at("09:00"))
    assert ended(app, at("15:01")) == ["09:00 missed: it could not be said in time: the network is down"]


def test_without_a_time_named_it_is_tried_again_after_longer_and_longer_pauses(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path), [TryLater("busy")] * 99)
    now, tries = at("09:00"), []
    while now < at("12:00"):
        tries += [now for one in tick(app, now) if one.state == "planned"]
        now += timedelta(seconds=15)
    pauses = [later - sooner for sooner, later in pairwise(tries)]
    assert len(tries) == MOST_TRIES and pauses == sorted(pauses)
    assert SHORTEST <= pauses[0] < timedelta(minutes=1) and timedelta(minutes=10) < pauses[-1] <= LONGEST


def test_what_no_try_brought_through_is_missed_and_told(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path), [TryLater("busy", 60)] * 99)
    now = at("09:00")
    while not app.store.deliveries(("missed",)):
        tick(app, now)
        now += timedelta(minutes=1)
    (one,) = app.store.deliveries()
    assert (one.tries, one.reason) == (8, "it was tried 8 times; the last time: busy")
    assert [(notice.kind, notice.delivery, notice.words) for notice in app.store.notices()] == [
        ("missed", one.id, one.reason)
    ]
    assert ended(app, at("17:30")) == ["17:30 planned: busy"], "and the next has its turn"


def test_a_time_that_lies_too_late_is_not_waited_for(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path), [TryLater("the day's posts are used up", 7 * 3600)])
    tick(app, at("09:00"))
    assert ended(app, at("09:01")) == ["09:00 missed: it could not be said in time: the day's posts are used up"]


TOLD_ENDS = [
    pytest.param([Refused("no")], "refused", "no", id="refused"),
    pytest.param([SignedOut("no key")], "held", "no key", id="held"),
    pytest.param([Uncertain("no answer")], "uncertain", "no answer", id="uncertain"),
]


@pytest.mark.parametrize(("moods", "kind", "words"), TOLD_ENDS)
def test_every_end_that_is_not_sent_is_to_be_told_once(
    tmp_path: Path, moods: list[NetworkError], kind: str, words: str
) -> None:
    app = blind(opened(tmp_path), *moods)
    for seconds in (0, 15, 30):
        tick(app, at("09:00") + timedelta(seconds=seconds))
    (notice,) = app.store.notices()
    assert (notice.kind, notice.words, notice.account) == (kind, words, "town")


FRENCH = CONFIG.replace('network = "outbox"', 'network = "outbox"\nlanguage = "fr"')
SILENT = "no post can be said: 2 without words in fr"


def test_an_account_with_nothing_to_say_is_told_once_a_week(tmp_path: Path) -> None:
    app = opened(tmp_path, told=FRENCH)
    tick(app, BEGUN)
    for day in range(1, 9):
        for clock in ("09:00", "17:30"):
            tick(app, at(clock, day))
    found = [(notice.kind, notice.words, notice.account, notice.at) for notice in app.store.notices()]
    assert found == [("skipped", SILENT, "town", at("09:00", day)) for day in (1, 8)]


def test_another_reason_for_silence_is_told_at_once(tmp_path: Path) -> None:
    app = opened(tmp_path, told=FRENCH)
    tick(app, at("09:00"))
    for name in ("one.txt", "two.txt"):
        (tmp_path / "posts/air" / name).unlink()
    tick(app.fresh(), at("17:30"))
    assert [notice.words for notice in app.store.notices()] == [SILENT, "the campaign has no posts"]


OVER = 'title = "Clean air"\nuntil = 2026-11-30\n'


@pytest.mark.parametrize(
    "deed",
    [
        pytest.param(lambda app: app.store.pause("", BEGUN), id="a pause"),
        pytest.param(lambda app: (app.config.library / "air/campaign.toml").write_text(OVER), id="the campaign's end"),
        pytest.param(lambda app: do(app, skip(app, "town/2026-12-01/09:00")), id="a person"),
    ],
)
def test_a_silence_that_was_meant_is_not_told(tmp_path: Path, deed: Callable[[App], object]) -> None:
    app = opened(tmp_path, now=BEGUN)
    tick(app, BEGUN)
    deed(app)
    tick(app.fresh(), at("09:00"))
    assert [one.state for one in app.store.deliveries()] == ["skipped"] and app.store.notices() == []


def test_of_an_outage_each_that_was_missed_is_to_be_told(tmp_path: Path) -> None:
    app = opened(tmp_path)
    tick(app, BEGUN)
    tick(app, at("18:00", 2))
    assert [notice.kind for notice in app.store.notices()] == ["missed"] * 3


def test_what_nobody_approved_is_missed_and_says_so(tmp_path: Path) -> None:
    app = opened(tmp_path, told=CONFIG + 'approval = "post"\n')
    assert ended(app, at("09:00")) == ["09:00 waiting: a person must approve it"]
    assert ended(app, at("09:01")) == []
    assert ended(app, at("15:01")) == ["09:00 missed: nobody approved it in time"]


def test_approved_words_go_out_at_the_next_look(tmp_path: Path) -> None:
    app = opened(tmp_path, {"one.txt": "One."}, told=CONFIG + 'approval = "post"\n')
    tick(app, at("09:00"))
    app.store.approve(approval_of("outbox", "One."), at("09:05"))
    assert ended(app, at("09:06")) == ["09:00 sent"]


def test_approved_words_that_were_refused_and_mended_wait_for_approval_again(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path, {"one.txt": "One."}, told=CONFIG + 'approval = "post"\n'), [Refused("no")])
    app.store.approve(approval_of("outbox", "One."), BEGUN)
    assert ended(app, at("09:00")) == ["09:00 refused: no"]
    (tmp_path / "posts/air/one.txt").write_text("One, mended.", encoding="utf-8")
    assert "09:00 waiting: a person must approve it" in ended(app.fresh(), at("09:30"))
    app.store.approve(approval_of("outbox", "One, mended."), at("09:40"))
    assert ended(app.fresh(), at("09:40")) == ["09:00 sent"]


def test_a_held_account_is_tried_again_after_a_while_and_blocks_nothing(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path), [SignedOut("no key"), SignedOut("no key")])
    assert ended(app, at("09:00")) == ["09:00 held: no key"]
    assert ended(app, at("09:10")) == []
    assert ended(app, at("09:15")) == ["09:00 held: no key"]
    assert ended(app, at("09:30")) == ["09:00 sent"]


def test_a_held_delivery_gives_way_to_its_accounts_next_slot(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path, told=CONFIG.replace("17:30", "09:10")), [SignedOut("no key")])
    tick(app, at("09:00"))
    assert ended(app, at("09:10")) == ["09:00 missed: this account's next time has come; before: no key", "09:10 sent"]


def test_a_refused_post_is_not_said_again_until_its_file_changes(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path, {"one.txt": "One."}), [Refused("no")])
    tick(app, at("09:00"))
    assert ended(app, at("17:30")) == [
        "17:30 skipped: no post can be said: 1 refused by a network and not changed since"
    ]


def test_a_refused_post_that_was_mended_too_late_is_free_for_its_next_turn(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path, {"one.txt": "One."}), [Refused("no")])
    tick(app, at("09:00"))
    (tmp_path / "posts/air/one.txt").write_text("One, mended.", encoding="utf-8")
    assert ended(app.fresh(), at("17:30")) == ["17:30 sent"]
    assert states(app) == ["09:00 refused", "17:30 sent"]


def test_a_refused_post_that_was_mended_in_time_goes_out(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path, {"one.txt": "One."}), [Refused("no")])
    tick(app, at("09:00"))
    (tmp_path / "posts/air/one.txt").write_text("One, mended.", encoding="utf-8")
    assert "09:00 sent" in ended(app.fresh(), at("10:00"))
    assert out(tmp_path / "real", "town") == ["One, mended."]


GONE = 'the account "town" is no longer in config.toml'


def test_the_account_of_an_open_delivery_may_leave_the_config_and_come_back(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path), [TryLater("busy", 60)])
    tick(app, at("09:00"))
    app.store.close()
    without = opened(tmp_path, {}, told=CONFIG.replace("town", "shop"))
    assert ended(without, at("09:05")) == []
    assert ended(app, at("09:06")) == ["09:00 sent"]


def test_the_open_delivery_of_an_account_that_stays_away_is_missed(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path), [TryLater("busy", 60)])
    tick(app, at("09:00"))
    app.store.close()
    without = opened(tmp_path, {}, told=CONFIG.replace("town", "shop"))
    assert ended(without, at("15:01")) == [f"09:00 missed: {GONE}"]


def test_the_campaign_of_an_open_delivery_may_leave_the_library(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path), [TryLater("busy", 60)])
    tick(app, at("09:00"))
    (tmp_path / "posts/air").rename(tmp_path / "air")
    why = 'the library has no whole campaign "air"'
    assert ended(app.fresh(), at("09:05")) == [f"09:00 planned: {why}"]
    assert ended(app.fresh(), at("09:06")) == []
    assert ended(app.fresh(), at("15:01")) == [f"09:00 missed: it could not be said in time: {why}"]


def test_a_campaign_that_comes_back_in_time_is_said(tmp_path: Path) -> None:
    app = opened(tmp_path)
    tick(app, at("08:00"))
    (tmp_path / "posts/air").rename(tmp_path / "air")
    assert ended(app.fresh(), at("09:00"))[0].startswith("09:00 planned")
    (tmp_path / "air").rename(tmp_path / "posts/air")
    assert ended(app.fresh(), at("09:01")) == ["09:00 sent"]


def test_a_campaign_that_is_waited_for_keeps_no_other_from_its_turn(tmp_path: Path) -> None:
    water = '[[schedule]]\ncampaign = "water"\naccounts = ["town"]\ntimes = ["09:00"]\n'
    app = opened(tmp_path, {"one.txt": "One.", "water/two.txt": "Two."}, told=CONFIG + water)
    tick(app, at("08:00"))
    (tmp_path / "posts/air").rename(tmp_path / "air")
    assert ended(app.fresh(), at("09:00")) == [
        '09:00 planned: the library has no whole campaign "air"', "09:00 sent",
    ]  # fmt: skip


# Whatever dies


def run(folder: Path, now: datetime, deed: str, lease: float = 120) -> "subprocess.Popen[str]":
    """The engine in a process of its own."""
    order = [sys.executable, "-m", "tests.work.engine", str(folder), now.isoformat(), deed, str(lease)]
    return subprocess.Popen(order, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def killed(folder: Path, deed: str) -> App:
    """The app after its engine was killed in the middle of the post of nine o'clock."""
    app = opened(folder, {"one.txt": "One."})
    child = run(folder, at("09:00"), deed, lease=0.1)
    child.communicate(timeout=300)
    assert child.returncode == -signal.SIGKILL
    sleep(0.2)  # until the dead one's lease has run out
    return app


def test_it_is_on_record_before_the_network_is_called(tmp_path: Path) -> None:
    (delivery,) = killed(tmp_path, "die before").store.deliveries()
    assert (delivery.state, delivery.variant and delivery.variant.text) == ("sending", "One.")


def test_what_was_said_before_the_run_was_killed_is_found_and_not_repeated(tmp_path: Path) -> None:
    app = killed(tmp_path, "die after")
    assert ended(app, at("09:01")) == ["09:00 sent"]
    assert (tmp_path / "published.log").read_text().count("09:00") == 1
    assert out(tmp_path) == ["One."]


def test_what_was_not_said_before_the_run_was_killed_is_said_once(tmp_path: Path) -> None:
    app = killed(tmp_path, "die before")
    assert ended(app, at("09:01"))[-1] == "09:00 sent"
    assert out(tmp_path) == ["One."]


def test_where_nobody_can_know_a_person_is_told(tmp_path: Path) -> None:
    app = blind(killed(tmp_path, "die before"))
    assert ended(app, at("09:01")) == ["09:00 uncertain: it may have been posted; look at the account"]


class Slow(Moody):
    """A network that takes a post, loses its answer, and shows the post only at the `shows`-th look."""

    repeat: Any = None
    published, looks, shows = 0, 0, 2

    def publish(self, payload: Payload, key: str) -> Receipt:
        self.published += 1
        self.inner.publish(payload, key)
        raise Uncertain("no answer")

    def find(self, payload: Payload, key: str) -> Receipt | None:
        self.looks += 1
        found: Receipt | None = self.inner.find(payload, key)
        return found if self.looks >= self.shows else None


class Slower(Slow):
    shows = 3


@pytest.mark.parametrize(("kind", "then"), [(Slow, "sent"), (Slower, "uncertain: no answer")])
def test_what_is_not_there_at_the_first_look_is_looked_for_once_more_and_never_said_again(
    tmp_path: Path, kind: type[Slow], then: str
) -> None:
    app = blind(opened(tmp_path), kind=kind)
    door: Any = app.publisher(app.config.accounts["town"])
    assert states(app) == [] and [one.state for one in tick(app, at("09:00"))] == ["sending"]
    assert ended(app, at("09:00") + timedelta(seconds=29)) == [] and door.looks == 1
    assert ended(app, at("09:00") + timedelta(seconds=30)) == [f"09:00 {then}"]
    assert ended(app, at("09:05")) == [] and (door.looks, door.published) == (2, 1)


def test_while_a_post_is_looked_for_its_accounts_later_ones_wait(tmp_path: Path) -> None:
    app = blind(opened(tmp_path, told=CONFIG.replace("17:30", "09:01")), kind=Slow)
    for seconds in (0, 29):
        tick(app, at("09:00") + timedelta(seconds=seconds))
    door: Any = app.publisher(app.config.accounts["town"])
    door.shows = 9
    assert ended(app, at("09:01"))[0] == "09:00 uncertain: no answer"
    assert door.published == 2


class Harmless(Blind):
    """An outbox that takes the same post twice as one."""

    def repeat(self, payload: Payload, key: str) -> Receipt:
        return self.inner.repeat(payload, key)


@pytest.mark.parametrize("deed", ["die before", "die after"])
def test_where_repeating_is_harmless_it_is_repeated(tmp_path: Path, deed: str) -> None:
    assert ended(blind(killed(tmp_path, deed), kind=Harmless), at("09:01")) == ["09:00 sent"]
    assert out(tmp_path) == ["One."]


def test_nothing_is_repeated_in_a_pause_or_when_it_is_too_late(tmp_path: Path) -> None:
    app = blind(killed(tmp_path, "die before"), kind=Harmless)
    app = replace(app, config=replace(app.config, schedules=()))
    app.store.pause("", at("09:00"))
    assert ended(app, at("09:01")) == []
    app.store.resume("")
    assert ended(app, at("15:01")) == ["09:00 uncertain: it may have been posted; look at the account"]
    assert out(tmp_path) == []


def test_while_nobody_can_look_the_question_stays_open_until_it_is_too_late(tmp_path: Path) -> None:
    app = killed(tmp_path, "die after")

    class Deaf(Moody):
        repeat = None

        def whoami(self) -> str:
            return "town"

        def find(self, payload: Payload, key: str) -> Receipt | None:
            raise TryLater("the network is down")

    deaf = replace(app, connect=lambda *_: Deaf(None, iter(())))
    deaf = replace(deaf, config=replace(app.config, schedules=()))
    assert ended(deaf, at("09:01")) == []
    assert ended(deaf, at("15:01")) == ["09:00 uncertain: nobody can look whether it was posted: the network is down"]


class Stuttering(Harmless):
    """One whose answer to a repeat is lost once more."""

    def repeat(self, payload: Payload, key: str) -> Receipt:
        if error := next(self.moods, None):
            raise error
        return self.inner.repeat(payload, key)


def test_where_repeating_is_harmless_a_lost_answer_to_it_is_no_end(tmp_path: Path) -> None:
    app = blind(killed(tmp_path, "die after"), Uncertain("no answer"), TryLater("away", 90), kind=Stuttering)
    app = replace(app, config=replace(app.config, schedules=()))
    assert ended(app, at("09:01")) == ended(app, at("09:02")) == ended(app, at("09:03")) == []
    assert ended(app, at("09:04")) == ["09:00 sent"]
    assert out(tmp_path) == ["One."]


def test_the_account_of_a_broken_off_delivery_may_leave_the_config(tmp_path: Path) -> None:
    killed(tmp_path, "die after")
    app = opened(tmp_path, {}, told=CONFIG.replace("town", "shop"))
    assert ended(app, at("09:01")) == []
    assert ended(app, at("15:01")) == [f"09:00 uncertain: {GONE}; look there yourself"]


def test_a_run_that_still_speaks_is_left_alone(tmp_path: Path) -> None:
    app = opened(tmp_path)
    tick(app, BEGUN)
    assert app.store.lease("town", "another run", 60)
    assert ended(app, at("09:00")) == []
    assert states(app) == ["09:00 planned"]


ACCOUNTS = ("a", "b", "c", "d")
MANY = 'timezone = "UTC"\n' + "".join(f'[accounts.{name}]\nnetwork = "outbox"\n' for name in ACCOUNTS)
MANY += '[[schedule]]\ncampaign = "air"\naccounts = ["a", "b", "c", "d"]\ntimes = ["09:00", "10:00", "11:00"]\n'


def test_two_runs_on_one_ledger_say_nothing_twice_and_lose_nothing(tmp_path: Path) -> None:
    app = opened(tmp_path, {f"post{number}.txt": f"Words of {number}" for number in range(12)}, told=MANY)
    tick(app, BEGUN)
    app.store.close()
    until = monotonic() + 300
    for hour in ("09:00", "10:00", "11:00"):
        while monotonic() < until and len(_sent(app, hour)) < len(ACCOUNTS):
            both = [run(tmp_path, at(hour), "linger") for _ in range(2)]
            for child in both:
                _, complaints = child.communicate(timeout=300)
                assert child.returncode == 0, complaints
    said = Counter((tmp_path / "published.log").read_text().splitlines())
    assert len(said) == 12 and set(said.values()) == {1}
    assert len(out(tmp_path)) == 12 and len(set(out(tmp_path))) == 12, "and no two accounts said the same"


def _sent(app: App, hour: str) -> list[Delivery]:
    return [one for one in app.store.deliveries(("sent",)) if one.clock == hour]


def test_two_runs_that_begin_together_both_open_a_new_ledger(tmp_path: Path) -> None:
    opened(tmp_path)
    children = [run(tmp_path, at("09:00"), "tick") for _ in range(4)]
    complaints = [child.communicate(timeout=300)[1] for child in children]
    assert complaints == [""] * 4
    assert len(out(tmp_path)) == 1


def test_a_look_with_a_clock_far_ahead_silences_nobody(tmp_path: Path) -> None:
    app = opened(tmp_path)
    tick(app, BEGUN)
    tick(app, at("08:00") + timedelta(days=30))
    tick(app, at("08:01"))
    assert [row for row in ended(app, at("09:00")) if "sent" in row] == ["09:00 sent"]
    assert [row for row in ended(app, at("17:30")) if "sent" in row] == ["17:30 sent"]


class Stranger(Moody):
    """The account's keys, which belong to somebody else now."""

    def whoami(self) -> str:
        return "somebody else"


class Keyless(Moody):
    """The account's keys, which nobody accepts any more."""

    def whoami(self) -> str:
        raise SignedOut("the key is gone")


def test_an_account_whose_keys_are_gone_is_held_and_says_so(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path), [TryLater("busy", 30)])
    tick(app, at("09:00"))
    assert ended(blind(app, kind=Keyless), at("09:01")) == ["09:00 held: the key is gone"]


def test_a_lost_answer_is_asked_for_until_the_account_is_connected_again(tmp_path: Path) -> None:
    class Away(Moody):
        def find(self, *_: object) -> Receipt | None:
            raise TryLater("the network is down")

    app = opened(tmp_path)
    tick(blind(app, Uncertain("no answer"), kind=Away), at("09:00"))
    keyless = blind(app, kind=Keyless)
    assert ended(keyless, at("09:01")) == [] and states(keyless) == ["09:00 sending"]
    assert ended(blind(app, kind=Moody), at("09:30")) == ["09:00 sent"]


def test_nothing_is_said_with_keys_that_belong_to_another_account_now(tmp_path: Path) -> None:
    app = outboxes(opened(tmp_path), [TryLater("busy", 30)])
    tick(app, at("09:00"))
    strange = replace(app, connect=lambda *_: Stranger(None, iter(())))
    (row,) = ended(strange, at("09:01"))
    assert row.startswith("09:00 held: the keys of this account belong to another one now")
    assert "handbill account start town" in row


def test_slots_that_come_due_after_the_keys_were_changed_are_held_too_until_a_person_says_it_is_meant(
    tmp_path: Path, mastodon_server: Running[Mastodon]
) -> None:
    app = own_town(tmp_path, mastodon_server, "campaign")
    tick(app, at("08:00"))
    assert ended(app, at("09:00")) == ["09:00 sent"]
    other = own_town(tmp_path, mastodon_server, "other")
    assert "17:30 held: the keys of this account belong to another one now" in ended(other, at("17:30"))[0]
    assert len(mastodon_server.app.posts()) == 1
    start(other, other.config.accounts["town"])
    assert ended(other, at("17:50"))[-1].startswith("17:30 held"), "a slot of the first account stays its own"
    assert ended(other, at("09:00", day=2))[-1] == "09:00 sent"
    assert [len(mastodon_server.app.posts(user)) for user in ("campaign", "other")] == [1, 1]


def test_while_a_server_is_away_slots_are_noted_tried_and_told_with_the_true_reason(
    tmp_path: Path, mastodon_server: Running[Mastodon]
) -> None:
    app = own_town(tmp_path, mastodon_server, "campaign")
    tick(app, at("08:00"))
    tick(app, at("09:00"))
    away = own_town(tmp_path, mastodon_server, "campaign", url="http://127.0.0.1:9")
    assert "cannot be reached" in ended(away, at("17:30"))[-1]
    for minutes in range(0, 370, 10):
        tick(away, at("17:30") + timedelta(minutes=minutes))
    (told,) = [one for one in away.store.deliveries(("missed",))]
    assert "cannot be reached" in told.reason
    assert [notice.delivery for notice in away.store.notices() if notice.kind == "missed"] == [told.id]


def test_two_names_for_one_account_are_told_and_the_second_says_nothing(
    tmp_path: Path, mastodon_server: Running[Mastodon]
) -> None:
    app = own_town(tmp_path, mastodon_server, "campaign", names=("city", "town"))
    tick(app, at("08:00"))
    tick(app, at("09:00"))
    assert {one.account for one in app.store.deliveries()} == {"city"}
    assert [notice.words for notice in app.store.notices()] == [
        '"town" and "city" in config.toml are one and the same account. Take one of them out.'
    ]


def test_a_receipt_that_comes_after_the_lease_was_lost_is_kept(tmp_path: Path) -> None:
    class Slow(Blind):
        def publish(self, payload: Payload, key: str) -> Receipt:
            receipt = self.inner.publish(payload, key)
            app.store.lease("town", app.owner, 0)  # the fence rises: another run took over
            (one,) = app.store.deliveries(("sending",))
            with app.store.leased("town", "another run", 60) as lease:
                assert lease
                app.store.save(step(one, "uncertain", reason="nobody knows"), lease)
            return receipt

    app = opened(tmp_path)
    slow = blind(app, kind=Slow)
    slow.__dict__["store"] = app.store
    tick(slow, at("08:00"))
    tick(slow, at("09:00"))
    assert states(slow) == ["09:00 sent"]


def test_a_clock_that_was_ahead_while_an_answer_was_lost_holds_nothing_up(tmp_path: Path) -> None:
    app = blind(killed(tmp_path, "die before"))
    (one,) = app.store.deliveries(("sending",))
    with app.store.leased("town", "me", 60) as lease:
        assert lease
        app.store.save(replace(one, not_before=at("09:00", day=4)), lease)
    assert ended(app, at("09:01"))[0].startswith("09:00 uncertain")


def own_town(
    folder: Path, server: Running[Mastodon], user: str, *, url: str = "", names: tuple[str, ...] = ("town",)
) -> App:
    """The app of a folder whose accounts are all one user of a Mastodon server."""
    section = f'network = "mastodon"\nserver = "{url or server.url}"\ntoken_env = "TOKEN"\n'
    accounts = "".join(f"[accounts.{name}]\n{section}" for name in names)
    times = f'[[schedule]]\ncampaign = "air"\naccounts = {list(names)}\ntimes = ["09:00", "17:30"]\n'
    app = opened(folder, told=f'timezone = "UTC"\n{accounts}{times}')
    app = replace(app, environ={"TOKEN": TOKENS[user], **own_folders(folder)})
    for name in names:
        app.store.start(name, at("07:00"))
    return app


def test_an_answer_that_nobody_can_read_ends_neither_the_engine_nor_the_question(tmp_path: Path) -> None:
    class Garbled(Blind):
        def publish(self, payload: Payload, key: str) -> Receipt:
            raise AttributeError("no such part in the answer")

    app = blind(opened(tmp_path), kind=Garbled)
    assert ended(app, at("09:00")) == ["09:00 uncertain: its answer could not be understood (AttributeError)"]
