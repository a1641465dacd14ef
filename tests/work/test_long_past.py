"""However much was said before: a look of the engine reads next to nothing of it."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from bot.app import App
from bot.store import Store
from bot.work.deliver import tick
from tests.bench.ledger import lived, opened
from tests.servers.postgres import Postgres

PAST = 20_000
# A day with nothing due at first, and one post later.
DAY = [datetime(2026, 12, 1, 8, tzinfo=UTC), datetime(2026, 12, 1, 9, tzinfo=UTC)]


def begun(folder: Path, database: str, past: int) -> App:
    """An engine that has looked a day before, with so much said months ago."""
    app = opened(folder, database)
    lived(app.store, past)
    for hour in (8, 9):
        tick(app, datetime(2026, 11, 30, hour, tzinfo=UTC))
    return app


@contextmanager
def counted(app: App) -> Iterator[list[int]]:
    """How many steps SQLite's machine takes meanwhile: https://www.sqlite.org/c3ref/progress_handler.html"""
    steps = [0]

    def one_more() -> None:
        steps[0] += 1

    def watched(connection: object, *_: object) -> None:
        connection.set_progress_handler(one_more, 1)  # type: ignore[attr-defined]

    event.listen(app.store._engine, "checkout", watched)
    yield steps
    event.remove(app.store._engine, "checkout", watched)


QUESTIONS: dict[str, Callable[[Store], object]] = {
    "what an account said this month": lambda store: store.variants("town-00", DAY[0] - timedelta(days=30)),
    "posts by their receipts": lambda store: store.receipts("outbox", [str(number) for number in range(-40, 0)]),
    "an account's other names": lambda store: store.names("outbox", "town-00", besides="town-00"),
    "what was said of late": lambda store: store.uses(DAY[0] - timedelta(days=7)),
    "what is being said": lambda store: store.deliveries(("sending",)),
    "what came due of late": lambda store: store.noted(DAY[0] - timedelta(days=2)),
    "what is to be told": lambda store: (store.notices(), store.noticed()),
    "what ended too soon": lambda store: store.deliveries(("refused", "missed"), since=DAY[0] - timedelta(days=7)),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_that_a_look_may_ask_goes_through_a_long_past(tmp_path: Path, question: str) -> None:
    app = opened(tmp_path, f"sqlite:///{tmp_path}/ledger.db")
    with closing(app.store) as store:
        lived(store, 5000)
        with counted(app) as steps:
            QUESTIONS[question](store)
        assert steps[0] < 800


def test_in_a_file_a_long_past_is_not_gone_through(tmp_path: Path) -> None:
    steps = {}
    for past in (PAST // 2, PAST):
        app = begun(tmp_path / str(past), f"sqlite:///{tmp_path}/{past}.db", past)
        with closing(app.store):
            for now in DAY:
                with counted(app) as taken:
                    assert len(tick(app.fresh(), now)) == (now.hour == 9)
                steps[now.hour, past] = taken[0]
    assert steps[8, PAST] == steps[8, PAST // 2]
    assert steps[9, PAST] - steps[9, PAST // 2] < PAST / 2 / 10, "not one step for ten more deliveries of the past"


def read(server: Postgres, url: str) -> int:
    """How many rows and index entries of deliveries have been read so far."""
    name = url.rpartition("/")[2]
    while server.ask(f"SELECT 1 FROM pg_stat_activity WHERE datname = '{name}'"):
        pass  # a connection tells what it has read when it ends
    query = "(SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'deliveries')"
    query += " + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'deliveries')"
    return int(server.ask(f"SELECT {query}", url)[0][0])


def test_on_a_server_a_long_past_is_not_gone_through(tmp_path: Path, postgresql: Postgres) -> None:
    url = postgresql.fresh()
    app = begun(tmp_path, url, PAST)
    for now in DAY:
        app.store.close()
        before = read(postgresql, url)
        assert len(tick(app.fresh(), now)) == (now.hour == 9)
        app.store.close()
        assert read(postgresql, url) - before < PAST / 50, "less than one account's past"
