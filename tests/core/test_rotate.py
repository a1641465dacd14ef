"""Whose turn it is: weights hold exactly, nobody floods, and every machine agrees."""

import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.post import Campaign, Post, Wording, Words
from bot.core.render import compile_words
from bot.core.rotate import (
    COPY,
    NEAR,
    History,
    Spoken,
    Use,
    Voice,
    asked,
    next_wording,
    obstacle,
    ranked,
    sameness,
    shuffled,
    used_up,
    within,
)

START = datetime(2026, 12, 1, 14, tzinfo=UTC)
TOWN = Voice(account="town", network="outbox", handle="town.example.org", language="en", knows=frozenset({"city"}))
CITY = replace(TOWN, account="city", handle="city.example.org")
AIR = Campaign(name="air", title={"": "Clean air"}, languages=("en",), where="air")
weights = st.lists(st.integers(1, 10), min_size=1, max_size=12)


def post(name: str, *texts: str, weight: int = 1) -> Post:
    wordings = tuple(Wording(text=text, where=f"{name}:1") for text in texts or ("Clean air.",))
    return Post(campaign="air", name=name, words={"en": Words(wordings=wordings)}, where=name, weight=weight)


def library(*weights: int) -> list[Post]:
    return [post(f"p{number}", weight=weight) for number, weight in enumerate(weights)]


def use(post: Post, share: int = 0, at: datetime = START, voice: Voice = TOWN, wording: int = 1, same: str = "") -> Use:
    return Use(
        account=voice.account, network=voice.network, campaign="air", post=post.name, wording=wording,
        language=voice.language, at=at, share=share, sameness=same or post.name,
    )  # fmt: skip


def speak(history: History, posts: Sequence[Post], times: int, voice: Voice = TOWN) -> list[str]:
    """The names of the next posts, each remembered as said."""
    said = []
    for _ in range(times):
        winner, share = next(ranked(shuffled(posts, voice), voice, history))
        turn = history.turn(voice.account, "air")
        history.add(use(winner, share, START + timedelta(hours=turn), voice, next_wording(winner, voice, history)))
        said.append(winner.name)
    return said


class TestWeights:
    @pytest.mark.parametrize("shares", [(2, 1), (3, 1, 1), (1,), (1, 1, 1), (10, 1), (5, 3, 2), (7, 9)], ids=str)
    @pytest.mark.parametrize("rounds", [1, 2, 7])
    def test_over_full_rounds_weights_hold_exactly(self, shares: tuple[int, ...], rounds: int) -> None:
        counts = Counter(speak(History(), library(*shares), rounds * sum(shares)))
        assert [counts[f"p{number}"] for number in range(len(shares))] == [rounds * share for share in shares]

    @settings(deadline=None)
    @given(shares=weights)
    def test_no_post_is_ever_a_whole_use_ahead_or_behind(self, shares: list[int]) -> None:
        counts: Counter[str] = Counter()
        for turn, name in enumerate(speak(History(), library(*shares), 2 * sum(shares)), 1):
            counts[name] += 1
            for number, share in enumerate(shares):
                assert abs(counts[f"p{number}"] * sum(shares) - turn * share) < sum(shares)

    @settings(deadline=None)
    @given(shares=weights, data=st.data())
    def test_the_order_of_the_files_does_not_matter(self, shares: list[int], data: st.DataObject) -> None:
        posts = library(*shares)
        other = data.draw(st.permutations(posts))
        assert speak(History(), posts, 30) == speak(History(), other, 30)

    @given(size=st.integers(2, 12))
    def test_of_equal_posts_each_comes_once_before_any_comes_again(self, size: int) -> None:
        said = speak(History(), library(*[1] * size), 3 * size)
        assert said[:size] * 3 == said
        assert len(set(said[:size])) == size

    @settings(max_examples=30, deadline=None)
    @given(shares=weights)
    def test_a_post_that_is_said_at_other_times_too_leaves_the_others_their_weights(self, shares: list[int]) -> None:
        posts = library(*shares)
        facts = post("facts")
        history, said = History(), []
        for _ in range(6 * sum(shares)):
            speak(history, [facts], 2)
            said += speak(history, [facts, *posts], 1)
        counts = Counter(said[3 * sum(shares) :])
        for one, share in zip(posts, shares, strict=True):
            assert abs(counts[one.name] - 3 * share) <= 1


