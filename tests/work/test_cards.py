"""Cards hold what `share` makes, each network's exact words among them."""

from pathlib import Path

import pytest

from bot.core.pattern import MARK
from bot.pages.values import Card
from bot.work.cards import card, heading
from bot.work.share import Wanted, offers, shareable, shared
from tests.making import NOW, app, library

CAMPAIGN = """
title = "Clean air"
networks = ["email", "bluesky"]
[links]
sign = "https://example.org/sign"
[ask.city]
label = "Your town"
[targets.mayor]
name = "the mayor"
[targets.council]
name = "the council"
"""
POST = '+++\nlink = "sign"\n+++\n{{ me.city or "My town" }} breathes. Join us.\n---\nAnother wording for all of us.\n'


def made(folder: Path, post: str = POST, target: str = "", campaign: str = CAMPAIGN) -> Card:
    opened = app(library(folder, {"air.en.txt": post}, campaign))
    assert not opened.library.problems
    [one] = opened.library.posts["air"]
    networks = shareable(opened, Wanted())
    found = card(opened.library.campaigns["air"], one, "en", target, networks, NOW.date(), "", print)
    assert found
    return found


def test_each_button_has_the_link_that_share_prints(tmp_path: Path) -> None:
    found = made(tmp_path)
    opened = app(tmp_path)
    printed = {
        (one.wording, one.network.name): shared(one, {}, {}) for one in offers(opened, Wanted(), NOW.date(), print)
    }
    buttons = {
        (number, button.network): button
        for number, boxes in enumerate(found.wordings, 1)
        for box in boxes
        for button in (*box.first, *box.more)
    }
    assert buttons.keys() == printed.keys()
    for key, button in buttons.items():
        assert (button.url, button.said) == (printed[key].url, printed[key].text)


def test_the_campaigns_networks_come_first_and_are_at_most_four(tmp_path: Path) -> None:
    [box], _ = made(tmp_path).wordings
    assert [button.network for button in box.first] == ["email", "bluesky"]
    every = CAMPAIGN.replace('["email", "bluesky"]', '["x", "sms", "line", "reddit", "threads"]')
    [box], _ = made(tmp_path, campaign=every).wordings
    assert [button.network for button in box.first] == ["x", "sms", "line", "reddit"]


def test_a_fact_keeps_its_place_and_its_fallback(tmp_path: Path) -> None:
    [box], [plain] = made(tmp_path).wordings
    assert box.words == "My town breathes. Join us."
    assert box.template == "\ue000city\ue001My town\ue002 breathes. Join us."
    assert plain.template == ""


def test_a_network_with_words_of_its_own_has_a_box_of_its_own(tmp_path: Path) -> None:
    own = POST.replace('link = "sign"\n', 'link = "sign"\n[text]\nbluesky = "Short and blue."\n')
    first, second = made(tmp_path, own).wordings[0]
    assert second.words == "Short and blue." and second.names == "Bluesky"
    assert "Bluesky" not in first.names


def test_what_is_added_is_said_network_by_network(tmp_path: Path) -> None:
    rows = dict(made(tmp_path).wordings[0][0].adds)
    assert any("E-mail" in names and rest == "https://example.org/sign" for names, rest in rows.items())


def test_the_text_to_copy_has_a_place_for_the_words(tmp_path: Path) -> None:
    [box], _ = made(tmp_path).wordings
    assert {button.text.replace(MARK, box.words) for button in box.first} == {button.said for button in box.first}


def test_a_post_that_speaks_to_a_target_says_to_whom(tmp_path: Path) -> None:
    found = made(tmp_path, "I ask {{ target.name }}.\n", "council")
    assert (str(found.target), found.folder, found.heading) == ("the council", "air/council/", "I ask the council.")


def test_words_that_count_days_are_for_one_day(tmp_path: Path) -> None:
    dated = "until = 2026-12-24\n" + CAMPAIGN
    assert made(tmp_path, campaign=dated).until == "2026-12-24"
    assert made(tmp_path, "{{ campaign.days_to_go }} days are left.\n", campaign=dated).until == "2026-11-21"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("One sentence. And another.", "One sentence."),
        ("Do they come? Yes.", "Do they come?"),
        ("a" + " long" * 30, "a" + " long" * 13 + "…"),
        ("One\nrow", "One row"),
    ],
)
def test_a_heading_is_the_first_sentence_and_cuts_no_word(words: str, said: str) -> None:
    assert heading(words) == said
