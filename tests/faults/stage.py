"""A stage: a folder with a small library and a timetable, an account, a ledger; each story has a day of its own."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep
from typing import Any

from bot.core.delivery import Delivery
from bot.store import open_store
from tests.faults.crew import Ended, Lane
from tests.faults.places import PLACES, Place, certificate
from tests.faults.worker import TRUST, Life
from tests.making import write
from tests.publishing.stage import PLACE, own_folders

FIRST = datetime(2026, 12, 1, tzinfo=UTC)
# Posts are used once, so a stage lasts for so many days …
DAYS = 12
# … each of them with so many slots at most, some of which need a second post.
POSTS = 40
# How long the slots of a stage may be late, and the minutes after one at which the last worker looks until all is
# settled, and after it is too late for anything.
LATE = timedelta(hours=6)
AFTERWARDS, AT_LAST = (2, 3, 5, 8, 15, 30, 50, 90, 200), (5, 6, 8, 65)
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
    trusted: Path | None = None
    notify: str = ""
    lived: int = 0
    opened_by: list[Ended] = field(default_factory=list)

    @property
    def environ(self) -> dict[str, str]:
        """What a worker finds in its environment."""
        more = {TRUST: str(self.trusted)} if self.trusted else {}
        more |= {"NOTIFY": self.notify} if self.notify else {}
        return {**self.place.environ, **own_folders(self.folder), **more}

    @property
    def database(self) -> str:
        """The address of the ledger."""
        return f"sqlite:///{self.folder}/ledger/handbill.db"

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
        """The deliveries of which a notice lies ready for a person, by their numbers; nobody takes them away here."""
        store = open_store(self.database, write=False)
        try:
            return {one.delivery for one in store.notices() if one.delivery is not None}
        finally:
            store.close()

    def open(self, dies_at: str = "") -> Ended:
        """Make the ledger, and let a worker see the timetable for the first time; one may die over it first."""
        self.write_files()
        (self.folder / "ledger").mkdir()
        early = self.slots(0)[0] - timedelta(hours=1)
        if dies_at:
            self.opened_by.append(self.run(early, starts="town", strike=dies_at))
            sleep(LEASE)
        return self.run(early, starts="town", watched=True)

    def write_files(self) -> None:
        """The library and config.toml."""
        times = ", ".join(f'"{clock}"' for clock in self.times)
        late = f"{LATE // timedelta(hours=1)}h"
        schedule = f'[[schedule]]\ncampaign = "hold-on"\naccounts = ["town"]\ntimes = [{times}]\nlate = "{late}"\n'
        port = self.pages.rpartition(":")[2]
        campaign = f'title = "Hold on"\n[links]\nsign = "http://{PLACE}:{port}/sign"\n'
        top = 'timezone = "UTC"\ndatabase = "sqlite:///ledger/handbill.db"\n'
        top += 'notify_env = "NOTIFY"\n' if self.notify else ""
        write(self.folder, {"config.toml": f"{top}{self.place.rows}{schedule}"})
        write(self.folder, {"posts/hold-on/campaign.toml": campaign})
        write(self.folder, {f"posts/hold-on/{name}.en.txt": words for name, words in posts().items()})

    def mend(self) -> None:
        """Bring back what is away, and write the files as they were."""
        if (away := self.folder / "ledger.away").exists():
            away.rename(self.folder / "ledger")
        self.write_files()

    def run(self, *instants: datetime, born: Callable[[int], None] = lambda number: None, **more: object) -> Ended:
        """Let one worker live here to its end; `born` hears its number."""
        return self.lane.run(self.life(*instants, **more), born)

    def run_beside(self, *instants: datetime) -> Ended:
        """Let another worker live here at the same time."""
        assert self.other is not None
        return self.other.run(self.life(*instants))

    def settle(self, day: int, pause: timedelta = timedelta(), *, waits: bool = True, watched: bool = False) -> Ended:
        """Let a worker work until nothing is open any more; it `waits` until the lease of the last one is over."""
        if waits:
            sleep(LEASE)
        began, late = self.slots(day)[-1] + pause, self.slots(day)[-1] + LATE
        instants = [at for after in AFTERWARDS if (at := began + timedelta(minutes=after)) < late]
        instants += [max(began, late) + timedelta(minutes=after) for after in AT_LAST]
        return self.run(*instants, until_quiet=True, watched=watched)


def posts() -> dict[str, str]:
    """Posts that differ in their words, by name; each is used once, and every other one has a link."""
    facts = {0: '+++\nlink = "sign"\nat_most = 1\n+++\n', 1: "+++\nat_most = 1\n+++\n"}
    words = "families belong together, día tras día 💛\n"
    return {f"post-{at:02}": f"{facts[at % 2]}Day {_word(at)}: {words}" for at in range(POSTS)}


def _word(number: int) -> str:
    return "-".join(NUMBERS[int(digit)] for digit in str(number))


@contextmanager
def stage(lane: Lane, place: str, pages: str, *, dies_at: str = "", **more: Any) -> Iterator[Stage]:
    """As `bare_stage`, after a worker's first look; one has died at a step of that before, if `dies_at`."""
    with bare_stage(lane, place, pages, **more) as made:
        made.open(dies_at)
        yield made


@contextmanager
def bare_stage(
    lane: Lane,
    place: str,
    pages: str,
    *,
    times: Sequence[str] = ("09:00",),
    other: Lane | None = None,
    secure: bool = False,
    notify: str = "",
) -> Iterator[Stage]:
    """A stage in a place, by its name in PLACES, where nobody has worked yet; all is gone afterwards.

    `other`: a lane for a second worker. `secure`: its server is behind TLS. `notify`: where people are told.
    """
    with TemporaryDirectory(prefix=re.sub(r"\W", "-", place)) as name:
        folder = Path(name)
        shown = certificate(folder) if secure else None
        with PLACES[place](shown) as found:
            yield Stage(
                folder=folder,
                place=found,
                lane=lane,
                pages=pages,
                times=times,
                other=other,
                trusted=shown,
                notify=notify,
            )