class TestReturning:
    @pytest.mark.parametrize("weight", [1, 3, 10])
    def test_a_new_post_is_said_soon_and_does_not_flood(self, weight: int) -> None:
        history, old = History(), library(1, 1, 2, 4)
        speak(history, old, 800)
        said = speak(history, [*old, post("new", weight=weight)], 2 * (8 + weight))
        assert "new" in said[: 8 + weight]
        assert said.count("new") <= 2 * weight + 2

    def test_a_post_back_from_a_season_does_not_make_up_for_it(self) -> None:
        history, always, seasonal = History(), library(1, 1, 2), post("winter")
        speak(history, [*always, seasonal], 5)
        speak(history, always, 1000)
        said = speak(history, [*always, seasonal], 10)
        assert 1 <= said.count("winter") <= 3
        assert all("winter" not in pair for pair in pairwise(said) if pair[0] == pair[1])

    def test_of_two_posts_one_back_from_a_season_does_not_take_over(self) -> None:
        history, always, seasonal = History(), post("always"), post("winter")
        speak(history, [always, seasonal], 2)
        speak(history, [always], 1000)
        assert Counter(speak(history, [always, seasonal], 10))["always"] >= 4

    def test_many_new_posts_are_all_said_before_one_of_them_comes_again(self) -> None:
        history, old = History(), library(1, 1)
        speak(history, old, 500)
        new = [post(f"new{number}") for number in range(10)]
        said = speak(history, [*old, *new], 14)
        assert {one.name for one in new} <= set(said)
        assert max(Counter(said).values()) <= 2


class TestSameEverywhere:
    def test_another_machine_says_the_same(self) -> None:
        code = (
            "from tests.core.test_rotate import History, library, speak; print(*speak(History(), library(3, 1, 2), 30))"
        )
        said = {
            subprocess.run(
                [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2],
                env={"PYTHONHASHSEED": seed},
            ).stdout
            for seed in ("1", "2")
        }  # fmt: skip
        assert said == {" ".join(speak(History(), library(3, 1, 2), 30)) + "\n"}

    def test_two_organizations_do_not_say_the_same_in_the_same_order(self) -> None:
        posts = library(*[1] * 8)
        assert speak(History(), posts, 8) != speak(History(), posts, 8, CITY)

    def test_the_shuffled_order_never_changes(self) -> None:
        assert speak(History(), library(*[1] * 8), 8) == ["p6", "p0", "p2", "p7", "p1", "p4", "p3", "p5"]


class TestWordings:
    @given(number=st.integers(1, 6), rounds=st.integers(1, 3))
    def test_wordings_take_turns(self, number: int, rounds: int) -> None:
        history, one = History(), post("one", *(f"Wording {letter}." for letter in range(number)))
        said = []
        for _ in range(rounds * number):
            said.append(next_wording(one, TOWN, history))
            speak(history, [one], 1)
        assert said == said[:number] * rounds
        assert sorted(said[:number]) == list(range(1, number + 1))

    def test_a_new_wording_is_said_next_and_then_takes_its_turn(self) -> None:
        history, two = History(), post("one", "First.", "Second.")
        speak(history, [two], 20)
        three = post("one", "First.", "Second.", "Third.")
        said = []
        for _ in range(6):
            said.append(next_wording(three, TOWN, history))
            speak(history, [three], 1)
        assert said[0] == 3
        assert Counter(said) == {1: 2, 2: 2, 3: 2}


NOT_NOW = [
    pytest.param({"tags": ("story",)}, "without the tags of this time", id="tags"),
    pytest.param({"starts": date(2026, 12, 2)}, "outside its days", id="too early"),
    pytest.param({"until": date(2026, 11, 30)}, "outside its days", id="too late"),
    pytest.param({"words": {}}, "without words in en", id="language"),
    pytest.param({"only": ("pigeon",)}, "not meant for this network", id="only elsewhere"),
    pytest.param({"never": ("outbox",)}, "not meant for this network", id="not here"),
]


class TestObstacle:
    def why(self, one: Post, *uses: Use, campaign: Campaign = AIR, at: datetime = START) -> str:
        return obstacle(one, campaign, TOWN, at, at.date(), ["facts"], History(uses))

    def test_nothing_stands_against_a_post_on_its_first_and_last_day(self) -> None:
        one = replace(post("one"), tags=("facts", "air"), starts=START.date(), until=START.date())
        assert self.why(one) == ""

    @pytest.mark.parametrize(("changes", "reason"), NOT_NOW)
    def test_a_post_that_does_not_match_cannot_be_said(self, changes: dict[str, object], reason: str) -> None:
        one = replace(post("one"), **{"tags": ("facts",), **changes})  # type: ignore[arg-type]
        assert self.why(one) == reason

    def test_a_campaign_that_is_over_says_nothing(self) -> None:
        over = replace(AIR, until=date(2026, 11, 30))
        assert "outside the days of its campaign" in self.why(replace(post("one"), tags=("facts",)), campaign=over)

    def test_a_post_needs_the_facts_it_asks_for(self) -> None:
        one = replace(post("one", 'In {{ me.city or "town" }} as {{- me.job or "I" }}'), tags=("facts",))
        assert self.why(one) == "asking for me.job, which the account does not have"

    def test_a_post_rests_until_the_hour_it_was_said(self) -> None:
        one = replace(post("one"), tags=("facts",), rest=timedelta(days=14))
        said = use(one)
        assert self.why(one, said, at=START + timedelta(days=14, seconds=-1)) == "resting"
        assert self.why(one, said, at=START + timedelta(days=14)) == ""

    def test_a_post_is_said_at_most_so_often(self) -> None:
        one = replace(post("one"), tags=("facts",), at_most=2)
        assert self.why(one, use(one)) == ""
        assert "as often as it may be" in self.why(one, use(one), use(one))

    @pytest.mark.parametrize(
        ("voice", "days", "stands"),
        [
            pytest.param(CITY, 6.99, True, id="another account in the week before"),
            pytest.param(CITY, -6.99, True, id="another account in the week to come"),
            pytest.param(CITY, 7, False, id="another account a week before"),
            pytest.param(TOWN, 1, False, id="the account itself"),
            pytest.param(replace(CITY, network="pigeon"), 1, False, id="another network"),
            pytest.param(replace(CITY, language="es"), 1, False, id="another language"),
        ],
    )
    def test_no_two_accounts_of_a_network_say_a_post_within_a_week(
        self, voice: Voice, days: float, stands: bool
    ) -> None:
        one = replace(post("one"), tags=("facts",))
        why = self.why(one, use(one, at=START - timedelta(days=days), voice=voice))
        assert why == (COPY if stands else "")


