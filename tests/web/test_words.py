"""The desk in Spanish: nothing of its own is left in English, and what comes in English says so."""

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

from bot.pages import catalog, manual, messages
from bot.work import people
from tests.making import write
from tests.web.conftest import Stage, Visitor
from tests.web.test_hostile import crawled
from tests.web.words import DEED, ROOMS, of_room

OWN = {*messages("desk"), *(word for file in ROOMS.glob("*.py") for word in of_room(file))}
SPANISH = {"accept-language": "es-MX"}
# The same in both languages.
SAME = {"No", "no", "Manual"}


def test_every_word_of_the_desk_is_there_in_spanish() -> None:
    spanish = catalog("es")
    assert set(spanish) >= OWN
    assert {english for english in OWN if spanish[english] == english} <= SAME


def test_nobody_is_addressed_as_a_stranger() -> None:
    formal = re.compile(r"\busted(es)?\b|\bvosotr[oa]s\b|(^|[.:] )(Abra|Copie|Elija|Escriba|Haga|Mire|Pulse|Vuelva)\b")
    assert [spanish for spanish in catalog("es").values() if formal.search(spanish)] == []


def test_a_sentence_that_comes_in_english_says_so(organizer: Visitor) -> None:
    answer = organizer.client.get("/week?from=someday", headers=SPANISH)
    assert '<html lang="es">' in answer.text
    assert '<span lang="en">&#34;someday&#34; is no day.' in answer.text
    assert '<span lang="en">' not in organizer.client.get("/week?from=someday").text


def test_a_sentence_that_is_known_comes_in_spanish(stage: Stage, reviewer: Visitor) -> None:
    typed = {"name": "Ana", "password": "something else"}
    answer = stage.visitor().client.post("/sign-in", data=typed, headers=SPANISH).text
    assert 'id="fault">El nombre o la contraseña no son correctos.</p>' in answer
    forbidden = reviewer.client.get("/accounts/town/start", headers=SPANISH).text
    assert '<p class="fault pre">Esto solo pueden hacerlo quienes organizan.' in forbidden


def test_why_nothing_is_said_comes_in_spanish_too(organizer: Visitor) -> None:
    organizer.post("/pause", {"campaign": ""})
    week = organizer.client.get("/week", headers=SPANISH).text
    assert '<span class="quiet">en pausa</span>' in week and "omitido" in week


def test_what_a_network_asks_comes_in_spanish(organizer: Visitor) -> None:
    form = organizer.client.get("/connect/bluesky", headers=SPANISH).text
    assert "<span>Contraseña</span>" in form and '<span lang="en">' not in form
    assert 'crea en <a href="https://bsky.app/settings/app-passwords"' in form


def test_the_manual_names_the_buttons_of_the_desk_as_they_are_called() -> None:
    english, spanish = (Path(manual.__file__).parents[1].joinpath("help", one) for one in ("desk.md", "es/desk.md"))
    named = set(re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", english.read_text("utf-8"))) & set(catalog("es"))
    assert len(named) > 4
    assert [one for one in named if f"*{catalog('es')[one]}*" not in spanish.read_text("utf-8")] == []


class Reader(HTMLParser):
    """What somebody hears on a page in its own language; names, addresses and what others wrote are left out."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.heard: list[str] = []
        self._inside: list[tuple[str, bool]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        is_other = found.get("lang", "es") != "es" or tag in ("script", "style", "code", "pre", "textarea")
        if tag not in ("br", "hr", "img", "input", "link", "meta"):
            self._inside.append((tag, is_other))
        self.heard += [
            value for name in ("alt", "aria-label", "placeholder", "title", "data-done") if (value := found.get(name))
        ]

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(is_other for _, is_other in self._inside):
            self.heard.append(data)


ENGLISH = re.compile(r"\b(the|this|that|and|with|not|is|are|was|has|its|there|nobody|somebody)\b", re.I)


def test_no_page_in_spanish_says_english_words_as_if_they_were_spanish(stage: Stage, organizer: Visitor) -> None:
    stage.tick(hours=2)
    organizer.client.headers.update(SPANISH)
    paths = [path for path in crawled(organizer, 60)[0] if not path.startswith("/manual")]
    heard = {words for path in paths for words in Reader(organizer.client.get(path).text).heard}
    assert "Semana" in heard
    assert [words for words in heard if ENGLISH.search(words)] == []


def test_who_did_what_is_told_in_spanish(stage: Stage, organizer: Visitor) -> None:
    for deed in ("pause", "resume"):
        organizer.post(f"/{deed}", {"campaign": ""})
    people.note(stage.app, stage.app.store.people.all()[0], "moved to noon", "town & <b>")
    found = organizer.client.get("/people/deeds", headers=SPANISH).text
    assert '<span><strong dir="auto">Ana</strong> pausó todo</span>' in found
    strange = '<span lang="en"><strong dir="auto">Ana</strong> moved to noon <bdi>town &amp; &lt;b&gt;</bdi></span>'
    assert strange in found
    deeds = {one for file in ROOMS.glob("*.py") for one in noted(file)}
    assert len(deeds) > 15
    assert [one for one in deeds if not any(known.startswith(f"{DEED}{one} ") for known in catalog("es"))] == []


def noted(file: Path) -> set[str]:
    """The deeds that a room writes down with people.note(…, "…", …)."""
    calls = (node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call))
    texts = [call.args[2] for call in calls if ast.unparse(call.func) == "people.note"]
    return {str(one.value) for one in texts if isinstance(one, ast.Constant)}


def test_what_is_most_often_wrong_in_a_library_comes_in_spanish(stage: Stage, organizer: Visitor) -> None:
    write(stage.folder, {"posts/air/long.en.txt": f"{'w' * 6000} #cleanairforeverybody\n"})
    found = organizer.get("/library/air/long", **{"accept-language": "es"}).words
    assert "ninguna redacción cabe en" in found and "«#cleanairforeverybody» es difícil de leer en voz alta" in found
    assert "Acórtala" in found and "Empieza cada palabra con mayúscula" in found


def test_a_sentence_with_a_name_in_it_comes_in_spanish_with_the_name(organizer: Visitor) -> None:
    found = organizer.client.get("/accounts/no%20%25s%20<b>", headers=SPANISH).text
    assert "ninguna cuenta «no %s &lt;b&gt;». Hay estas: town." in found
