"""The three servers of each test, and a web site."""

from collections.abc import Iterator

import pytest

from tests.publishing.stage import Pages, Trio
from tests.servers.fixtures import Running, running
from tests.servers.mastodon import Mastodon
from tests.servers.pds import Pds
from tests.servers.x import X


@pytest.fixture
def trio(x_server: Running[X], mastodon_server: Running[Mastodon], pds: Pds) -> Trio:
    """X, Mastodon and Bluesky with an account on each."""
    return Trio(x=x_server, mastodon=mastodon_server, pds=pds, town=pds.account())


@pytest.fixture
def pages() -> Iterator[Running[Pages]]:
    """A web site that link cards are made from."""
    with running(Pages()) as server:
        yield server
