"""Troubles: whatever was not said is listed, with the one thing that helps."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import App
from bot.core.delivery import Delivery, State
from bot.work.plan import BY_PERSON, PAUSED
from bot.work.troubles import PAGE, Remedy, troubles
from tests.work.stage import CONFIG, at, opened

WITH_MORE = CONFIG.replace(
    "[[schedule]]",
    '[accounts.masto]\nnetwork = "mastodon"\nserver = "https://town.example"\n'
    '[accounts.wa]\nnetwork = "whatsapp"\npublish = "by hand"\n[[schedule]]',
)


def one(state: State, account: str = "town", **more: object) -> Delivery:
    network = {"town": "outbox", "masto": "mastodon", "wa": "whatsapp"}.get(account, "outbox")
    made = Delivery(
        network=network, identity=account, campaign="air", day=at("09:00").date(), clock="09:00", account=account,
        at=at("09:00"), late=timedelta(hours=6), state=state, post="one",
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def daily(state: State, days: int) -> list[Delivery]:
    """One a day."""
    moments = [at("09:00") + timedelta(days=day) for day in range(days)]
    return [one(state, day=moment.date(), at=moment) for moment in moments]


def listed(folder: Path, *deliveries: Delivery) -> App:
    app = opened(folder, told=WITH_MORE)
    app.store.note(deliveries, (), {}, at("08:00"))
    return app


@pytest.mark.parametrize(
    ("delivery", "remedy"),
    [
        pytest.param(one("held", "masto"), "reconnect", id="not let in"),
        pytest.param(one("waiting", "masto"), "start", id="nobody let the account begin"),
        pytest.param(one("waiting", approval=True), "approve", id="waits for approval"),
        pytest.param(one("uncertain"), "settle", id="nobody knows whether it is up"),
        pytest.param(one("uncertain", "wa"), "post", id="a person is to post it"),
        pytest.param(one("refused", digest="?", post="gone"), "", id="refused, and the post is gone"),
        pytest.param(one("missed"), "now", id="missed"),
        pytest.param(one("missed", campaign="over"), "", id="missed by a campaign that is gone"),
        pytest.param(one("skipped", reason=BY_PERSON), "", id="skipped by a person"),
        pytest.param(one("skipped", reason=PAUSED), "", id="skipped by a pause"),
        pytest.param(one("skipped", reason="no post can be said: 2 resting"), "library", id="nothing to say"),
        pytest.param(one("sending"), "", id="being said now"),
        pytest.param(one("planned", reason="the network is away"), "", id="to be tried again"),
        pytest.param(one("missed", "closed"), "", id="an account that is gone"),
    ],
)
def test_each_trouble_has_the_one_thing_that_helps(tmp_path: Path, delivery: Delivery, remedy: Remedy) -> None:
    found, _ = troubles(listed(tmp_path, delivery), state=delivery.state)
    assert [trouble.remedy for trouble in found] == [remedy]


def test_a_refused_post_is_to_be_edited_and_then_comes_by_itself_or_is_said_now(tmp_path: Path) -> None:
    app = opened(tmp_path, told=WITH_MORE)
    (digest,) = (post.digest for post in app.library.posts["air"] if post.name == "one")
    app.store.note([one("refused", digest=digest)], (), {}, at("08:00"))
    assert troubles(app)[0][0].remedy == "edit"
    (tmp_path / "posts" / "air" / "one.txt").write_text("Another one.")
    assert troubles(app.fresh())[0][0].remedy == "", "it is in time"
    assert troubles(app.fresh(clock=lambda: at("15:01")))[0][0].remedy == "now"


def test_while_all_is_paused_nothing_is_offered_to_be_said_now(tmp_path: Path) -> None:
    app = listed(tmp_path, one("missed"))
    app.store.pause("", at("08:00"))
    assert troubles(app)[0][0].remedy == ""


def test_what_was_said_or_is_only_planned_is_no_trouble(tmp_path: Path) -> None:
    assert troubles(listed(tmp_path, one("sent"), one("planned", clock="10:00"))) == ([], 0)


def test_troubles_can_be_narrowed_to_an_account_and_a_state(tmp_path: Path) -> None:
    app = listed(tmp_path, one("missed"), one("held", "masto"), one("missed", "masto", clock="10:00"))
    assert {found.delivery.state for found in troubles(app, "masto")[0]} == {"held", "missed"}
    assert {found.delivery.account for found in troubles(app, state="missed")[0]} == {"town", "masto"}
    assert troubles(app, state="sent") == ([], 0)


def test_many_troubles_come_page_by_page_with_the_newest_first(tmp_path: Path) -> None:
    app = listed(tmp_path, *daily("missed", PAGE + 2))
    first, after = troubles(app)
    rest, end = troubles(app, begin=after)
    days = [found.delivery.day for found in (*first, *rest)]
    assert (len(first), len(rest), end) == (PAGE, 2, 0) and days == sorted(days, reverse=True)


def test_what_went_wrong_before_a_long_pause_is_not_hidden_by_it(tmp_path: Path) -> None:
    paused = [replace(skip, reason=PAUSED) for skip in daily("skipped", PAGE + 2)]
    found, _ = troubles(listed(tmp_path, one("missed", clock="08:00", at=at("08:00")), *paused))
    assert [trouble.delivery.state for trouble in found] == ["missed"]
