"""What a look of the engine costs with a long past behind it, against one with none."""

import os
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import insert, select

from bot.app import App, open_app
from bot.core.delivery import Delivery, State
from bot.core.post import Receipt, Variant
from bot.store import Store
from bot.store.rows import row_of
from bot.store.tables import BARRED, DELIVERIES
from bot.store.tallies import recount_accounts
from bot.work.deliver import tick

ACCOUNTS, POSTS, PORTION = 50, 200, 10_000
# A slot of each account every two hours, up to this day; what is measured comes two months later.
LAST, FIRST_DAY = date(2026, 9, 30), date(2026, 12, 1)
STATES: list[State] = ["refused", "uncertain", "skipped", "missed", "missed", *["sent"] * 195]  # type: ignore[list-item]
NAMES = [f"town-{number:02}" for number in range(ACCOUNTS)]


def opened(folder: Path, database: str) -> App:
    """Fifty accounts, of which the first speaks once a day."""
    campaign = folder / "posts" / "air"
    campaign.mkdir(parents=True, exist_ok=True)
    (campaign / "campaign.toml").write_text('title = "Clean air"\n')
    for number in range(POSTS):
        (campaign / f"post-{number}.txt").write_text(f"Street {number} wants a bus every four minutes.\n")
    for file in campaign.iterdir():
        os.utime(file, (0, 0))  # one that was just written is given time to be whole
    accounts = "".join(f'[accounts.{name}]\nnetwork = "outbox"\n' for name in NAMES)
    schedule = f'[[schedule]]\ncampaign = "air"\naccounts = ["{NAMES[0]}"]\ntimes = ["09:00"]\n'
    (folder / "config.toml").write_text(f'database = "{database}"\n{accounts}{schedule}')
    return open_app(folder / "config.toml")


def lived(store: Store, past: int) -> None:
    """Write a past of so many deliveries."""
    for begin in range(0, past, PORTION):
        rows = [row_of(_one(number)) for number in range(begin, min(begin + PORTION, past))]
        with store._writing(lasting=False) as connection:
            connection.execute(insert(DELIVERIES), rows)
    with store._writing() as connection:
        recount_accounts(connection)
        refused = select(*(DELIVERIES.c[column.name] for column in BARRED.columns)).where(
            DELIVERIES.c.state == "refused"
        )
        connection.execute(insert(BARRED).from_select(list(BARRED.columns), refused.distinct()))
    with store._reading() as connection:
        connection.exec_driver_sql("ANALYZE" if connection.dialect.name == "postgresql" else "SELECT 1")


def _one(number: int) -> Delivery:
    slot, account = divmod(number, ACCOUNTS)
    days, hour = divmod(slot, 12)
    day = LAST - timedelta(days=days)
    post, state = f"post-{(slot * 7 + account) % POSTS}", STATES[number % len(STATES)]
    return Delivery(
        network="outbox", identity=NAMES[account], campaign="air", day=day, clock=f"{hour * 2:02}:00",
        account=NAMES[account], at=datetime(day.year, day.month, day.day, hour * 2, tzinfo=UTC),
        late=timedelta(hours=6), state=state, post=post, digest=f"digest of {post}, {number % 9}", wording=1,
        variant=Variant(text=f"{post} wants a bus every four minutes.", language="en"), share=2520 * (slot // POSTS),
        sameness=f"{post:64}", tries=1, receipt=Receipt(id=str(number)) if state == "sent" else None,
    )  # fmt: skip


def looks(app: App, day: int) -> tuple[list[float], list[float]]:
    """How long looks of a day take, in seconds: with nothing due, and with one delivery due."""
    morning = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, 8, tzinfo=UTC) + timedelta(days=day)
    idle = [_timed(app, morning + timedelta(minutes=minutes), 0) for minutes in range(0, 50, 10)]
    return idle, [_timed(app, morning + timedelta(hours=1), 1)]


def _timed(app: App, now: datetime, due: int) -> float:
    fresh = app.fresh()
    assert fresh.library.campaigns  # read beforehand: files are no part of this
    begun = perf_counter()
    changed = tick(fresh, now)
    taken = perf_counter() - begun
    assert [one.state for one in changed] == ["sent"] * due
    return taken


def compared(folder: Path, short: str, long: str, past: int, rounds: int) -> list[tuple[str, float, float]]:
    """(what, median with no past, median with one), in seconds: the two ledgers are measured in turn, day by day."""
    apps = [opened(folder / "short", short), opened(folder / "long", long)]
    with closing(apps[0].store), closing(apps[1].store) as store:
        lived(store, past)
        for app in apps:
            looks(app, -1)  # what is done once only, beside
        days = [[looks(app, day) for app in apps] for day in range(rounds)]
    return [
        (what, *(median(one for day in days for one in day[side][number]) for side in (0, 1)))  # type: ignore[misc]
        for number, what in enumerate(("nothing due", "one due"))
    ]
