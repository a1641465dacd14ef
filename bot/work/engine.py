"""Engine: look again and again at what is due, and go on through whatever may pass."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from threading import Lock, get_ident
from time import monotonic

from bot.app import App
from bot.core.delivery import Delivery
from bot.core.problem import HandbillError, place_of
from bot.work.digest import digest
from bot.work.heartbeat import show_life
from bot.work.notify import Told, ended, notify, tell_now, unheard, works, wrong

# Between two times that the monitor's address is asked.
SECONDS_BETWEEN = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ear:
    """Who hears at once what happens; whatever it raises, the engine takes as its own.

    `changed`: the deliveries that a look changed, before anything else is done. `looked`: the same, at the end
    of the first look and of each that changed some. `trouble`: what is in the way, in words.
    """

    changed: Callable[[App, list[Delivery]], None]
    looked: Callable[[App, list[Delivery]], None]
    trouble: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Beaten:
    """What came of one look: the deliveries that changed, and the addresses that did not take their notice."""

    changed: list[Delivery]
    untold: list[Told]


def beat(app: App, ear: Ear, *, ask: bool) -> Beaten:
    """One look: what is due, a word on each delivery that changed, notices, a sign of life.

    `ask`: the monitor's address, too, is asked.
    """
    from bot.work.deliver import tick  # with the database; help and pause words need none

    changed = tick(app, app.clock())
    ear.changed(app, changed)
    digest(app, app.clock())
    untold = notify(app, app.clock())
    works(app)
    if trouble := show_life(app, ask=ask):
        ear.trouble(trouble)
    return Beaten(changed, untold)


def went_wrong(app: App, one: Delivery) -> bool:
    """Whether a person must hear of it: not what is said, meant, or theirs to post by hand."""
    account = app.config.accounts.get(one.account)
    by_hand = account is not None and account.by_hand and one.state == "uncertain"
    return one.state not in ("sent", "skipped", "waiting") and not by_hand


class Engine:
    """One look after the other, each with what the files say then. What may pass, such as a full disk, is said once.

    `ends`: somebody wants it to end, or `defect` ended it. `at_work`: the threads that look just now.
    """

    def __init__(self, app: App, ear: Ear) -> None:
        self.ends = False
        self.defect: Exception | None = None
        self.at_work: set[int] = set()
        self._app = app.fresh(ends=lambda: self.ends)
        self._ear = ear
        self._numbers = count(1)
        self._said: dict[str, str] = {}
        self._spell = 0
        self._is_begun = False
        self._asked = -SECONDS_BETWEEN
        self._lock = Lock()

    @property
    def app(self) -> App:
        """The app as the last look found it."""
        return self._app.fresh()

    def end(self) -> None:
        """Begin nothing new; what is being said just now is finished."""
        self.ends = True

    def look(self) -> None:
        """Do what is due."""
        if self.ends:
            return
        self.at_work.add(get_ident())
        try:
            with telling_of_defects(self._app):
                self._look()
        except BrokenPipeError as error:
            self.defect, self.ends = error, True
        except (HandbillError, OSError) as error:
            self._trouble(error)
        except Exception as error:
            self.defect, self.ends = error, True
        finally:
            self.at_work.discard(get_ident())

    def _look(self) -> None:
        app = self._newest()
        changed = beat(app, self._ear, ask=self._may_ask()).changed
        self._spell = 0
        if changed or not self._is_begun:
            self._ear.looked(app, changed)
        self._is_begun = True
        self._say("look", "")
        silent = wrong(app)
        self._say("notices", unheard(silent) if silent else "")

    def _newest(self) -> App:
        """The app as its files are now, with an owner of this look's own: looks must not share leases."""
        with self._lock:
            try:
                before, self._app = self._app, self._app.anew()
                self._say("config", "")
            except HandbillError as error:
                self._say("config", f"{error}\nUntil that is put right, what stood there before holds.")
            else:
                if "store" in vars(before) and "store" not in vars(self._app):  # it is another one now
                    before.store.close()
            self._app.store  # noqa: B018 opened here, for all looks to come
            return self._app.fresh(owner=f"{self._app.owner}/{next(self._numbers)}")

    def _may_ask(self) -> bool:
        """Whether the monitor's address is to be asked again."""
        with self._lock:
            is_time = monotonic() - self._asked >= SECONDS_BETWEEN
            self._asked = monotonic() if is_time else self._asked
        return is_time

    def _trouble(self, error: HandbillError | OSError) -> None:
        self._say("look", f"{error}\nHandbill goes on trying.")
        self._spell += 1
        if self._spell == 2:  # the first may pass by itself
            tell_now(self._app, f"{error} Handbill goes on trying.")

    def _say(self, about: str, words: str) -> None:
        """Say something once, until something else is so."""
        if words and words != self._said.get(about):
            self._ear.trouble(words)
        self._said[about] = words


@contextmanager
def telling_of_defects(app: App) -> Iterator[None]:
    """Tell people, too, where the engine ends by a fault of its own."""
    try:
        yield
    except (HandbillError, OSError):
        raise
    except Exception as error:
        ended(app, f"The engine has ended: something is wrong in Handbill itself ({_what(error)}). Begin it again.")
        raise


def _what(error: Exception) -> str:
    """An error by its kind and place; its words may hold anything."""
    return f"{type(error).__name__}, {place_of(error)}"
