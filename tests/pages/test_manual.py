"""The manual as pages of the desk: every link leads somewhere, and nothing comes from elsewhere."""

import re
from urllib.parse import unquote

import pytest

from bot.pages.manual import HELP, anchor, html, leaf, names, picture

LEAVES = [(name, language) for name in sorted(names()) for language in ("en", "es")]


@pytest.mark.parametrize(("name", "language"), LEAVES)
def test_every_link_of_a_page_leads_to_a_place_that_is_shown(name: str, language: str) -> None:
    whole = leaf(name, language)
    assert whole is not None and whole.title
    for address in re.findall(r'href="([^"]*)"', whole.html):
        if address.startswith("http"):
            continue
        to, _, part = unquote(address).partition("#")
        other = leaf(to.removeprefix("/manual/") or name, language)
        assert other is not None, address
        assert not part or f'id="{part}"' in other.html, address


@pytest.mark.parametrize(("name", "language"), LEAVES)
def test_a_page_loads_nothing_from_elsewhere_and_shows_no_notes_to_tests(name: str, language: str) -> None:
    whole = leaf(name, language)
    assert whole is not None
    assert not re.findall(r'src="(?!/manual/)|<(?:script|style|iframe|link|form)|\sstyle=|\son\w+="', whole.html)
    assert "<!--" not in whole.html and "&lt;!--" not in re.sub(r"<pre>.*?</pre>", "", whole.html, flags=re.S)


def test_a_page_that_is_not_translated_is_in_english_and_says_so() -> None:
    assert leaf("commands", "es") == leaf("commands", "en")


@pytest.mark.parametrize("name", ["nothing", "../config", "/etc/passwd", "es/start", "", "start.md", "start\0"])
def test_no_other_file_is_a_page_or_a_picture(name: str) -> None:
    assert leaf(name, "en") is None and picture(name) is None


def test_a_picture_is_served_as_it_is() -> None:
    assert picture("share-pages.png") == ((HELP / "share-pages.png").read_bytes(), "image/png")


TABLE = """\
<div class="scroll" tabindex="0"><table class="list">
<thead>
<tr>
<th class="number">a</th>
</tr>
</thead>
<tbody>
<tr>
<td class="number">1</td>
</tr>
</tbody>
</table></div>"""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[a](config.md#who-is-told)", '<p><a href="/manual/config#who-is-told">a</a></p>'),
        ("[a](../config.md)", '<p><a href="/manual/config">a</a></p>'),
        ("[a](#b)", '<p><a href="#b">a</a></p>'),
        ("[a](../../README.md#try-it)", "<p><span>a</span></p>"),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>"),
        ("[a](https://e.org)", '<p><a href="https://e.org" rel="noopener noreferrer">a</a></p>'),
        ("![b](c/d.png)", '<p><img src="/manual/d.png" alt="b" /></p>'),
        ("|a|\n|-:|\n|1|", TABLE),
        ("# A `b`: c!", '<h1 id="a-b-c">A <code>b</code>: c!</h1>'),
        ("<!-- file: a&b.toml -->", '<p class="file small quiet">a&amp;b.toml</p>'),
        ("<!-- now: 2026 -->", ""),
        ("<script>x</script>\n\na <b onclick=x>c</b> &lt;", "<p>a c &lt;</p>"),
    ],
)
def test_markdown_becomes_what_the_desk_can_show(text: str, shown: str) -> None:
    assert html(text).strip() == shown


def test_headings_are_named_as_links_name_them() -> None:
    assert anchor("What became of it?") == "what-became-of-it" and anchor("¿Qué es?") == "qué-es"
