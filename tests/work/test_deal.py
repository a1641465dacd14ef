"""Dealing: every wording as often as any other, and each link exactly what the network itself writes."""

import tracemalloc
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app import App
from bot.core.problem import Problem
from bot.core.render import tidy
from bot.work.deal import Dealer, Mould, mould, share_with
from bot.work.share import Offer, Shared, Wanted, offer, shared
from bot.work.supporters import Supporter
from tests.making import NETWORKS, app, library, write

TODAY = date(2026, 11, 21)
SHARING = sorted(name for name, network in NETWORKS.items() if network.share)
CAMPAIGN = """title = "Clean air"
languages = ["en", "es"]
[links]
sign = "https://example.org/sign?a=b&c=d"
[hashtags]
always = ["#CleanAir"]
[ask.city]
label = "City"
longest = 60
[ask.name]
label = "Name"
longest = 60
"""
POSTS = {
    "a.en.txt": '+++\nlink = "sign"\n+++\n{{ me.name or "We" }} in {{ me.city or "town" }}: "buses"!\n---\nTwo.',
    "a.es.txt": "Desde {{ me.city or 'mi pueblo' }}.\n---\nDos.\n---\nTres.",
    "b.en.txt": '+++\nlink = "sign"\n+++\nOne.\n---\nAlso ({{ me.city or "here" }}).\n---\n3: {{ me.city or "x" }}',
    "c.en.txt": '+++\nlink = "sign"\n+++\nOnly one.',
}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> App:
    return app(library(tmp_path_factory.mktemp("air"), POSTS, CAMPAIGN))


def told_nothing(problem: Problem) -> None:
    raise AssertionError(problem)


def supporter(number: int, language: str = "en", **me: str) -> Supporter:
    return Supporter(number=number, language=language, target="", me={"air": me})


def counts(found: list[Shared], network: str, language: str) -> list[int]:
    mine = [one.offer for one in found if (one.offer.network.name, one.offer.variant.language) == (network, language)]
    return sorted(Counter((one.post.name, one.wording) for one in mine).values())


@settings(max_examples=30)
@given(languages=st.lists(st.sampled_from(["en", "es"]), max_size=60))
def test_wordings_differ_by_at_most_one_in_each_network_and_language(opened: App, languages: list[str]) -> None:
    dealer = Dealer(opened, Wanted(networks=["x", "sms", "facebook"]), TODAY, lambda _: None)
    found = [one for number, language in enumerate(languages, 1) for one in dealer.deal(supporter(number, language))]
    for network, language, all_of_them in (("x", "en", 6), ("sms", "en", 6), ("facebook", "en", 6), ("x", "es", 3)):
        dealt = counts(found, network, language)
        assert sum(dealt) == languages.count(language)
        assert not dealt or max(dealt) - (min(dealt) if len(dealt) == all_of_them else 0) <= 1


def test_wordings_stay_even_where_one_turns_out_not_to_fit(tmp_path: Path) -> None:
    targets = 'title = "Air"\n[targets.short]\nname = "Ann"\n[targets.long]\nname = "' + "word " * 60 + 'end"\n'
    posts = {f"{name}.txt": f"{name} {name}: vote." for name in "abcde"} | {"f.txt": "Dear {{ target.name }}, vote."}
    told: list[Problem] = []
    dealer = Dealer(app(library(tmp_path, posts, targets)), Wanted(networks=["x"]), TODAY, told.append)
    rows = [Supporter(number=n, language="en", target=("short", "long")[n > 12], me={"air": {}}) for n in range(1, 60)]
    found = [one for row in rows for one in dealer.deal(row)]
    dealt = Counter(one.offer.post.name for one in found)
    assert len(found) == 59 and len(told) == 1
    assert max(dealt[name] for name in "abcde") - min(dealt[name] for name in "abcde") <= 1


def test_each_row_gets_one_link_for_each_network(opened: App) -> None:
    dealer = Dealer(opened, Wanted(networks=["sms", "x"]), TODAY, told_nothing)
    found = [one for number in (1, 2) for one in dealer.deal(supporter(number))]
    assert [(one.supporter, one.offer.network.name) for one in found] == [(1, "sms"), (1, "x"), (2, "sms"), (2, "x")]


def test_a_network_for_which_a_language_has_no_posts_is_told_once(opened: App) -> None:
    told: list[Problem] = []
    dealer = Dealer(opened, Wanted(networks=["facebook"]), TODAY, told.append)
    assert [one for number in range(9) for one in dealer.deal(supporter(number, "de"))] == []
    assert [problem.what for problem in told] == ['no post in "de" can be shared there now']


# Letters that join with their neighbours, look like something else, or count for more than one.
AWKWARD = st.one_of(
    st.sampled_from([*'1-&+%"\\€ßİﬁ漢😀', "🇩🇪", "مرحبا", "क्ष", "न्", "{}", "O'Brien"]),
    st.sampled_from(["a.b", "x.org", "50%", "C++", "a/b", "http:"]),
    # An accent alone, a family, Hangul in parts, letters that join with what follows or precedes, a keycap.
    st.sampled_from(
        ["e\u0301", "👨‍👩‍👧", "\u1100\u1161\u11a8", "\u1161", "\u11a8", "\u0d4e", "\uff9e", "\u0e33", "3\ufe0f\u20e3"]
    ),
    st.sampled_from(["\u200d", "\u200c", "\u0903", "\u0600", " ", "\u3000"]),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=6),
)
VALUES = st.lists(AWKWARD, max_size=5).map("".join).map(tidy)


def every_offer(opened: App) -> list[Offer]:
    campaign = opened.library.campaigns["air"]
    return [
        found
        for post in opened.library.posts["air"]
        for name in SHARING
        for language, words in post.words.items()
        for wording in range(1, len(words.wordings) + 1)
        if post.link or not NETWORKS[name].needs_link
        if isinstance(found := offer(campaign, post, wording, NETWORKS[name], language, "", TODAY), Offer)
    ]


@pytest.fixture(scope="module")
def moulds(opened: App) -> list[Mould]:
    return [mould(one, {}) for one in every_offer(opened) if one.variant.fields]


@settings(max_examples=150)
@given(city=VALUES, name=VALUES)
def test_a_cast_is_exactly_what_the_network_writes(moulds: list[Mould], city: str, name: str) -> None:
    me = {"city": city, "name": name}
    for one in moulds:
        cast, whole = one.cast(me, 7), shared(one.offer, me, {})
        assert (cast.text, cast.url, cast.length, cast.supporter) == (whole.text, whole.url, whole.length, 7)


def test_nearly_every_network_needs_to_be_asked_only_once(opened: App, moulds: list[Mould]) -> None:
    assert {one.offer.network.name for one in moulds if not one.urls} == set()


def test_memory_does_not_grow_with_the_file(opened: App, tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        text = "city,name\n" + "".join(f"Town {number},Ann {number}\n" for number in range(rows))
        file = write(tmp_path, {f"{rows}.csv": text}) / f"{rows}.csv"
        tracemalloc.start()
        wanted = Wanted(networks=["x", "sms"], language="en")
        assert sum(1 for _ in share_with(opened, wanted, file, TODAY, told_nothing, lambda *_: None)) == 2 * rows
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(6_000)
    assert peak(20_000) < 2 * peak(6_000)
