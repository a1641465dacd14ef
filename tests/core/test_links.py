"""Which parts of a text are links, against tables and against a program by others."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.links import is_loopback, links, links_with_scheme, shorten


def found(text: str, spans: list[tuple[int, int]]) -> list[str]:
    return [text[start:end] for start, end in spans]


class TestLinks:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            pytest.param("see https://example.org.", ["https://example.org"], id="a full stop stays outside"),
            pytest.param("https://example.org/a?!;", ["https://example.org/a"], id="other marks too"),
            pytest.param("(https://example.org/a)", ["https://example.org/a"], id="brackets around a link"),
            pytest.param("e.org/A_(b)", ["e.org/A_(b)"], id="balanced brackets belong to a path"),
            pytest.param("e.org/a(b(c)d) x", ["e.org/a(b(c)d)"], id="also one pair in another"),
            pytest.param("e.org/a(b", ["e.org/a"], id="an open bracket does not"),
            pytest.param("HTTP://Example.ORG", ["HTTP://Example.ORG"], id="case does not matter"),
            pytest.param("e.org:8080/a", ["e.org:8080/a"], id="a port"),
            pytest.param("http://e.org?a=b,c", ["http://e.org?a=b,c"], id="a query without a path"),
            pytest.param("e.org?a=b", ["e.org"], id="which a bare domain cannot have"),
            pytest.param("ftp://e.org", [], id="another scheme"),
            pytest.param("http://u:p@e.org", [], id="user and password"),
            pytest.param("@e.org #e.org $e.org", [], id="after a sign with a meaning"),
            pytest.param("a_b.org", [], id="a low line in a bare name"),
            pytest.param("a_b.e.org", ["b.e.org"], id="which starts anew after it"),
            pytest.param("http://a_b.e.org", ["http://a_b.e.org"], id="but with a scheme"),
            pytest.param("日本語example.com中国語", ["example.com"], id="between letters without spaces"),
            pytest.param("http://例え.jp", ["http://例え.jp"], id="other letters with a scheme"),
            pytest.param("例え.jp", [], id="other letters without"),
            pytest.param("президент.рф", [], id="Cyrillic without a scheme"),
            pytest.param("http://xn--80a.xn--p1ai", ["http://xn--80a.xn--p1ai"], id="punycode"),
            pytest.param("http://t.co/abc-d", ["http://t.co/abc"], id="t.co ends after its code"),
            pytest.param("http://t.co/" + "a" * 41, [], id="a t.co code over 40"),
            pytest.param("e.org/a\nf.org", ["e.org/a", "f.org"], id="a line each"),
            pytest.param("\u2066e.org\u2069", ["e.org"], id="between marks of direction"),
            pytest.param("http://e.org/" + "a" * 4080, [], id="over 4096 letters"),
        ],
    )
    def test_these_are_links(self, text: str, expected: list[str]) -> None:
        assert found(text, links(text)) == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            pytest.param("example.org", [], id="none without a scheme"),
            pytest.param("https://e.org/straße/例", ["https://e.org/straße/例"], id="any letter in a path"),
            pytest.param("https://e.org/?q=例", ["https://e.org/?q=例"], id="any letter in a query"),
            pytest.param("gemini://e.org/a", ["gemini://e.org/a"], id="another scheme"),
            pytest.param("ahttps://e.org/a", [], id="glued to a word"),
            pytest.param("https://e.org/a_(b)!", ["https://e.org/a_(b)"], id="brackets"),
            pytest.param("https://e.org/a_(例)/b", ["https://e.org/a_(例)/b"], id="any letter in brackets"),
        ],
    )
    def test_these_are_links_with_a_scheme(self, text: str, expected: list[str]) -> None:
        assert found(text, links_with_scheme(text)) == expected


# What could confuse a reader of links; joined at random below. No emoji here is newer than
# twitter-text's list, and none can join its neighbour into one that is.
PIECES = (
    "a b com org md example www 1 - -- _ . . . . / // http:// https:// HTTP:// HttpS:// http:/ : :80 ( ) "
    "(( )) ? = & # @ $ ＠ ＃ ! , ; ' \" ` ~ [ ] | % * + é ö ſ ß vermögensberatung ж рф рус москва 日本 中国 公司 "
    "ポイント 。 xn-- xn--p1ai t.co t.co/ http://t.co/abc https://t.co/ab?x=1 com/x .com .com/ .co.uk localhost "
    "127.0.0.1 ftp:// user:pw@ .music 😀 👨‍👩‍👧‍👦 ❤️ 🇩🇪 👍🏽 1️⃣ © \u200f \u202a \u2066 a\u200db \ufeff – … €"
)
MORE = [" ", "\n", "\t", "\r\n", "\u3000", "e\u0301", "\u0301", "a" * 63, "a" * 64, "http://t.co/" + "a" * 41]
AWKWARD = st.lists(st.sampled_from([*PIECES.split(), *MORE]), max_size=14).map("".join)


class TestAgainstTwitterText:
    """An independent port of X's own library, too slow to use on any text."""

    @settings(max_examples=500, deadline=None)
    @given(text=AWKWARD)
    def test_the_links_are_the_same(self, text: str) -> None:
        oracle = pytest.importorskip("twitter_text")
        assert links(text) == [tuple(link["indices"]) for link in oracle.extract_urls_with_indices(text)]


class TestShorten:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            pytest.param("https://example.org", "example.org", id="no scheme"),
            pytest.param("http://example.org/", "example.org", id="no lone slash"),
            pytest.param("https://www.Example.org/a", "www.example.org/a", id="the host stays, in small letters"),
            pytest.param("https://e.org/34567890123456", "e.org/34567890123456", id="fifteen letters stay"),
            pytest.param("https://e.org/345678901234567", "e.org/345678901234...", id="sixteen are cut to thirteen"),
            pytest.param("https://e.org/?a=1#b", "e.org/?a=1#b", id="query and fragment belong to the path"),
            pytest.param("https://e.org?a=12345678901234", "e.org/?a=123456789...", id="a path is put before a query"),
            pytest.param("https://e.org:8080/a https://e.org:443/a", "e.org:8080/a e.org/a", id="ports"),
            pytest.param("https://e.org/é", "e.org/%C3%A9", id="other letters as addresses have them"),
            pytest.param("https://é.org", "xn--9ca.org", id="also in the host"),
            pytest.param("See https://e.org/a. (https://e.org/b)", "See e.org/a. (e.org/b)", id="marks stay"),
            pytest.param("example.org/345678901234567890", "example.org/345678901234567890", id="bare ones stay"),
            pytest.param("xhttps://e.org HTTPS://e.org", "xhttps://e.org HTTPS://e.org", id="what is no link stays"),
            pytest.param("https://:80/ ftp://e.org/", "https://:80/ ftp://e.org/", id="what is no address stays"),
        ],
    )
    def test_a_link_is_shown_like_this(self, text: str, shown: str) -> None:
        assert shorten(text) == shown

    @given(text=st.text(alphabet="abc /.:?#()").filter(lambda text: "://" not in text))
    def test_a_text_without_a_scheme_stays(self, text: str) -> None:
        assert shorten(text) == text


@pytest.mark.parametrize(
    "host, is_here",
    [("127.0.0.1", True), ("::1", True), ("[::1]", True), ("localhost", True),
     ("0.0.0.0", False), ("192.168.1.5", False), ("localhost.example.org", False)],
)  # fmt: skip
def test_which_hosts_only_this_machine_reaches(host: str, is_here: bool) -> None:
    assert is_loopback(host) == is_here
