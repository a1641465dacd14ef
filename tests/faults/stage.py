"""A stage: a folder with a small library and a timetable, an account, a ledger; each story has a day of its own."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep

from bot.core.delivery import Delivery
from bot.store import open_store
from tests.faults.crew import Ended, Lane
from tests.faults.places import PLACES, Place
from tests.faults.worker import Life
from tests.making import write
from tests.publishing.stage import PLACE, own_folders

FIRST = datetime(2026, 12, 1, tzinfo=UTC)
# Posts are used once, so a stage lasts for so many days …
DAYS = 12
# … each of them with so many slots at most, some of which need a second post.
POSTS = 40
# How long the slots of a stage may be late, and the minutes after a slot at which workers are born again until all
# is settled. The last is too late for anything.
LATE = timedelta(hours=6)
AFTERWARDS = (2, 3, 5, 8, 15, 30, 50, 90, 200, 365)
LEASE = 1.0
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(kw_only=True)
class Stage:
    """Where stories are played one after the other, each on a day of its own."""

    folder: Path
    place: Place
    lane: Lane
    pages: str
    times: Sequence[str]
    other: Lane | None = None
    lived: int = 0
    opening_kills: int = 0

    @property
    def environ(self) -> dict[str, str]:
        """What a worker finds in its environment."""
        return {**self.place.environ, **own_folders(self.folder)}

    @property
    def database(self) -> str:
        """The address of the ledger."""
        return f"sqlite:///{self.folder}/handbill.db"

    def slots(self, day: int) -> list[datetime]:
        """The slots of a day, in order."""
        clocks = [map(int, clock.split(":")) for clock in self.times]
        return [FIRST + timedelta(days=day, hours=hour, minutes=minute) for hour, minute in clocks]

    def life(self, *instants: datetime, **more: object) -> Life:
        """A life of one worker here."""
        return Life(
            folder=str(self.folder), network=self.place.network, instants=tuple(map(datetime.isoformat, instants)),
            environ=self.environ, pages=self.pages, lease=LEASE, **more,  # type: ignore[arg-type]
        )  # fmt: skip

    def ledger(self) -> list[Delivery]:
        """All deliveries, as they stand in the database now."""
        store = open_store(self.database, write=False)
        try:
            return store.deliveries()
        finally:
            store.close()

    def told(self) -> set[int]:
        """The deliveries of which a person is told that they were not said as planned, by their numbers."""
        return {one.id for one in self.ledger() if one.id is not None and one.state not in QUIET and one.reason}

    def open(self, dies_at: str = "") -> Ended:
        """Make the ledger, and let a worker see the timetable for the first time; one may die over it first."""
        self.write_files()
        early = self.slots(0)[0] - timedelta(hours=1)
        if dies_at:
            self.opening_kills += self.run(early, starts="town", strike_named=dies_at).was_killed
            sleep(LEASE)
        return self.run(early, starts="town", watched=True)

    def write_files(self) -> None:
        """The library and config.toml."""
        times = ", ".join(f'"{clock}"' for clock in self.times)
        late = f"{LATE // timedelta(hours=1)}h"
        schedule = f'[[schedule]]\ncampaign = "hold-on"\naccounts = ["town"]\ntimes = [{times}]\nlate = "{late}"\n'
        port = self.pages.rpartition(":")[2]
        campaign = f'title = "Hold on"\n[links]\nsign = "http://{PLACE}:{port}/sign"\n'
        write(self.folder, {"config.toml": f'timezone = "UTC"\n{self.place.rows}{schedule}'})
        write(self.folder, {"posts/hold-on/campaign.toml": campaign})
        write(self.folder, {f"posts/hold-on/{name}.en.txt": words for name, words in posts().items()})

    def run(self, *instants: datetime, born: Callable[[int], None] = lambda number: None, **more: object) -> Ended:
        """Let one worker live here to its end; `born` hears its number."""
        return self.lane.run(self.life(*instants, **more), born)

    def run_beside(self, *instants: datetime) -> Ended:
        """Let another worker live here at the same time."""
        assert self.other is not None
        return self.other.run(self.life(*instants))

    def settle(self, day: int, **more: object) -> Ended:
        """When the lease of the last worker is over, let another one work until nothing is open any more."""
        sleep(LEASE)
        last = self.slots(day)[-1]
        return self.run(*(last + timedelta(minutes=after) for after in AFTERWARDS), until_quiet=True, **more)


# Ends of which nobody needs to be told.
QUIET = ("sent", "planned", "sending")


def posts() -> dict[str, str]:
    """Posts that differ in their words; each has a link, and is used once."""
    facts = '+++\nlink = "sign"\nat_most = 1\n+++\n'
    return {
        f"post-{at:02}": f"{facts}Day {_word(at)}: families belong together, día tras día 💛\n" for at in range(POSTS)
    }


def _word(number: int) -> str:
    return "-".join(NUMBERS[int(digit)] for digit in str(number))


@contextmanager
def stage(
    lane: Lane, place: str, pages: str, times: Sequence[str] = ("09:00",), other: Lane | None = None, dies_at: str = ""
) -> Iterator[Stage]:
    """A stage in a place, by its name in PLACES; all is gone afterwards. `dies_at`: a step of its first worker."""
    with bare_stage(lane, place, pages, times, other) as made:
        made.open(dies_at)
        yield made


@contextmanager
def bare_stage(
    lane: Lane, place: str, pages: str, times: Sequence[str] = ("09:00",), other: Lane | None = None
) -> Iterator[Stage]:
    """A stage where nobody has worked yet."""
    with TemporaryDirectory(prefix=re.sub(r"\W", "-", place)) as folder, PLACES[place]() as found:
        yield Stage(folder=Path(folder), place=found, lane=lane, pages=pages, times=times, other=other)