def test_near_copies_in_other_posts_are_found_by_their_words() -> None:
    said = use(post("other"), voice=CITY, same=sameness("Clean air, now!"))
    assert History([said]).near_copy(TOWN, sameness("CLEAN AIR  now #Air https://example.org"), START)
    assert not History([said]).near_copy(TOWN, sameness("Clean air later"), START)


USES = st.lists(
    st.builds(
        lambda number, voice, hours, wording, share: use(
            post(f"p{number}"), share, START + timedelta(hours=hours), voice, wording
        ),
        st.integers(0, 3), st.sampled_from((TOWN, CITY)), st.integers(0, 300), st.integers(1, 2), st.integers(0, 9),
    ),
    max_size=12,
)  # fmt: skip


def summed(uses: Sequence[Use]) -> list[Spoken]:
    """The same in sums, as a ledger gives them."""
    groups: dict[tuple[str, str, int], list[Use]] = {}
    for one in uses:
        groups.setdefault((one.account, one.post, one.wording), []).append(one)
    return [
        Spoken(
            account=account, campaign="air", post=name, wording=wording, count=len(some),
            share=max(one.share for one in some), last=max(one.at for one in some),
        )
        for (account, name, wording), some in groups.items()
    ]  # fmt: skip


@given(uses=USES, hours=st.integers(0, 400))
def test_sums_over_the_past_and_the_single_uses_of_late_tell_all_that_rotation_asks(
    uses: list[Use], hours: int
) -> None:
    now = START + timedelta(hours=hours)
    whole = History(uses)
    short = History.of(summed(uses), [one for one in uses if one.at > now - NEAR])
    for voice in (TOWN, CITY):
        assert short.turn(voice.account, "air") == whole.turn(voice.account, "air")
        for one in map(post, ("p0", "p1", "p2", "p3")):
            assert short.tally(voice.account, one) == whole.tally(voice.account, one)
            assert short.near_copy(voice, one.name, now) == whole.near_copy(voice, one.name, now)
            told = [used_up(one, history.said(voice, "air"), now) for history in (short, whole)]
            assert told[0] == told[1]


def test_an_account_has_spoken_when_its_words_really_went_out() -> None:
    late = replace(use(post("one")), said=START + timedelta(hours=3))
    assert History([late, use(post("two"))]).spoke("town") == [START + timedelta(hours=3), START]
    assert History([late]).spoke("city") == []


@pytest.mark.parametrize(
    "link", ["https://example.org/a", "example.org/a", "my-site.org", "(http://example.org/a)", "info.town@example.org"]
)
def test_a_link_makes_no_other_words_however_it_is_written(link: str) -> None:
    assert sameness(f"Clean air {link}\nnow") == sameness("Clean air now") != sameness("Clean air")


@pytest.mark.parametrize(
    ("first", "last", "inside"),
    [(None, None, True), (1, None, True), (None, 1, True), (1, 1, True), (2, None, False), (None, 0, False)],
)
def test_both_days_of_a_window_are_inside(first: int | None, last: int | None, inside: bool) -> None:
    day = date(2026, 12, 1)
    bounds = [None if number is None else day + timedelta(days=number - 1) for number in (first, last)]
    assert within(*bounds, day) is inside


FILLED = [
    '{{ me.a or "x" }}',
    '{{- me.a or "x" -}}',
    '{{+ me.a or "x" }}',
    '{{ (me.a or "x") }}',
    '{{\n me . a or "x" }}',
]


@pytest.mark.parametrize(
    "text", [*FILLED, "{{ campaign.title }}", "me.a", '{% if today %}{{ me.b or "x" }}{% endif %}']
)
def test_what_is_asked_for_is_what_the_template_has_room_for(text: str) -> None:
    assert asked(post("one", text), "en") == set(compile_words(text).asks())


def test_the_short_words_ask_too() -> None:
    words = Words(wordings=(Wording(text="Hi", where="a"),), short=Wording(text=FILLED[0], where="a"))
    assert asked(replace(post("one"), words={"en": words}), "en") == {"a"}
