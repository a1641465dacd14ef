"""Rehearse: the plan is the truth, and nothing but the folder is touched."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot import networks
from bot.app import App
from bot.core.network import Payload
from bot.core.post import Receipt
from bot.core.problem import AskedWrongly, HandbillError, NetworkError, Refused, SignedOut, TryLater, Uncertain
from bot.work.control import do, move, skip
from bot.work.deliver import tick
from bot.work.plan import plan
from bot.work.rehearse import rehearse
from tests.work.stage import START, Moody, at, blind, opened, out, outboxes

# A folder in memory where there is one: these tests write thousands of small files.
FAST = "/dev/shm" if Path("/dev/shm").is_dir() else None
NETWORKS = ("outbox", "x", "bluesky", "mastodon")
WORDS = st.text("abc xyz", min_size=3, max_size=12).filter(str.strip)


@st.composite
def posts(draw: st.DrawFn) -> dict[str, str]:
    """A small library: one to eight posts with all that bears on rotation."""
    found = {}
    for number in range(draw(st.integers(1, 8))):
        facts = [
            draw(st.sampled_from(("", "weight = 2", "weight = 3"))),
            draw(st.sampled_from(("", 'rest = "1d"', 'rest = "36h"'))),
            draw(st.sampled_from(("", "at_most = 1", "at_most = 3"))),
            draw(st.sampled_from(("", "from = 2026-10-25", "until = 2026-10-27"))),
            draw(st.sampled_from(("", 'tags = ["facts"]', 'tags = ["facts", "story"]'))),
            draw(st.sampled_from(("", 'only = ["bluesky", "x"]', 'except = ["x"]', 'except = ["outbox"]'))),
            draw(st.sampled_from(("", 'hashtags = ["#CleanAir"]'))),
        ]
        wordings = draw(st.lists(WORDS, min_size=1, max_size=3))
        name = f"post{number}{draw(st.sampled_from(('', '.es')))}.txt"
        found[name] = "+++\n" + "\n".join(filter(None, facts)) + "\n+++\n" + "\n---\n".join(wordings) + "\n"
        if name.endswith(".es.txt") and draw(st.booleans()):
            found[f"post{number}.txt"] = draw(WORDS)
            found[name] = draw(WORDS)
    return found


CAMPAIGN = """\
title = "Clean air"
languages = ["en", "es"]
[hashtags]
rotate = ["#OneTag", "#TwoTag", "#ThreeTag"]
"""


def answers(network: str) -> list[str]:
    """What a network must be told."""
    fields = networks.load()[network].fields
    return [f'{asked.name} = "{asked.example}"' for asked in fields if asked.required and not asked.secret]


MOODS = st.sampled_from(
    (None, None, TryLater("the network is down", 5000), SignedOut("no key"), Refused("no"), Uncertain("?"))
)


@st.composite
def configs(draw: st.DrawFn) -> str:
    """One to four accounts on any networks, one to three schedules, in a zone whose clocks change."""
    names = [f"acc{number}" for number in range(draw(st.integers(1, 4)))]
    rows = [f'timezone = "{draw(st.sampled_from(("Europe/Madrid", "America/New_York", "Australia/Lord_Howe")))}"']
    rows.append(draw(st.sampled_from(("", 'quiet = "22:00-07:00"', 'quiet = "01:15-03:00"'))))
    for name in names:
        language, network = draw(st.sampled_from(("en", "es"))), draw(st.sampled_from(NETWORKS))
        rows += [f'[accounts.{name}]\nnetwork = "{network}"\nlanguage = "{language}"', *answers(network)]
        rows.append(draw(st.sampled_from(("", 'gap = "45m"', 'gap = "7h"', 'gap = "20h"'))))
        rows.append(draw(st.sampled_from(("", "per_day = 1", "per_day = 2"))))
    for _ in range(draw(st.integers(1, 2))):
        spoken = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
        times = draw(st.lists(st.sampled_from(("00:30", "01:30", "02:30", "09:00", "23:45")), min_size=1, unique=True))
        rows += [f'[[schedule]]\ncampaign = "air"\naccounts = {json.dumps(spoken)}\ntimes = {json.dumps(times)}']
        rows.append(draw(st.sampled_from(("", 'tags = ["facts"]', 'days = ["sun", "mon"]', 'late = "3h"'))))
        rows.append(draw(st.sampled_from(("", 'approval = "post"'))))
    return "\n".join(rows) + "\n"


STARTS = st.datetimes(datetime(2026, 10, 24), datetime(2026, 11, 2)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)


def control(app: App, now: datetime, wishes: Iterable[tuple[int, int | None]]) -> None:
    """Let a person skip slots to come, or move them by so many hours from now."""
    then = replace(app, clock=lambda: now)
    then.__dict__["store"] = app.store
    for number, hours in wishes:
        coming = [one.delivery for one in plan(then, now, 2) if one.delivery and one.state != "skipped"]
        if coming:
            one = coming[number % len(coming)]
            which = f"{one.account}/{one.day}/{one.clock}/{one.campaign}"
            do(then, skip(then, which) if hours is None else move(then, which, now + timedelta(hours=hours)))


def promised(app: App, start: datetime, days: float) -> list[tuple[object, ...]]:
    """What the plan says will be said."""
    coming = [one.choice for one in plan(app, start, days)]
    return sorted((one.slot.at, one.slot.account, one.variant.text) for one in coming if one.variant)


def said(app: App, start: datetime, days: float, folder: Path) -> list[tuple[object, ...]]:
    """What a rehearsal says, and its files hold."""
    sent = [one for one in rehearse(app, start, days, folder) if one.state == "sent"]
    texts = sorted(text for name in app.config.accounts for text in out(folder, name))
    assert texts == sorted(one.variant.text for one in sent if one.variant)
    return sorted((one.at, one.account, one.variant.text) for one in sent if one.variant)


@settings(
    max_examples=30,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(posts=posts(), told=configs(), start=STARTS)
def test_what_is_rehearsed_is_word_for_word_what_was_planned(posts: dict[str, str], told: str, start: datetime) -> None:
    with TemporaryDirectory(dir=FAST) as name:
        app = opened(Path(name), posts, told=told)
        (Path(name) / "posts/air/campaign.toml").write_text(CAMPAIGN, encoding="utf-8")
        assert said(app, start, 3, Path(name) / "out") == promised(app, start, 3)
        assert not (Path(name) / "handbill.db").exists()


@settings(
    max_examples=30,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    posts=posts(),
    told=configs(),
    begun=STARTS,
    hours=st.lists(st.integers(1, 40), min_size=1, max_size=4),
    gap=st.integers(-30, 60),
    paused=st.booleans(),
    moods=st.lists(MOODS, max_size=8),
    wishes=st.lists(st.tuples(st.integers(0, 9), st.sampled_from((None, 1, 2, 5, 30, 60))), max_size=3),
)
def test_the_plan_is_the_truth_over_a_ledger_too(
    posts: dict[str, str],
    told: str,
    begun: datetime,
    hours: list[int],
    gap: int,
    paused: bool,
    moods: list[NetworkError | None],
    wishes: list[tuple[int, int | None]],
) -> None:
    with TemporaryDirectory(dir=FAST) as name:
        app = outboxes(opened(Path(name), posts, told=told), moods)
        (Path(name) / "posts/air/campaign.toml").write_text(CAMPAIGN, encoding="utf-8")
        now = begun
        for more in hours:
            tick(app, now)
            now += timedelta(hours=more)
        control(app, now, wishes)
        if paused:
            app.store.pause("air", now)
        start = now + timedelta(hours=gap)
        assert said(app, start, 2, Path(name) / "out") == promised(app, start, 2)
        app.store.close()


def test_a_rehearsal_touches_neither_ledger_nor_outbox(tmp_path: Path) -> None:
    app = opened(tmp_path)
    rehearse(app, START, 2, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.toml", "out", "posts"]


def test_a_rehearsal_lists_what_it_came_to(tmp_path: Path) -> None:
    rehearse(opened(tmp_path, {"one.txt": "One."}), START, 0.5, tmp_path / "out")
    (row,) = map(json.loads, (tmp_path / "out/deliveries.jsonl").read_text(encoding="utf-8").splitlines())
    assert (row["at"], row["text"], row["state"]) == ("2026-12-01T17:30:00Z", "One.", "sent")
    assert row["url"].startswith("file://") and row["url"].endswith("town.json")


def test_a_rehearsal_replaces_the_one_before_and_nothing_else(tmp_path: Path) -> None:
    app = opened(tmp_path, {"one.txt": "One."})
    rehearse(app, START, 1, tmp_path / "out")
    (tmp_path / "out/town/mine.txt").write_text("Mine.", encoding="utf-8")
    rehearse(app, at("12:00", 5), 0.5, tmp_path / "out")
    assert out(tmp_path / "out", "town") == ["One.", "Mine."]


@pytest.mark.parametrize("content", ["{", '"a"', '{"id": 1}', None], ids=["broken", "text", "no address", "missing"])
def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, content: str | None) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.txt").write_text("My thesis", encoding="utf-8")
    if content is not None:
        (tmp_path / "out/deliveries.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(AskedWrongly, match=r"holds other files already\. Name a new folder with --out"):
        rehearse(opened(tmp_path), START, 1, tmp_path / "out")
    assert (tmp_path / "out/thesis.txt").exists()


@pytest.mark.parametrize("place", ["outbox", "."])
def test_the_real_outbox_is_never_rehearsed_into(tmp_path: Path, place: str) -> None:
    app = opened(tmp_path)
    tick(app, at("09:00"))
    lines = json.dumps({"url": app.store.deliveries()[0].receipt.url})  # type: ignore[union-attr]
    (tmp_path / place / "deliveries.jsonl").write_text(lines, encoding="utf-8")
    with pytest.raises(AskedWrongly, match="holds what your accounts really said"):
        rehearse(app, START, 1, tmp_path / place)
    assert len(out(tmp_path)) == 1


def test_a_rehearsal_stopped_midway_can_be_run_again(tmp_path: Path) -> None:
    def stopped(moments: Iterable[datetime]) -> Iterator[datetime]:
        yield from list(moments)[:2]
        raise KeyboardInterrupt

    app = opened(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        rehearse(app, START, 3, tmp_path / "out", stopped)
    assert len(rehearse(app, START, 3, tmp_path / "out")) == 6


def test_what_is_being_said_while_we_rehearse_counts_as_said(tmp_path: Path) -> None:
    class Cut(Moody):
        def publish(self, payload: Payload, key: str) -> Receipt:
            raise KeyboardInterrupt

    app = opened(tmp_path, {"one.txt": "+++\nat_most = 1\n+++\nOne."})
    with pytest.raises(KeyboardInterrupt):
        tick(blind(app, kind=Cut), at("09:00"))
    assert [one.state for one in app.store.deliveries()] == ["sending"]
    assert [one.state for one in rehearse(app, START, 0.5, tmp_path / "out")] == ["skipped"]


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HandbillError, match=r"cannot be written \(Not a directory\)\. Name another folder with --out"):
        rehearse(opened(tmp_path), START, 1, tmp_path / "file" / "out")
