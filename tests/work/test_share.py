"""Share links: which are offered, and that each carries its words once and unharmed."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from bot.app import App
from bot.core.problem import AskedWrongly, Problem
from bot.core.timetable import local_day
from bot.work.share import Shared, Wanted, offers, shared
from tests.making import NETWORKS, NOW, app, library

LINKED = 'title = "Clean air"\n[links]\nsign = "https://example.org/sign"\n'
SHARING = sorted(name for name, network in NETWORKS.items() if network.share)
CARRYING = [name for name in SHARING if NETWORKS[name].carries_text]


def links(opened: App, **wanted: object) -> list[Shared]:
    told: list[Problem] = []
    asked = Wanted(**wanted)  # type: ignore[arg-type]
    found = [
        shared(one, {}, asked.answers) for one in offers(opened, asked, local_day(NOW, opened.config.zone), told.append)
    ]
    assert not told
    return found


@pytest.mark.parametrize("network", SHARING)
def test_a_link_writes_a_space_as_percent_20_and_never_as_plus(tmp_path: Path, network: str) -> None:
    library(tmp_path, {"a.txt": '+++\nlink = "sign"\n+++\nOne plus one + two & three.'}, LINKED)
    (one,) = links(app(tmp_path), networks=[network])
    assert "+" not in one.url.partition(":")[2]
    assert not NETWORKS[network].carries_text or "%20" in one.url


@pytest.mark.parametrize("network", CARRYING)
def test_the_words_stand_in_a_link_once(tmp_path: Path, network: str) -> None:
    library(tmp_path, {"a.txt": '+++\nlink = "sign"\n+++\nBuses & bikes: 100% "free" \'now\' é 🚍.'}, LINKED)
    (one,) = links(app(tmp_path), networks=[network])
    assert unquote(one.url).count("Buses & bikes: 100% \"free\" 'now' é 🚍.") == 1
    assert unquote(one.url).count("https://example.org/sign") == 1 + (network == "tumblr")


@pytest.mark.parametrize("network", SHARING)
def test_a_link_tells_its_length_as_its_network_counts(tmp_path: Path, network: str) -> None:
    library(tmp_path, {"a.txt": '+++\nlink = "sign"\n+++\nHello.'}, LINKED)
    (one,) = links(app(tmp_path), networks=[network])
    line = one.line()
    assert line["length"] is not None and line["limit"] == NETWORKS[network].counting.limit
    assert line["carries_text"] is NETWORKS[network].carries_text


def test_a_line_has_the_documented_keys_in_their_order(tmp_path: Path) -> None:
    library(tmp_path, {"a.txt": "Hello."})
    assert list(links(app(tmp_path), networks=["x"])[0].line()) == [
        *("campaign", "post", "wording", "language", "network", "text", "url"),
        *("length", "limit", "carries_text", "supporter"),
    ]


def test_a_network_that_shares_addresses_only_gets_no_post_without_a_link(tmp_path: Path) -> None:
    library(tmp_path, {"with.txt": '+++\nlink = "sign"\n+++\nHello.', "without.txt": "Hello again."}, LINKED)
    for name in (name for name in SHARING if NETWORKS[name].needs_link):
        assert [one.offer.post.name for one in links(app(tmp_path), networks=[name])] == ["with"]


def test_posts_of_other_days_are_not_offered(tmp_path: Path) -> None:
    posts = {
        "over.txt": "+++\nuntil = 2026-11-20\n+++\nYesterday.",
        "last-day.txt": "+++\nuntil = 2026-11-21\n+++\nToday is the last day.",
        "first-day.txt": "+++\nfrom = 2026-11-21\n+++\nToday is the first day.",
        "coming.txt": "+++\nfrom = 2026-11-22\n+++\nTomorrow.",
    }
    library(tmp_path, posts)
    assert [one.offer.post.name for one in links(app(tmp_path), networks=["x"])] == ["first-day", "last-day"]


def test_a_post_goes_only_to_the_networks_it_is_meant_for(tmp_path: Path) -> None:
    library(tmp_path, {"a.txt": '+++\nonly = ["x"]\n+++\nHello.', "b.txt": '+++\nexcept = ["x"]\n+++\nHello you.'})
    assert [one.offer.post.name for one in links(app(tmp_path), networks=["x"])] == ["a"]
    assert {one.offer.post.name for one in links(app(tmp_path), networks=["sms"])} == {"b"}


def test_only_what_is_wanted_is_offered(tmp_path: Path) -> None:
    library(tmp_path, {"a.en.txt": "Hello.\n---\nHi.", "a.es.txt": "Hola.", "b.en.txt": "Bye."})
    library(tmp_path, {"c.txt": "Water."}, name="water")
    opened = app(tmp_path)
    assert [one.text for one in links(opened, networks=["x"], campaign="air", post="a", language="en")] == [
        "Hello.",
        "Hi.",
    ]
    assert [one.text for one in links(opened, networks=["x"], language="es")] == ["Hola."]
    assert [one.text for one in links(opened, networks=["x"], campaign="water")] == ["Water."]
    assert [one.offer.network.name for one in links(opened, networks=["sms", "x", "sms"], post="c")] == ["sms", "x"]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"campaign": "aire"}, 'no whole campaign "aire"'),
        ({"post": "zz"}, 'no whole post "zz"'),
        ({"language": "fr"}, 'no posts in "fr", only in: en'),
        ({"networks": ["myspace"]}, 'no network "myspace"'),
        ({"networks": ["outbox"]}, "Outbox has no share links"),
        ({"answers": {"server": "not a host/"}}, "not the name of a server"),
        ({"answers": {"server": "m.example"}, "networks": ["x"]}, "Leave --server out"),
    ],
)
def test_what_does_not_exist_is_said_before_anything_is_shown(
    tmp_path: Path, wanted: dict[str, object], said: str
) -> None:
    library(tmp_path, {"a.txt": "Hello."})
    with pytest.raises(AskedWrongly, match=said):
        links(app(tmp_path), **wanted)


def test_a_server_stands_in_the_links_of_networks_that_have_many(tmp_path: Path) -> None:
    library(tmp_path, {"a.txt": "Hello."})
    urls = [one.url for one in links(app(tmp_path), networks=["mastodon", "x"], answers={"server": "m.example"})]
    assert urls[0].startswith("https://m.example/share?") and urls[1].startswith("https://x.com/")


def test_a_post_that_speaks_to_targets_is_offered_for_each(tmp_path: Path) -> None:
    campaign = 'title = "Air"\n[targets.mayor]\nname = "Mayor Example"\n[targets.council]\nname = "the council"\n'
    library(tmp_path, {"a.txt": "Dear {{ target.name }}, please vote.", "b.txt": "Vote."}, campaign)
    texts = [one.text for one in links(app(tmp_path), networks=["x"])]
    assert texts == ["Dear Mayor Example, please vote.", "Dear the council, please vote.", "Vote."]


def test_a_post_that_fits_nowhere_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    library(tmp_path, {"a.txt": "word " * 80, "b.txt": "Short."})
    told: list[Problem] = []
    opened = app(tmp_path)
    found = list(offers(opened, Wanted(networks=["x"]), local_day(NOW, opened.config.zone), told.append))
    assert [one.post.name for one in found] == ["b"]
    assert "no wording fits X" in told[0].what


def test_a_link_that_takes_no_words_leads_to_the_posts_own_page_once_there_is_one(tmp_path: Path) -> None:
    library(tmp_path, {"my bus.txt": '+++\nlink = "sign"\n+++\nHello.'}, LINKED)
    opened = app(tmp_path)
    opened = replace(opened, config=replace(opened.config, site="https://share.example.org/"))
    bare = next(name for name in SHARING if not NETWORKS[name].carries_text and NETWORKS[name].needs_link)
    (one,) = links(opened, networks=[bare])
    assert "https://share.example.org/air/en/my%20bus/" in unquote(one.url).replace(" ", "%20")
    assert "https://example.org/sign" in one.text
    (one,) = links(opened, networks=[CARRYING[0]])
    assert "share.example.org" not in one.url
