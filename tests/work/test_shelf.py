"""The shelf: posts found by what somebody knows of them, with how they stand and what is wrong there."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import App
from bot.core.problem import AskedWrongly, Refused
from bot.work.deliver import tick
from bot.work.review import review
from bot.work.shelf import READ, SHOWN, STATES, Seek, apart, browse, take
from tests.making import app, library, write
from tests.work import stage
from tests.work.stage import at, outboxes

LONG = "w" * 290


def names(app: App, **seek: str) -> list[str]:
    """The names of the posts that are found."""
    return [one.name for one in browse(app, Seek(**seek)).items]


def shelf(folder: Path, posts: Mapping[str, str], campaign: str = 'title = "Clean air"\n') -> App:
    return app(library(folder, posts, campaign), "air")


def said(folder: Path, posts: Mapping[str, str], clock: str = "09:00", day: int = 1) -> App:
    """The app some time after its account has said what was due by then."""
    before = stage.opened(folder, posts, now=at("08:00"))
    tick(before, at("08:00"))
    tick(before, at("09:00"))
    return replace(before, clock=lambda: at(clock, day)).fresh()


def test_posts_are_found_by_campaign_tag_language_and_words(tmp_path: Path) -> None:
    posts = {"a.en.txt": '+++\ntags = ["facts"]\n+++\nBuses for all.', "b.en.txt": "Trees.", "b.es.txt": "Árboles."}
    library(tmp_path, {"c.en.txt": "Rivers."}, 'title = "Water"', name="water")
    found = shelf(tmp_path, posts)
    assert names(found) == ["a", "b", "c"]
    assert names(found, campaign="water") == ["c"]
    assert names(found, tag="facts") == ["a"]
    assert names(found, language="es") == ["b"]
    assert names(found, words="BUSES all") == ["a"] and names(found, words="árboles") == ["b"]
    assert names(found, words="clean") == ["a", "b"] and names(found, words="nothing") == []


def test_posts_are_found_by_their_days(tmp_path: Path) -> None:
    posts = {
        "old.txt": "+++\nuntil = 2020-01-01\n+++\nOld.",
        "new.txt": "+++\nfrom = 2090-01-01\n+++\nNew.",
        "now.txt": "Now.",
    }
    found = shelf(tmp_path, posts)
    assert (names(found, state="expired"), names(found, state="not yet"), names(found, state="ready")) == (
        ["old"],
        ["new"],
        ["now"],
    )


def test_a_post_that_rests_tells_until_when(tmp_path: Path) -> None:
    found = said(tmp_path, {"one.txt": '+++\nrest = "14d"\n+++\nOne.'})
    (one,) = browse(found, Seek(state="resting")).items
    (part,) = one.parts
    assert (part.account, part.count, part.last) == ("town", 1, at("09:00"))
    assert part.rests_until == at("09:00") + timedelta(days=14)
    assert names(said(tmp_path, {}, day=16), state="resting") == []


def test_a_post_that_was_said_as_often_as_it_may_be_is_worn_out(tmp_path: Path) -> None:
    found = said(tmp_path, {"one.txt": "+++\nat_most = 1\n+++\nOne."})
    assert names(found, state="worn out") == ["one"] and take(found, "air", "one").count == 1


def test_a_refused_post_is_found_until_it_is_changed(tmp_path: Path) -> None:
    opened = outboxes(stage.opened(tmp_path, {"one.txt": "One."}, now=at("08:00")), [Refused("too rude")])
    tick(opened, at("08:00"))
    with suppress(Refused):
        tick(opened, at("09:00"))
    assert names(opened.fresh(), state="refused") == ["one"]
    write(tmp_path, {"posts/air/one.txt": "Kindly: one."})
    assert names(opened.fresh(), state="refused") == []


def test_a_post_without_the_tags_of_any_time_tells_so(tmp_path: Path) -> None:
    told = stage.CONFIG + 'tags = ["facts"]\n'
    posts = {"one.txt": "One.", "two.txt": '+++\ntags = ["facts"]\n+++\nTwo.'}
    whys = [one.parts[0].why for one in browse(stage.opened(tmp_path, posts, told=told), Seek()).items]
    assert whys == ["without the tags of this time", ""]


def test_an_account_that_never_speaks_for_a_campaign_has_no_part_in_it(tmp_path: Path) -> None:
    found = app(library(tmp_path, {"a.txt": "One."}))
    assert take(found, "air", "a").parts == ()


def test_missing_and_old_translations_are_found(tmp_path: Path) -> None:
    posts = {"a.en.txt": "One.", "b.en.txt": "Two.", "b.es.txt": "Dos.", "c.en.txt": "Three.", "c.es.txt": "Tres."}
    found = shelf(tmp_path, posts, 'title = "Air"\nlanguages = ["en", "es"]\n')
    os.utime(tmp_path / "posts/air/b.es.txt", (0, 0))
    assert names(found, state="untranslated") == ["a"] and take(found, "air", "a").missing == ("es",)
    assert names(found, state="stale") == ["b"] and take(found, "air", "b").stale == ("es",)


def test_posts_that_do_not_fit_a_network_are_found(tmp_path: Path) -> None:
    posts = {"a.txt": LONG, "b.txt": "Short.", "c.txt": f'+++\nexcept = ["x"]\n+++\n{LONG}'}
    found = shelf(tmp_path, posts)
    assert names(found, state="does not fit", network="x") == ["a"]
    assert names(found, state="does not fit", network="whatsapp") == []


def test_posts_with_and_without_problems_are_found(tmp_path: Path) -> None:
    found = shelf(tmp_path, {"a.txt": LONG, "b.txt": "Short.", "c.txt": "+++\nrset = 1\n+++\nHi."})
    assert names(found, state="problem") == ["a", "c"] and names(found, state="fine") == ["b"]
    assert [one.is_faulty for one in browse(found, Seek()).items] == [True, False, True]


def test_a_post_that_is_left_out_stands_there_with_the_reason(tmp_path: Path) -> None:
    posts = {"a.en.txt": "+++\nrset = 1\n+++\n{{ me.who }}", "a.es.txt": "Uno.", "b.en.txt": "Two.", "b.es.txt": "---"}
    found = shelf(tmp_path, posts)
    (one,) = browse(found, Seek(state="left out")).items
    assert (one.name, one.post, one.languages) == ("a", None, ("en", "es"))
    assert [problem.what[:19] for problem in one.problems] == ["unknown key `rset`", "a supporter's fact "]
    two = take(found, "air", "b")
    assert two.languages == ("en", "es") and two.missing == () and "no words" in two.problems[0].what


def test_posts_of_a_campaign_with_faults_are_left_out_and_can_be_seen(tmp_path: Path) -> None:
    found = shelf(tmp_path, {"a.txt": "One."}, 'title = "Air"\ngaol = 1\n')
    (one,) = browse(found, Seek()).items
    assert one.state == "left out" and one.post is not None
    assert ["gaol" in problem.what for problem in apart(found)][:1] == [True]


def test_posts_of_a_campaign_whose_file_cannot_be_read_can_be_seen(tmp_path: Path) -> None:
    found = shelf(tmp_path, {"a.txt": "+++\nrset = 1\n+++\nHi."}, "title = ")
    assert names(found) == ["a"]


def test_all_that_check_tells_stands_on_the_shelf_or_beside_it(tmp_path: Path) -> None:
    posts = {"a.en.txt": LONG, "b.en.txt": "Trees.", "c.en.txt": "Trees!", "d.en.txt": "+++\nx = 1\n+++\n{{ y }}"}
    library(tmp_path, posts, 'title = "Air"\nhashtags = ["#CLEANAIRFORALLOFUS"]\n')
    write(tmp_path, {"posts/stray.txt": "Hi.", "posts/air/e.md": "Hi."})
    found = app(tmp_path, "air", "nothing")
    told = [problem for one in browse(found, Seek()).items for problem in one.problems] + apart(found)
    assert set(told) == set(review(found)) and len(told) == len(set(told)) >= 7


def test_a_page_ends_and_the_next_goes_on_there(tmp_path: Path) -> None:
    found = shelf(tmp_path, {f"post-{number:03}.txt": f"Street {number}." for number in range(SHOWN + 5)})
    first = browse(found, Seek())
    second = browse(found, Seek(), first.passed)
    assert (len(first.items), first.passed, first.found) == (SHOWN, SHOWN, SHOWN + 5)
    assert [one.name for one in second.items] == [f"post-{SHOWN + number:03}" for number in range(5)]
    assert second.passed == second.found and browse(found, Seek(), 10_000).items == ()


def test_in_search_of_problems_a_page_reads_so_many_posts_and_says_so(tmp_path: Path) -> None:
    posts = {f"post-{number:03}.txt": f"Street {number}." for number in range(READ + 1)}
    found = shelf(tmp_path, posts | {"z.txt": LONG})
    first = browse(found, Seek(state="problem"))
    assert (first.items, first.passed, first.found) == ((), READ, READ + 2)
    assert [one.name for one in browse(found, Seek(state="problem"), first.passed).items] == ["z"]


def test_what_is_no_state_no_network_or_no_post_is_told(tmp_path: Path) -> None:
    found = shelf(tmp_path, {"a.txt": "One."})
    with pytest.raises(AskedWrongly, match="such a state"):
        browse(found, Seek(state="happy"))
    with pytest.raises(AskedWrongly, match="Choose the network"):
        browse(found, Seek(state="does not fit"))
    with pytest.raises(AskedWrongly, match="no post air/b"):
        take(found, "air", "b")


@pytest.mark.parametrize("state", STATES)
def test_every_state_can_be_looked_for_in_an_empty_library(tmp_path: Path, state: str) -> None:
    write(tmp_path, {"posts/.keep": ""})
    assert browse(app(tmp_path), Seek(state=state, network="x")).items == ()


ON_X = stage.CONFIG.replace('network = "outbox"', 'network = "x"\npublish = "by hand"')
CITY = 'title = "Clean air"\n[ask.city]\nlabel = "Your city"\n'


def test_what_no_account_of_the_timetable_can_say_is_not_ready(tmp_path: Path) -> None:
    posts = {"asks.txt": "{{ me.city }} breathes.", "fits.txt": "Short.", "long.txt": f"{LONG}."}
    found = stage.opened(tmp_path, {"air/campaign.toml": CITY, **posts}, told=ON_X)
    assert names(found, state="no account") == ["asks", "long"] and names(found, state="ready") == ["fits"]
    asks, long = (take(found, "air", name) for name in ("asks", "long"))
    assert asks.state == long.state == "no account"
    assert [(part.network, part.asks) for part in asks.parts] == [("X", ("city",))]
    assert [part.why for part in long.parts] == ["no wording fits X (291 of 280, in en)"]


def test_one_account_that_can_say_it_makes_a_post_ready(tmp_path: Path) -> None:
    two = ON_X.replace("[[schedule]]", '[accounts.far]\nnetwork = "outbox"\n[[schedule]]')
    both = two.replace('accounts = ["town"]', 'accounts = ["town", "far"]')
    assert names(stage.opened(tmp_path, {"long.txt": f"{LONG}."}, told=both), state="ready") == ["long"]


def test_a_post_that_rests_is_not_ready(tmp_path: Path) -> None:
    found = said(tmp_path, {"a.txt": '+++\nrest = "14d"\n+++\nA.'})
    assert take(found, "air", "a").state == "resting" and names(found, state="ready") == []
