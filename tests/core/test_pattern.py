"""What a page knows of a share link is what the network itself writes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import networks
from bot.core.fit import compose
from bot.core.measure import fits
from bot.core.network import Network
from bot.core.pattern import MARK, less, pattern
from bot.core.post import Variant

SHARED = [network for network in networks.load().values() if network.share]
CARRYING = [network for network in SHARED if network.carries_text]
LINK = "https://example.org/sign?a=1&b=2"
TAGS = ("#CleanAir", "#Über")
WORDS = st.text(st.characters(exclude_categories=["Cs", "Co", "Cc"]) | st.just("\n"), min_size=1).map(str.strip)


def said(network: Network, words: str) -> Variant:
    variant = Variant(text="", words=words, link=LINK, hashtags=TAGS, title="Clean air & buses")
    return replace(variant, text=compose(network, words, TAGS, LINK))


@pytest.mark.parametrize("network", CARRYING, ids=lambda one: one.name)
@given(words=WORDS.filter(lambda words: LINK not in words and words))
def test_any_words_between_head_and_tail_are_the_link_that_the_network_writes(network: Network, words: str) -> None:
    assert network.share
    found = pattern(network, said(network, "x"))
    assert found.link
    assert found.link.around(words) == network.share(said(network, words), {})
    assert found.text.replace(MARK, words) == said(network, words).text


@pytest.mark.parametrize("network", CARRYING, ids=lambda one: one.name)
def test_an_address_that_stands_in_the_words_is_not_said_again(network: Network) -> None:
    assert network.share
    found, words = pattern(network, said(network, "x")), f"Look at {LINK}, all of you"
    assert found.link
    link = less(found.link, LINK)
    if found.other:
        head, _, tail = found.other.partition(MARK)
        link = replace(link, head=head, tail=tail)
    assert link.around(words) == network.share(said(network, words), {})


@pytest.mark.parametrize("network", [one for one in SHARED if one.share_fields], ids=lambda one: one.name)
def test_a_link_to_ones_own_server_differs_in_its_head_only(network: Network) -> None:
    assert network.share
    found = pattern(network, said(network, "x"))
    assert found.link
    own = replace(found.link, head=found.asked.replace(MARK, "social.example"))
    assert own.around("a b") == network.share(said(network, "a b"), {"server": "social.example"})


@pytest.mark.parametrize("network", SHARED, ids=lambda one: one.name)
def test_words_that_fill_the_room_fit_and_for_most_networks_one_letter_more_does_not(network: Network) -> None:
    room = min(9000, pattern(network, said(network, "x")).room[0])
    assert fits(said(network, "o" * room).text, network.counting)
    if network.counting.unit != "segments" and room < 9000:
        assert not fits(said(network, "o" * (room + 1)).text, network.counting)


def test_a_network_whose_link_changes_the_words_is_refused() -> None:
    odd = replace(CARRYING[0], share=lambda variant, answers: "https://example.org/?text=" + variant.text.upper())
    with pytest.raises(ValueError, match="does not hold the words"):
        pattern(odd, said(odd, "x"))
