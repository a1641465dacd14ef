"""What holds for every network as a value."""

import pytest

from bot.core.network import Counting, Network
from bot.networks import load

NETWORKS = list(load().values())


def test_a_network_that_says_little_can_do_little() -> None:
    network = Network(name="pigeon", label="Pigeon", counting=Counting(limit=100))
    assert network.share is None and network.connect is None and network.entities is None
    assert not network.practice


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
class TestEveryNetwork:
    def test_it_can_share_or_post(self, network: Network) -> None:
        assert network.share or network.connect

    def test_it_counts_to_some_length(self, network: Network) -> None:
        assert network.counting.limit > 0
        assert network.hashtags >= 0

    def test_what_it_asks_of_a_person_is_explained(self, network: Network) -> None:
        for field in (*network.fields, *network.share_fields):
            assert field.name.isidentifier() and field.help
            assert field.example or field.secret
