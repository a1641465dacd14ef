"""What all stories need: a place, a crew of workers, and the pages that link cards are made from."""

import sys
from collections.abc import Callable, Iterable, Iterator

import pytest

from tests.publishing.stage import Pages
from tests.servers.fixtures import running
from tests.servers.pds import or_skip, shared

if sys.platform == "win32":
    pytest.skip("Windows has no fork and no SIGKILL", allow_module_level=True)

from tests.faults.crew import Crew, crew
from tests.faults.kills import told
from tests.faults.places import PLACES
from tests.faults.story import Story

Tell = Callable[..., tuple[str, ...]]


@pytest.fixture(scope="session")
def workers() -> Iterator[Crew]:
    with crew() as found:
        yield found


@pytest.fixture(scope="session")
def cards() -> Iterator[str]:
    """The address of the page that every post's link leads to."""
    with running(Pages()) as pages:
        yield pages.url


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> str:
    """Each place in turn, by its name."""
    if request.param == "bluesky":
        with or_skip():
            shared()
    if request.param.startswith("mastodon"):
        pytest.importorskip("mastodon_mock")
    return str(request.param)


@pytest.fixture
def tell(workers: Crew, cards: str, place: str) -> Tell:
    """Tell stories in a place; what went wrong, in sentences."""

    def told_of(stories: Iterable[Story], **more: object) -> tuple[str, ...]:
        found = told(workers, place, cards, stories, **more)
        assert found
        return tuple(what for _, outcome in found for what in outcome.wrong)

    return told_of
