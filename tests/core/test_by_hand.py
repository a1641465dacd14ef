"""By hand: a person gets the words, the picture and the link, and only they know whether it is up."""

import json
from datetime import UTC, datetime

import pytest

from bot.core.by_hand import ByHand
from bot.core.network import Network
from bot.core.post import Image, Variant
from bot.core.problem import Uncertain
from bot.networks import load

AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
KEY = "x/town/air/2026-12-01/09:00"
POST = Variant(
    text="Ride & walk.\n#Air https://town.info/a",
    words="Ride & walk.",
    link="https://town.info/a",
    hashtags=("#Air",),
    title="Clean air",
    image=Image(file="/posts/bus.png", alt="A bus"),
)


@pytest.mark.parametrize("network", load().values(), ids=lambda network: network.name)
def test_any_network_gives_what_a_person_needs(network: Network) -> None:
    payload = ByHand("town", network).prepare(POST, KEY, AT)
    assert payload["text"] == POST.text and payload["image"] == {"file": "/posts/bus.png", "alt": "A bus"}
    assert payload["open"] == (network.share(POST, {}) if network.share else "")
    assert json.loads(json.dumps(payload))["link"] == POST.link


def test_it_never_says_that_a_post_is_up() -> None:
    publisher = ByHand("town", load()["x"])
    with pytest.raises(Uncertain, match="a person is to post this to X by hand"):
        publisher.publish(publisher.prepare(POST, KEY, AT), KEY)


def test_a_machine_can_neither_repeat_find_delete_nor_label_it() -> None:
    publisher = ByHand("town", load()["x"])
    assert (publisher.repeat, publisher.find, publisher.delete, publisher.label) == (None,) * 4


def test_it_is_known_by_its_own_name() -> None:
    publisher = ByHand("town", load()["instagram"])
    assert publisher.whoami() == "town" and publisher.look().handle == "town" and publisher.look().notes
