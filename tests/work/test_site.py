"""The share pages are whole files that need no server, and say what the library says."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin

import pytest

from bot.app import App
from bot.config import default
from bot.core.problem import Problem
from bot.work.site import Files, own_name, site
from tests.making import NETWORKS, NOW, app, library, write

ROOT = Path(__file__).parents[2]
TODAY = NOW.date()
CAMPAIGN = 'title = "Clean <air>"\nlanguages = ["en", "es"]\n[links]\nsign = "https://example.org/sign?a=1&b=2"\n'
POST = '+++\nlink = "sign"\n+++\nBuses & "bikes" <run> on time.\n'


def sample() -> App:
    config = default(ROOT, ROOT / "posts", {"families-belong-together": None})
    return App(config=config, networks=NETWORKS, clock=lambda: NOW)


def built(opened: App, *paused: str) -> Files:
    told: list[Problem] = []
    files = site(opened, TODAY, told.append, paused)
    assert told == []
    return files


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, raw: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(raw.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def of(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag == name]


@pytest.fixture(scope="module")
def pages() -> Files:
    return built(sample())


def test_the_same_library_on_the_same_day_gives_the_same_bytes(pages: Files) -> None:
    assert built(sample()) == pages


def test_there_is_a_page_for_the_campaign_and_each_post_in_each_language(pages: Files) -> None:
    for language in ("en", "es"):
        folder = f"families-belong-together/{language}"
        names = json.loads(pages[f"{folder}/posts.json"])
        assert len(names) > 20 and f"{folder}/index.html" in pages
        assert all(any(path.startswith(f"{folder}/{name}/") for path in pages) for name in names)


def test_a_post_to_targets_has_a_page_for_each(pages: Files) -> None:
    for target, name in (("representative", "my representative in Congress"), ("senator", "my senator")):
        page = pages[f"families-belong-together/en/ask-my-representative/{target}/index.html"].decode()
        assert f"To: <bdi>{name}</bdi>" in page


def test_every_address_within_the_pages_leads_to_a_file(pages: Files) -> None:
    for path, raw in pages.items():
        if path.endswith(".html"):
            tags = Tags(raw)
            found = [one.get("href") for one in (*tags.of("a"), *tags.of("link"))]
            found += [one.get("src") for one in (*tags.of("img"), *tags.of("script"))]
            for address in filter(None, found):
                if not re.match("[a-z]+:|#", address):
                    assert unquote(urljoin(path, address)) in pages, (path, address)


def test_no_page_names_anything_to_load_from_elsewhere_nor_holds_script_or_style(pages: Files) -> None:
    for path, raw in pages.items():
        if path.endswith(".html"):
            tags = Tags(raw)
            loaded = [one.get("src") or "" for tag in ("script", "img", "iframe") for one in tags.of(tag)]
            loaded += [one["href"] or "" for one in tags.of("link") if one["rel"] == "stylesheet"]
            assert not [one for one in loaded if re.match("[a-z]+:|//", one)], path
            assert not tags.of("style") and not [one for _, one in tags.found if "style" in one], path
            assert all(one.get("src") for one in tags.of("script")), path
            [policy] = [one["content"] for one in tags.of("meta") if one.get("http-equiv")]
            assert policy and "default-src 'none'; script-src 'self'; style-src 'self'" in policy


def test_words_that_look_like_html_stay_words(tmp_path: Path) -> None:
    raw = built(app(library(tmp_path, {"bus.en.txt": POST, "bus.es.txt": "Hola."}, CAMPAIGN)))["air/en/index.html"]
    assert b"Buses &amp; &#34;bikes&#34; &lt;run&gt; on time." in raw and b"<run>" not in raw
    assert b"Clean &lt;air&gt;" in raw


def test_a_page_that_is_not_in_another_language_leads_to_the_campaign_there(tmp_path: Path) -> None:
    posts = {"bus.en.txt": POST, "bus.es.txt": "Hola.\n", "only.en.txt": "Only here.\n"}
    files = built(app(library(tmp_path, posts, CAMPAIGN)))
    tongues = [one.get("href") for one in Tags(files["air/en/bus/index.html"]).of("a") if one.get("hreflang")]
    assert tongues == ["../../en/bus/index.html", "../../es/bus/index.html"]
    tongues = [one.get("href") for one in Tags(files["air/en/only/index.html"]).of("a") if one.get("hreflang")]
    assert tongues == ["../../en/only/index.html", "../../es/index.html"]


def test_a_page_has_no_heading_for_what_nobody_wrote(tmp_path: Path) -> None:
    posts = {"bus.en.txt": "Buses run.\n", "tram.en.txt": '+++\nlink = "sign"\n+++\nTrams run.\n'}
    bare = built(app(library(tmp_path / "bare", {"bus.en.txt": "Buses run.\n"}, 'title = "Air"\n')))
    full = built(app(library(tmp_path / "full", posts, 'about = "We ask for air."\n' + CAMPAIGN)))
    for path, page in bare.items():
        assert b"What this is about" not in page and b"What is added" not in page, path
    for path in ("air/en/index.html", "air/en/tram/index.html"):
        assert b"What this is about" in full[path] and b"What is added" in full[path], path


def test_posts_that_are_over_are_left_out(tmp_path: Path) -> None:
    posts = {"old.en.txt": "+++\nuntil = 2026-11-20\n+++\nOld.\n", "new.en.txt": "New.\n"}
    files = built(app(library(tmp_path, posts)))
    assert json.loads(files["air/en/posts.json"]) == ["new"]
    assert b"Old." not in files["air/en/index.html"]


def test_a_paused_campaign_has_a_page_that_offers_nothing(tmp_path: Path) -> None:
    files = built(app(library(tmp_path, {"new.en.txt": "New.\n"})), "air")
    assert b"nothing to share here just now" in files["air/en/index.html"]
    assert json.loads(files["air/en/posts.json"]) == []
    assert b"New." not in b"".join(files.values())


def test_names_that_are_no_plain_letters_lead_where_they_should(tmp_path: Path) -> None:
    files = built(app(library(tmp_path, {"año nuevo.en.txt": "New.\n"}, name="aire & más")))
    assert "aire & más/en/año nuevo/index.html" in files
    hrefs = [one.get("href") for one in Tags(files["aire & más/en/index.html"]).of("a")]
    assert "a%C3%B1o%20nuevo/index.html" in hrefs


def test_without_script_different_posts_open_with_different_wordings(tmp_path: Path) -> None:
    posts = {f"{name}.en.txt": f"{name} one.\n---\n{name} two.\n" for name in ("a", "b", "c")}
    page = built(app(library(tmp_path, posts)))["air/en/index.html"].decode()
    first = re.findall(r'<p class="words"[^>]*>(. \w+)\.', page)
    assert sorted(first) == ["a one", "b two", "c one"]


@pytest.mark.parametrize(("code", "name"), [("en", "English"), ("es", "Español"), ("pt-BR", "Português (Brasil)")])
def test_a_language_is_named_in_itself(code: str, name: str) -> None:
    assert own_name(code) == name


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Files:
    opened = app(library(tmp_path_factory.mktemp("public"), {"bus.en.txt": POST, "bus.es.txt": "Hola.\n"}, CAMPAIGN))
    return built(replace(opened, config=replace(opened.config, site="https://share.example.org")))


def test_a_page_with_an_address_tells_networks_what_to_show(public: Files) -> None:
    tags = Tags(public["air/en/bus/index.html"])
    told = {one.get("property") or one.get("name"): one.get("content") for one in tags.of("meta")}
    assert told["og:url"] == "https://share.example.org/air/en/bus/"
    assert told["og:title"] == told["og:description"] == 'Buses & "bikes" <run> on time.'
    assert told["og:image"] == "https://share.example.org/air/en/bus/card.png" and "air/en/bus/card.png" in public
    assert told["twitter:card"] == "summary_large_image"
    alternates = {one["hreflang"]: one["href"] for one in tags.of("link") if one.get("hreflang")}
    assert alternates["es"] == "https://share.example.org/air/es/bus/"


def test_a_feed_says_what_can_be_shared(public: Files) -> None:
    feed = json.loads(public["air/en/feed.json"])
    assert feed["version"] == "https://jsonfeed.org/version/1.1" and feed["title"] == "Clean <air>"
    [item] = feed["items"]
    assert item["url"] == "https://share.example.org/air/en/bus/"
    assert item["content_text"].startswith('Buses & "bikes" <run> on time.')


def test_without_an_address_nothing_that_needs_one_is_there(pages: Files) -> None:
    assert not [path for path in pages if path.endswith(("card.png", "qr.svg", "feed.json"))]
    assert b"og:" not in pages["families-belong-together/en/index.html"]


def test_a_link_that_takes_no_words_leads_to_the_posts_page(public: Files) -> None:
    assert b"https%3A%2F%2Fshare.example.org%2Fair%2Fen%2Fbus%2F" in public["air/en/bus/index.html"]


def test_the_pages_speak_the_language_of_their_posts(pages: Files) -> None:
    spanish = pages["families-belong-together/es/index.html"].decode()
    assert '<html lang="es" dir="ltr">' in spanish and "Dilo con tu propia voz" in spanish and "5.000" in spanish
    assert "Say it in your own voice" not in spanish


def test_a_language_that_is_written_from_the_right_begins_there(tmp_path: Path) -> None:
    page = built(app(library(tmp_path, {"a.ar.txt": "مرحبا\n"})))["air/ar/index.html"]
    assert b'<html lang="ar" dir="rtl">' in page


def test_words_run_their_own_way_on_a_page_from_the_right_and_addresses_from_the_left(tmp_path: Path) -> None:
    opened = app(library(tmp_path, {"a.ar.txt": "مرحبا\n"}))
    files = built(replace(opened, config=replace(opened.config, site="https://share.example.org")))
    for name in ("air/ar/index.html", "air/ar/a/index.html"):
        tags = Tags(files[name])
        assert {one.get("dir") for tag in ("textarea", "h1", "dd") for one in tags.of(tag)} == {"auto"}
        addresses = [one for one in tags.of("span") if one.get("class") == "address"]
        addresses += [one for one in tags.of("input") if one.get("id") == "here" or "data-answer" in one]
        assert len(addresses) == 3 and {one.get("dir") for one in addresses} == {"ltr"}


def test_the_campaigns_colour_and_logo_are_the_pages(tmp_path: Path) -> None:
    logo = (ROOT / "posts" / "families-belong-together" / "images" / "court.png").read_bytes()
    write(tmp_path, {"posts/air/images/logo.png": logo})
    files = built(
        app(library(tmp_path, {"a.en.txt": "Hello.\n"}, 'colour = "#003366"\nlogo = "images/logo.png"\n' + CAMPAIGN))
    )
    assert b"--campaign: #003366" in files["air/colours.css"]
    [logo_path] = [path for path in files if "logo-" in path]
    assert logo_path.removeprefix("air/").encode() in files["air/en/index.html"] and files[logo_path] == logo
