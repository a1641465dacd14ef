"""Trying a post: the words that would stand there, by the same rules as everything that is said."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import App
from bot.config import Account
from bot.core.post import Campaign, Post
from bot.core.problem import AskedWrongly
from bot.work.attempt import by_account, by_accounts, by_supporter
from bot.work.edit import campaign_of, draft
from bot.work.plan import plan
from bot.work.share import Wanted, offers, shared
from tests.making import NOW, app, library

CAMPAIGN = (
    'title = "Clean air"\nhashtags = ["#CleanAir"]\n[links]\nsign = "https://streets.org/sign"\n'
    '[ask.city]\nlabel = "City"\n[targets.mayor]\nname = "the mayor"\nx = "@mayor"\n'
)
TEXT = '+++\nlink = "sign"\n+++\nBuses for {{ me.city or "our town" }}, {{ target.handle }}!\n---\nMore buses.'


def opened(folder: Path, text: str = TEXT) -> tuple[App, Campaign, Post]:
    found = app(library(folder, {"buses.en.txt": text}, CAMPAIGN), "air")
    return found, found.library.campaigns["air"], found.library.posts["air"][0]


def test_a_try_shows_the_words_that_the_share_link_carries(tmp_path: Path) -> None:
    found, campaign, post = opened(tmp_path)
    one = by_supporter(found, campaign, post, "whatsapp", "en")
    first = next(offers(found, Wanted(networks=["whatsapp"]), NOW.date(), print))
    assert one.variant is not None and one.url and not one.why
    assert (one.variant.text, one.url, one.length) == (
        (real := shared(first, {}, {})).text,
        real.url,
        real.length,
    )


def test_a_try_shows_what_an_account_would_say(tmp_path: Path) -> None:
    found, campaign, post = opened(tmp_path, "Buses run on time.")
    coming = next(plan(found, NOW, 2)).choice
    one = by_account(found, campaign, post, "outbox")
    assert coming.variant is not None and one.variant == coming.variant and not one.why


def test_the_facts_that_somebody_told_stand_in_the_words(tmp_path: Path) -> None:
    found, campaign, post = opened(tmp_path)
    one = by_supporter(found, campaign, post, "x", "en", target="mayor", told={"city": " #Ely "})
    assert one.variant is not None and one.variant.words == "Buses for Ely, @mayor!"
    two = by_supporter(found, campaign, post, "x", "en", wording=2)
    assert two.variant is not None and two.variant.text.startswith("More buses.")


def test_a_fact_that_is_too_long_is_told_and_never_cut(tmp_path: Path) -> None:
    found, campaign, post = opened(tmp_path)
    with pytest.raises(AskedWrongly, match="longer than 30 letters"):
        by_supporter(found, campaign, post, "x", "en", told={"city": "w" * 31})


def test_words_that_are_in_no_file_yet_are_tried_too(tmp_path: Path) -> None:
    found, *_ = opened(tmp_path)
    made = draft(found, "air", "unsaved", "en", "Trees for all.")
    assert made.read is not None
    one = by_supporter(found, campaign_of(found, "air"), made.read, "x", "en")
    assert one.variant is not None and one.variant.text == "Trees for all. #CleanAir"
    assert not (tmp_path / "posts/air/unsaved.en.txt").exists()


def test_words_that_do_not_fit_are_told_with_the_way_out(tmp_path: Path) -> None:
    found, campaign, post = opened(tmp_path, "w" * 290)
    one = by_supporter(found, campaign, post, "x", "en")
    assert one.variant is None and one.problem is not None and one.length is None
    assert one.problem.what == "no wording fits X (290 of 280, in en)"


def test_an_account_that_cannot_say_a_post_tells_why(tmp_path: Path) -> None:
    found, campaign, post = opened(tmp_path)
    one = by_account(found, campaign, post, "outbox")
    assert one.variant is not None and one.why == "asking for me.city, which the account does not have"
    found, campaign, post = opened(tmp_path, '+++\nexcept = ["outbox", "x"]\n+++\nHi.')
    assert by_account(found, campaign, post, "outbox").why == "not meant for this network"
    assert by_supporter(found, campaign, post, "x", "en").why == "this post is not offered to supporters there"


def test_what_an_account_has_said_before_does_not_count(tmp_path: Path) -> None:
    found, campaign, post = opened(tmp_path, '+++\nrest = "14d"\nat_most = 1\n+++\nHi.')
    assert post.rest == timedelta(days=14) and by_account(found, campaign, post, "outbox").why == ""


def test_each_wording_is_shown_for_each_account_of_the_language(tmp_path: Path) -> None:
    accounts = {
        name: Account(name=name, network="outbox", language=language)
        for name, language in (("town", "en"), ("city", "en"), ("pueblo", "es"))
    }
    opened(tmp_path)
    found = app(tmp_path, "air", accounts=accounts)
    campaign, post = found.library.campaigns["air"], found.library.posts["air"][0]
    shown = [(one.account, one.wording) for one in by_accounts(found, campaign, post, "en")]
    assert shown == [("town", 1), ("city", 1), ("town", 2), ("city", 2)]


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    found, campaign, post = opened(tmp_path)
    with pytest.raises(AskedWrongly, match="no network"):
        by_supporter(found, campaign, post, "nowhere", "en")
    with pytest.raises(AskedWrongly, match='no words in "es"'):
        by_supporter(found, campaign, post, "x", "es")
    with pytest.raises(AskedWrongly, match="no wording 3"):
        by_supporter(found, campaign, post, "x", "en", wording=3)
    with pytest.raises(AskedWrongly, match="no wording 0"):
        by_account(found, campaign, post, "outbox", wording=0)
    with pytest.raises(AskedWrongly, match='no target "king"'):
        by_supporter(found, campaign, post, "x", "en", target="king")
    with pytest.raises(AskedWrongly, match="no account"):
        by_account(found, campaign, post, "town")
