"""The words that fit: never cut, never too long, whoever the supporter is."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from bot.core.facts import Setting
from bot.core.fit import compose, filled, fit, new_hashtags, turn_hashtags, width
from bot.core.measure import fits, measure
from bot.core.network import Counting, Network
from bot.core.post import Ask, Campaign, Hashtags, Post, Target, Variant, Wording, Words
from bot.core.problem import Problem
from bot.core.render import WIDEST, tidy
from bot.networks import load

NETWORKS = list(load().values())
every_network = pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
PIGEON = Network(name="pigeon", label="Pigeon", counting=Counting(limit=100))
LINK = "https://example.org/a/long/path?with=a&query#and-more"
TAGS = ("#CleanAir", "#Été2030", "#AireLimpio", "#Now")
AIR = Campaign(
    name="air",
    title={"": "Clean air"},
    languages=("en",),
    where="air/campaign.toml",
    links={"sign": {"": LINK}},
    asks={
        "city": Ask(label={"": "City"}),
        "name": Ask(label={"": "Name"}, longest=7),
        "job": Ask(label={"": "Job"}, choices={"a": {"": "As a nurse 👩‍⚕️"}, "b": {"": "As a médico 東京"}}),
    },
    targets={"mayor": Target(name={"": "the mayor"})},
)
# What a supporter might type to be counted longer than expected.
PIECES = [
    *(
        "a",
        "é",
        "ß",
        "東",
        "京",
        "ก",
        "नि",
        "👨‍👩‍👧‍👦",
        "👩",
        "👍🏽",
        "🇳🇴",
        "🇳",
        "❤️",
        "©",
        "1️⃣",
        "1",
        "€",
        "^",
        "[",
        "’",
        "…",
    ),
    *(".", ",", "org", "com", "www", "http:", "/", "(", ")", "$", "?", "&", "\u200d", "\u200c", "\ufe0f", "\u0301"),
]
typed = st.lists(st.sampled_from([*PIECES, " "]), max_size=40).map("".join) | st.text(max_size=40)


def post(*texts: str, short: str = "", title: str = "", link: str = "", **own: str) -> Post:
    def at(text: str, row: int) -> Wording:
        return Wording(text=text, where=f"air/one.en.txt:{row}")

    words = Words(
        wordings=tuple(at(text, 10 * number) for number, text in enumerate(texts, 1)),
        short=at(short, 2) if short else None,
        title=at(title, 3) if title else None,
        own={name: at(text, 4) for name, text in own.items()},
    )
    return Post(campaign="air", name="one", words={"en": words}, where="air/one.en.txt", link=link)


def setting(network: Network = PIGEON, **changes: object) -> Setting:
    one = Setting(campaign=AIR, network=network, language="en", today=date(2026, 12, 1))
    return replace(one, **changes)  # type: ignore[arg-type]


def fitted(one: Post, network: Network = PIGEON, tags: tuple[str, ...] = ()) -> Variant:
    found = fit(one, 1, setting(network), tags)
    assert isinstance(found, Variant), found
    return found


def refused(one: Post, **changes: object) -> Problem:
    found = fit(one, 1, setting(**changes), ())
    assert isinstance(found, Problem), found
    return found


class TestOrder:
    def test_a_networks_own_text_comes_first(self) -> None:
        assert fitted(post("Hello", pigeon="Coo")).words == "Coo"
        assert fitted(post("Hello", owl="Hoo")).words == "Hello"

    def test_the_short_words_stand_in_for_those_that_are_too_long(self) -> None:
        one = post("Hello " * 30, short="Hi", pigeon="Coo " * 30)
        assert fitted(one).words == "Hi"

    def test_the_wording_asked_for_is_taken(self) -> None:
        found = fit(post("First", "Second"), 2, setting(), ())
        assert isinstance(found, Variant) and found.words == "Second"

    def test_hashtags_give_way_before_words_do(self) -> None:
        assert fitted(post("a" * 85, short="Hi"), tags=("#Clean", "#AirNow", "#Now")).hashtags == ("#Clean", "#AirNow")
        assert fitted(post("a" * 100, short="Hi"), tags=("#Now",)).words == "a" * 100


class TestNeverTooLong:
    @every_network
    @settings(max_examples=40, deadline=None)
    @given(
        size=st.integers(0, 60),
        filler=st.sampled_from(
            ["air ", "é ", "東京 ", "👨‍👩‍👧‍👦 ", "👍🏽", "€uro ", "example.org ", "@ana@example.org "]
        ),
        me=st.fixed_dictionaries({"city": typed.map(tidy), "name": typed.map(tidy)}),
        job=st.sampled_from(["", "As a nurse 👩‍⚕️", "As a médico 東京"]),
        near=st.integers(0, 400),
    )
    @example(size=1, filler="air ", me={"city": "Łódź", "name": ""}, job="", near=60)
    def test_nobodys_facts_make_a_post_too_long(
        self, network: Network, size: int, filler: str, me: dict[str, str], job: str, near: int
    ) -> None:
        assume(width(me["city"]) <= 30 and width(me["name"]) <= 7)
        tail = '{{ me.job or "As one of us" }}, {{ me.city or "my town" }}’s air: “{{ me.name or "I" }}” wants it.'
        # Filled up until it only just fits, or no longer does.
        per = {"segments": 153}.get(network.counting.unit, 1)
        room = max(0, min(network.counting.limit * per, 9_500) - near)
        body = (filler * size + "a b " * (room // 4))[:room].rstrip()
        found = fit(post(f"{body} {tail}", link="sign"), 1, setting(network), TAGS)
        if isinstance(found, Problem):
            return
        for told in (me, {}, me | {"job": job}):
            one = filled(found, told)
            assert fits(one.text, network.counting)
            assert one.text == compose(network, one.words, one.hashtags, one.link)

    def test_letters_that_cost_an_sms_more_are_reckoned_with(self) -> None:
        network = replace(PIGEON, counting=Counting(limit=1, unit="segments"))
        problem = refused(post("a" * 100 + ' {{ me.city or "town" }}'), network=network)
        assert "fits Pigeon (2 of 1" in problem.what

    def test_emoji_that_straddle_two_sms_are_reckoned_with(self) -> None:
        network = replace(PIGEON, counting=Counting(limit=2, unit="segments"))
        found = fit(post("é" * 66 + " 👍 {{ me.city or 'a' }} " + "é" * 33), 1, setting(network), ())
        for city in ("👍" * 15, "a" * 30, "👍" * 14 + "a", ""):
            assert isinstance(found, Problem) or fits(filled(found, {"city": city}).text, network.counting)

    @given(value=typed.map(tidy))
    def test_a_value_is_nowhere_longer_than_its_width(self, value: str) -> None:
        for network in NETWORKS:
            if network.counting.unit != "segments":
                assert (measure(value, network.counting) or 0) <= width(value)
        assert len(value.encode()) <= len(WIDEST.encode()) * max(1, width(value))


class TestWhole:
    @every_network
    @settings(max_examples=25, deadline=None)
    @given(words=st.text(st.sampled_from("air é東👍🏽. "), min_size=1, max_size=600), tags=st.permutations(TAGS))
    def test_words_and_link_are_whole_or_there_is_a_problem(
        self, network: Network, words: str, tags: list[str]
    ) -> None:
        assume(words.strip())
        found = fit(post(words, short="Clean air", link="sign"), 1, setting(network), tags)
        if isinstance(found, Problem):
            return
        assert found.words in (words.strip(), "Clean air")
        assert found.link == LINK
        assert found.hashtags == tuple(tags[: len(found.hashtags)])
        assert len(found.hashtags) <= network.hashtags
        assert fits(found.text, network.counting)

    def test_what_fits_nowhere_is_told_with_its_length(self) -> None:
        problem = refused(post("a" * 120, short="b" * 110))
        assert (problem.where, problem.what) == ("air/one.en.txt:2", "no wording fits Pigeon (110 of 100, in en)")
        assert "short" in problem.hint and "pigeon" in problem.hint

    def test_a_text_far_too_long_is_told_too(self) -> None:
        assert "longer than 10,000" in refused(post("a" * 20_000)).what


class TestProblems:
    @pytest.mark.parametrize(
        ("text", "what"),
        [
            pytest.param('{{ me.street or "x" }}', 'unknown fact "me.street"', id="a fact that is not asked for"),
            pytest.param("{{ campaign.goal }}", 'unknown fact "campaign.goal"', id="a fact the campaign lacks"),
            pytest.param("{{ links.call }}", 'unknown fact "links.call"', id="a link the campaign lacks"),
            pytest.param("{{ target.street }}", 'unknown fact "target.street"', id="a fact no target has"),
            pytest.param("{{ weather }}", 'unknown fact "weather"', id="a fact of nothing"),
            pytest.param("{{ today.year }}", 'unknown fact "today.year"', id="a part of a day"),
            pytest.param("{{ campaign }}", 'unknown fact "campaign"', id="a campaign as a whole"),
            pytest.param("{{ campaign.__class__ }}", 'unknown fact "campaign.__class__"', id="a way out"),
            pytest.param("{% if not today %}x{% endif %}", "no words are left", id="no words left"),
            pytest.param("{{ today > 1 }}", "cannot be worked out", id="a comparison of unlike things"),
        ],
    )
    def test_a_bad_template_is_a_problem_where_it_stands(self, text: str, what: str) -> None:
        for problem in (refused(post(f"{text}")), refused(post("Hi", pigeon=text)), refused(post("Hi", title=text))):
            assert problem.what.startswith(what) or what in problem.what
        assert refused(post(text)).where == "air/one.en.txt:10"
        assert refused(post("Hi", title=text)).where == "air/one.en.txt:3"

    def test_a_line_is_counted_from_where_the_words_begin(self) -> None:
        assert refused(post("One\ntwo\n{{ weather }}")).where == "air/one.en.txt:12"

    def test_no_supporter_stands_in_a_title(self) -> None:
        problem = refused(post("Hi", title='{{ me.city or "Town" }}'))
        assert (problem.where, problem.what) == ("air/one.en.txt:3", "a supporter's fact cannot stand in a title")


class TestTitle:
    def test_a_title_is_filled_or_the_campaigns(self) -> None:
        assert fitted(post("Hi", title="{{ campaign.title }}!")).title == "Clean air!"
        assert fitted(post("Hi")).title == "Clean air"


class TestHashtags:
    @pytest.mark.parametrize(
        ("words", "new"),
        [
            pytest.param("Now", ("#CleanAir", "#Now"), id="none there"),
            pytest.param("We want #CleanAir.", ("#Now",), id="in a sentence"),
            pytest.param("(#cleanair)", ("#Now",), id="in brackets, in small letters"),
            pytest.param("“#CleanAir”", ("#Now",), id="in quotes"),
            pytest.param("＃CleanAir’s", ("#Now",), id="with a wide sign"),
            pytest.param("#CleanAirNow", ("#CleanAir", "#Now"), id="a longer one is another"),
            pytest.param("https://example.org/#Now #1", ("#CleanAir", "#Now"), id="what is no hashtag"),
            pytest.param("#A #B #C", (), id="enough there already"),
        ],
    )
    def test_a_hashtag_that_stands_in_the_words_is_not_added(self, words: str, new: tuple[str, ...]) -> None:
        assert new_hashtags(("#CleanAir", "#Now", "#CleanAir"), words, PIGEON) == new

    def test_one_that_stands_in_a_fallback_is_not_added(self) -> None:
        assert fitted(post('In {{ me.city or "#Now" }}'), tags=("#Now", "#Air")).hashtags == ("#Air",)

    @given(
        turn=st.integers(0, 20),
        at_most=st.integers(0, 9),
        own=st.lists(st.sampled_from(["#now", "#Own", "#R1"]), unique=True).map(tuple),
    )
    def test_never_more_hashtags_than_asked_and_always_the_same_first(
        self, turn: int, at_most: int, own: tuple[str, ...]
    ) -> None:
        asked = Hashtags(always=("#Air", "#Now"), rotate=("#R1", "#R2", "#Air"), at_most={"": at_most})
        found = turn_hashtags(replace(AIR, hashtags=asked), replace(post("Hi"), hashtags=own), PIGEON, turn)
        assert len(found) <= min(at_most, PIGEON.hashtags)
        assert found[:2] == ("#Air", "#Now")[: len(found)]
        assert len({tag.casefold() for tag in found}) == len(found)

    def test_rotating_hashtags_take_turns(self) -> None:
        asked = replace(AIR, hashtags=Hashtags(always=("#Air",), rotate=("#A", "#B", "#C")))
        wide = replace(PIGEON, hashtags=2)
        assert [turn_hashtags(asked, post("Hi"), wide, turn)[1] for turn in range(4)] == ["#A", "#B", "#C", "#A"]

    def test_a_network_may_have_its_own_number(self) -> None:
        asked = replace(AIR, hashtags=Hashtags(always=TAGS, at_most={"pigeon": 1, "": 2}))
        assert len(turn_hashtags(asked, post("Hi"), PIGEON, 0)) == 1
        assert len(turn_hashtags(asked, post("Hi"), replace(PIGEON, name="owl"), 0)) == 2


class TestCompose:
    @pytest.mark.parametrize(
        ("words", "text"),
        [
            pytest.param("Sign", f"Sign #Now\n{LINK}", id="below the words"),
            pytest.param(f"Sign {LINK} now", f"Sign {LINK} now #Now", id="not twice"),
            pytest.param(f"Sign ({LINK}).", f"Sign ({LINK}). #Now", id="not twice, in brackets"),
            pytest.param(f"See {LINK}/more", f"See {LINK}/more #Now\n{LINK}", id="a longer link is another"),
        ],
    )
    def test_the_link_stands_there_once(self, words: str, text: str) -> None:
        assert compose(PIGEON, words, ("#Now",), LINK) == text

    def test_what_is_missing_leaves_no_empty_row(self) -> None:
        assert compose(PIGEON, "Hi", (), "") == "Hi"


def test_an_accounts_warning_stands_beside_the_words_and_a_supporter_has_none() -> None:
    found = fit(post("a" * 101, short="Hello"), 1, setting(warning="Politics"), ())
    assert isinstance(found, Variant) and (found.text, found.warning) == ("Hello", "Politics")
    assert fitted(post("Hello")).warning == ""


def test_an_accounts_facts_count_as_themselves() -> None:
    found = fit(post('{{ me.city or "x" }} ' + "a" * 90), 1, setting(me={"city": "Ulm"}), ())
    assert isinstance(found, Variant)
    assert found.text == "Ulm " + "a" * 90
    assert found.fields == ()
