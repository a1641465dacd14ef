"""What the page's script does again, it does as the program does: tidying what is typed, counting, white space."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import networks
from bot.core.fit import width
from bot.core.measure import measure
from bot.core.render import tidy
from tests.pages.browser import Visitors, running, served

NETWORKS = [network for network in networks.load().values() if network.share]
ODD = [
    "O'Brien & Søns", "<b>Ana</b>",
    '"María José"', "%00", "%E0", "🚍👨‍👩‍👧‍👦", "عمر", "example.org", "@a #b", "Ana\nBo",
    "Ana\ud83d", "\ue000Ana", "a.b.c.de", "$ABC ＄x $1", "  x\u00a0y\u2003z ", "e\u0301", "\u0301a", "\u200dx\u200c",
    "http://x.org", "a://b", "＠a＃b", "x\u202ey\u202c", "\ufeffx", "\x1cx\x85y", "१२.३४", "İ", "ﬁ", "한글", "",
]  # fmt: skip
TEXTS = [
    "Buses run on time when streets are free.",
    "¿Qué pasa? Añade tu nombre — hoy.",
    "Look at https://example.org/a/very/long/path?with=query#and-more, please.",
    "Two: https://example.org and http://example.com/x.",
    "A fight for 100% (really!) … “quoted” words; a semicolon: and more",
    "Kids 🚍 and families 👨‍👩‍👧‍👦 with flags 🇪🇸🇺🇸 and hands 👍🏽 ❤️ 1️⃣",
    "日本語のテキストです。",
    "한국어 문장입니다",
    "مرحبا بكم في الشارع",
    "हिन्दी में लिखा हुआ",
    "Row one\nRow two\n\nRow four",
    "#CleanAir #Über @ana and @ana@example.org",
    "e\u0301 and é",
]
# In plain letters there is more room in SMS than with an unusual one; the script counts the lesser.
MORE = {"segments": TEXTS}
STRICT = [
    "example.org and e.g.this",
    "see main.py or a.b.c",
    "HTTP://EXAMPLE.ORG",
    "https://",
    "x.org/ü?ä=ö",
    "ftp://x.org",
]
LETTERS = st.sampled_from(
    [*"abcäñé .,:/#@!?-_()", "日", "🚍", "👍🏽", "🇪🇸", "https://", "example.org", "www.", "\n", "‍", "️", "한"]
)


@pytest.fixture(scope="module")
def page(built: Path) -> Iterator[Any]:
    with running() as browser, served(built) as address:
        with Visitors(browser, address).visit() as one:
            yield one.go("small/air/en/index.html")


@pytest.mark.parametrize("typed", ODD, ids=range(len(ODD)))
def test_what_is_typed_is_tidied_alike(page: Any, typed: str) -> None:
    assert page.evaluate("value => tidy(value)", typed) == tidy(typed)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=150)
@given(
    typed=st.text(
        st.characters(codec="utf-8", max_codepoint=0xFFFF, exclude_categories=["Cn"]) | st.sampled_from("@#$. :/")
    )
)
def test_anything_typed_is_tidied_alike(page: Any, typed: str) -> None:
    assert page.evaluate("value => tidy(value)", typed) == tidy(typed)


@pytest.mark.parametrize("value", [*ODD, *TEXTS], ids=range(len(ODD) + len(TEXTS)))
def test_a_fact_is_as_long_here_as_there(page: Any, value: str) -> None:
    told = tidy(value)
    assert page.evaluate("value => width(value)", told) == width(told)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda one: one.name)
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_ordinary_text_is_counted_as_the_network_counts_it(page: Any, network: Any, text: str) -> None:
    here = page.evaluate("([text, name]) => measure(text, counting[name])", [text, network.name])
    there = measure(text, network.counting)
    if text in MORE.get(network.counting.unit, ()) or "@ana@example.org" in text:
        assert here >= (there or 0)
    else:
        assert here == there


@pytest.mark.parametrize("network", NETWORKS, ids=lambda one: one.name)
@pytest.mark.parametrize("text", STRICT)
def test_odd_text_is_never_counted_as_less(page: Any, network: Any, text: str) -> None:
    here = page.evaluate("([text, name]) => measure(text, counting[name])", [text, network.name])
    assert here >= (measure(text, network.counting) or 0)


# Endings of two letters that no country has are no links, and cost what they are long.
LESS = {"https://example.xx/with-a-long-path"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=200)
@given(text=st.lists(LETTERS, max_size=30).map("".join))
def test_never_more_room_is_promised_than_there_is(page: Any, text: str) -> None:
    counts = page.evaluate(
        "text => Object.fromEntries(Object.keys(counting).map(name => [name, measure(text, counting[name])]))", text
    )
    for network in NETWORKS:
        if network.counting.unit != "segments" and not any(one in text for one in LESS):
            assert counts[network.name] >= (measure(text, network.counting) or 0), (network.name, text)


@pytest.mark.parametrize("text", LESS)
def test_only_these_are_promised_more_room(page: Any, text: str) -> None:
    less = [
        network.name
        for network in NETWORKS
        if page.evaluate("([text, name]) => measure(text, counting[name])", [text, network.name])
        < (measure(text, network.counting) or 0)
    ]
    assert less


@pytest.mark.parametrize("text", [" x ", "\x1cx\x1d", "\x85x", "\u3000x\u2028", "\ufeffx", "x\u200b"])
def test_words_end_where_python_says(page: Any, text: str) -> None:
    assert page.evaluate("text => text.replace(ends, '')", text) == text.strip()
    assert page.evaluate("text => text.split(blanks).filter(Boolean)", text) == text.split()
