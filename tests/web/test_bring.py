"""Import at the desk: pasted or sent, seen, changed, written; whatever is sent, nothing is overwritten or broken."""

import json
import tomllib
from collections.abc import Callable

import pytest

from bot.core import says, sift
from bot.pages import catalog
from bot.work import people
from tests.documents import docx, entity_bomb, lying_bomb, zip_bomb
from tests.web.conftest import Page, Stage, Visitor
from tests.web.test_hostile import HOSTILE, is_calm
from tests.web.words import ROOMS, TEMPLATES, of_room, of_template

KIT = """\
Our sample posts
- Two buses are for all of us in [CITY]. https://example.org/sign
- Sign the petition for the lane!
"""


class Shown(Page):
    """A page whose forms hold what stands in their boxes, too."""

    def __init__(self, text: str) -> None:
        self._box = ""
        super().__init__(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attrs)
        self._box = dict(attrs).get("name") or "" if tag == "textarea" else ""

    def handle_endtag(self, tag: str) -> None:
        self._box = ""

    def handle_data(self, data: str) -> None:
        super().handle_data(data)
        if self._box:
            self._form[self._box] += data.removeprefix("\n")


def read(visitor: Visitor, words: str = KIT, status: int = 200, **more: str) -> Shown:
    answer = visitor.post("/import", {"words": words, "campaign": "air", **more})
    assert answer.status_code == status, answer.text
    return Shown(answer.text)


def sent(visitor: Visitor, name: str, content: bytes, status: int = 200) -> Shown:
    answer = visitor.post("/import", {"campaign": "air"}, files={"document": (name, content)})
    assert answer.status_code == status, answer.text
    return Shown(answer.text)


def fields(page: Shown) -> dict[str, str]:
    """What the page's form sends if nothing is changed; its ticks say "on" where they are set."""
    return dict(page.forms["/import/save"])


def ticked(page: Shown, *numbers: int) -> dict[str, str]:
    """The form with these posts ticked."""
    return {name: value for name, value in fields(page).items() if not name.startswith("keep-")} | {
        f"keep-{number}": "on" for number in numbers
    }


def pressed(visitor: Visitor, to: str, told: dict[str, str], status: int = 200) -> Shown:
    answer = visitor.client.post(to, data=told, follow_redirects=True)
    assert answer.status_code == status, answer.text
    return Shown(answer.text)


def posts(stage: Stage) -> set[str]:
    return {path.name for path in (stage.folder / "posts").rglob("*.txt")} - {"bus.en.txt", "tree.en.txt"}


def words(stage: Stage, name: str) -> str:
    return next((stage.folder / "posts").rglob(name)).read_text(encoding="utf-8")


def test_pasted_words_are_shown_as_posts_with_their_problems_and_written_once_that_is_wanted(
    stage: Stage, organizer: Visitor
) -> None:
    assert "/import" in organizer.get("/import").forms
    shown = read(organizer)
    assert '{{ me.city or "my town" }}' in shown.words and "hold no link" in shown.words
    assert 'sign = "https://example.org/sign"' in shown.words and posts(stage) == set()
    after = pressed(organizer, "/import/save", ticked(shown, 0, 1))
    assert "These posts are in the library now" in after.words
    assert posts(stage) == {"two-buses-are-for-all.en.txt", "sign-the-petition-for-the.en.txt"}
    assert '+++\nlink = "sign"\n+++\nTwo buses' in words(stage, "two-buses-are-for-all.en.txt")
    deed = people.audit(stage.app, 1)[0]
    assert (deed.deed, deed.about) == ("imported 2 posts", "air")


def test_a_word_document_is_read(stage: Stage, organizer: Visitor) -> None:
    raw = docx(
        ("Heading 1", "Español"), ("List Bullet", "Dos autobuses son para todos."), ("List Bullet", "¡Firma hoy!")
    )
    shown = sent(organizer, "../../kit.docx", raw)
    assert fields(shown)["language-0-0"] == "es" and "Dos autobuses son para todos." in shown.words


def test_words_names_campaign_and_language_may_be_changed_first(stage: Stage, organizer: Visitor) -> None:
    told = ticked(read(organizer), 0)
    told |= {
        "campaign": "water",
        "name-0": "river",
        "language-0-0": "pt-BR",
        "words-0-0": "O rio.\r\n---\r\nO mar.\r\n",
    }
    pressed(organizer, "/import/save", told)
    assert posts(stage) == {"river.pt-BR.txt"} and words(stage, "river.pt-BR.txt") == "O rio.\n---\nO mar.\n"
    assert 'languages = ["pt-BR"]' in (stage.folder / "posts/water/campaign.toml").read_text()


def test_what_was_changed_is_looked_over_again(stage: Stage, organizer: Visitor) -> None:
    told = ticked(read(organizer), 0, 1) | {"words-0-0": "In {{ me.town }} we ride.", "words-1-0": "Ride."}
    shown = pressed(organizer, "/import/look", told)
    assert "a supporter's fact stands alone" in shown.words and "hold no link" not in shown.words
    assert fields(shown)["name-0"] == "two-buses-are-for-all" and posts(stage) == set()


def test_what_was_left_aside_can_be_taken_too(stage: Stage, organizer: Visitor) -> None:
    shown = read(organizer)
    assert "Left aside: 1" in shown.words
    pressed(organizer, "/import/save", ticked(shown, 2))
    assert posts(stage) == {"our-sample-posts.en.txt"}


def test_nothing_ticked_is_told(stage: Stage, organizer: Visitor) -> None:
    shown = pressed(organizer, "/import/save", ticked(read(organizer)), 400)
    assert "No post is ticked" in shown.words and fields(shown)["name-0"] == "two-buses-are-for-all"


def test_nothing_that_is_there_is_overwritten(stage: Stage, organizer: Visitor) -> None:
    shown = pressed(organizer, "/import/save", ticked(read(organizer), 0) | {"name-0": "BUS"}, 400)
    assert 'There is a post "BUS" already, and it stays as it is.' in shown.words
    assert fields(shown)["name-0"] == "BUS" and "Buses run on time." in words(stage, "bus.en.txt")
    told = ticked(read(organizer), 0)
    pressed(organizer, "/import/save", told)
    pressed(organizer, "/import/save", told, 400)
    assert len(posts(stage)) == 1


@pytest.mark.parametrize("name", ["../up", "..", "/etc", "a/b", "a\\b", "con", "", "a" * 300, "a\x00b", "{{ 7 }}"])
def test_a_campaign_or_a_name_that_leads_elsewhere_is_refused(stage: Stage, organizer: Visitor, name: str) -> None:
    before = sorted(stage.folder.rglob("*"))
    told = ticked(read(organizer), 0)
    for changed in ({"campaign": name}, {"name-0": name}):
        for to in ("/import/save", "/import/look"):
            pressed(organizer, to, told | changed, 400)
    assert [path for path in sorted(stage.folder.rglob("*")) if path not in before and path.suffix == ".txt"] == []


@pytest.mark.parametrize("title", ["../up", "/etc/passwd", "a\\b", "con", "{{ 7 * 7 }}", "Agua limpia: ¡sí!"])
def test_a_new_campaign_may_be_called_anything_and_stays_in_the_library(
    stage: Stage, organizer: Visitor, title: str
) -> None:
    shown = read(organizer, begun=title)
    assert fields(shown)["title"] == title
    pressed(organizer, "/import/save", ticked(shown, 0))
    (folder,) = [path for path in (stage.folder / "posts").iterdir() if path.name != "air"]
    assert folder.name == fields(shown)["campaign"]
    assert tomllib.loads((folder / "campaign.toml").read_text("utf-8"))["title"] == title


def test_a_campaign_is_called_as_its_document_is(stage: Stage, organizer: Visitor) -> None:
    shown = read(organizer, "Clean air for all of us\n" + KIT, campaign="")
    told = fields(shown)
    assert (told["title"], told["campaign"]) == ("Clean air for all of us", "clean-air-for-all-of")


def test_an_address_among_the_words_does_not_stand_behind_them_as_well(organizer: Visitor) -> None:
    shown = organizer.post(
        "/import", {"words": "- Sign here: https://example.org/sign and be many!\n", "campaign": "air"}
    )
    assert "Sign here: https://example.org/sign and be many!" in shown.text
    assert "Behind the words" not in shown.text


def test_a_post_is_read_without_braces_and_tells_what_it_asks_for(organizer: Visitor) -> None:
    page = organizer.post("/import", {"words": KIT, "campaign": "air"}).text
    assert "Two buses are for all of us in <mark>my town</mark>." in page
    words = Shown(page).words
    assert "Each supporter may fill in what is marked: Your city or town" in " ".join(words.split())
    assert "Behind the words: https://example.org/sign" in " ".join(words.split())


def test_a_problem_stands_beside_the_wording_that_it_is_about(organizer: Visitor) -> None:
    words = "- Two buses are for all of us.\n- OR\n- Sign the petition for the lane! #CLEANAIRFORALLOFUS\n"
    for answer in (
        organizer.post("/import", {"words": words, "campaign": "air"}),
        organizer.client.post("/import/look", data=ticked(read(organizer, words), 0)),
    ):
        first, second = answer.text.split('class="wording')[1:3]
        assert "hard to read aloud" in second and "hard to read aloud" not in first


def test_what_was_left_aside_says_why(organizer: Visitor) -> None:
    told = " ".join(read(organizer).words.split())
    assert "Left aside: a heading" in told
    again = pressed(organizer, "/import/look", ticked(read(organizer), 0))
    assert "Left aside: a heading" in " ".join(again.words.split())


def test_why_it_was_left_aside_is_said_in_spanish_too(organizer: Visitor) -> None:
    organizer.client.headers["accept-language"] = "es"
    page = organizer.post("/import", {"words": KIT, "campaign": "air"}).text
    assert "Apartado: <bdi>un título</bdi>" in page
    whys = {getattr(module, name) for module in (says, sift) for name in dir(module) if name.isupper()}
    assert {why for why in whys if isinstance(why, str) and why[:1].islower()} <= set(catalog("es"))


def test_a_document_in_which_nothing_looks_like_a_post_is_shown_with_nothing_ticked(
    stage: Stage, organizer: Visitor
) -> None:
    shown = read(organizer, "Photo by Ana Ruiz")
    assert "Ticked: 0" in shown.words
    pressed(organizer, "/import/save", ticked(shown, 0))
    assert posts(stage) == {"photo-by-ana-ruiz.en.txt"}


def test_an_import_leads_to_the_timetable_with_its_campaign_chosen(organizer: Visitor) -> None:
    after = pressed(organizer, "/import/save", ticked(read(organizer, begun="Clean water"), 0))
    assert "/schedule/new?campaign=clean-water" in after.links
    row = organizer.client.get("/schedule/new?campaign=clean-water").text
    assert '<option value="clean-water" selected>' in row
    again = pressed(organizer, "/import/save", ticked(read(organizer), 0))
    assert "The timetable names this campaign already" in again.words and "/schedule" in again.links


def test_an_import_is_taken_back(stage: Stage, organizer: Visitor) -> None:
    before = (stage.folder / "posts/air/campaign.toml").read_bytes()
    after = pressed(organizer, "/import/save", ticked(read(organizer), 0, 1))
    assert len(posts(stage)) == 2
    back = organizer.press(after, "/import/undo")
    assert "Taken back" in back.words and posts(stage) == set()
    assert (stage.folder / "posts/air/campaign.toml").read_bytes() == before
    assert people.audit(stage.app, 1)[0].deed == "took back the import of"
    assert "can no longer be taken back" in organizer.press(after, "/import/undo", 409).words


def test_an_import_that_was_changed_or_said_is_not_taken_back(stage: Stage, organizer: Visitor) -> None:
    changed = pressed(organizer, "/import/save", ticked(read(organizer), 0))
    file = stage.folder / "posts/air/two-buses-are-for-all.en.txt"
    file.write_text(file.read_text() + "More.\n")
    assert "Nothing was taken back" in organizer.press(changed, "/import/undo", 409).words
    said = pressed(organizer, "/import/save", ticked(read(organizer, "- We ride on.\n- We ride in."), 0, 1))
    for name in ("bus.en.txt", "tree.en.txt"):
        (stage.folder / "posts/air" / name).unlink()
    stage.tick(hours=3)
    assert "were said already" in organizer.press(said, "/import/undo", 409).words
    assert len(posts(stage)) == 3


def test_a_new_campaign_that_the_timetable_names_is_not_taken_back(stage: Stage, organizer: Visitor) -> None:
    after = pressed(organizer, "/import/save", ticked(read(organizer, begun="water"), 0))
    config = stage.folder / "config.toml"
    config.write_text(config.read_text() + '[[schedule]]\ncampaign = "water"\naccounts = ["town"]\ntimes = ["12:00"]\n')
    assert "The timetable names this campaign already" in organizer.press(after, "/import/undo", 409).words
    assert len(posts(stage)) == 1


def test_a_language_that_leads_elsewhere_is_refused(stage: Stage, organizer: Visitor) -> None:
    for language in ("../x", "english", "e\x00n"):
        pressed(organizer, "/import/save", ticked(read(organizer), 0) | {"language-0-0": language}, 400)
        read(organizer, status=400, language=language)
    assert posts(stage) == set()


@pytest.mark.parametrize(
    ("name", "made", "why"),
    [
        ("kit.docx", zip_bomb, "huge when unpacked"),
        ("kit.docx", lying_bomb, "damaged"),
        ("kit.docx", entity_bomb, "no word processor writes"),
        ("kit.exe", lambda: b"MZ", "cannot read"),
        ("kit.txt", lambda: b"\x00\x01\x02\x03", "is no text"),
    ],
    ids=["bomb", "lies", "entities", "program", "no text"],
)
def test_a_dangerous_document_is_refused_with_a_sentence(
    stage: Stage, organizer: Visitor, name: str, made: Callable[[], bytes], why: str
) -> None:
    assert why in sent(organizer, name, made(), 400).words
    assert posts(stage) == set()


def test_nothing_sent_is_told_and_what_was_chosen_stays(organizer: Visitor) -> None:
    shown = read(organizer, "  ", 400, begun="water")
    assert "Choose a file, or paste its words" in shown.words and shown.forms["/import"]["begun"] == "water"


@pytest.mark.parametrize(
    "needs",
    ["", "[]", "{", '{"links": 3, "facts": {}}', '{"links": {"a-b": {}}, "facts": {}}',
     '{"links": {"a": {"": 1}}, "facts": {}}',
     "[" * 9999,
     json.dumps({"links": {"sign": {"": "\ud800"}}, "facts": {}}),
     json.dumps({"links": {"x": {"../": "y"}}, "facts": {}})],
)  # fmt: skip
def test_a_form_that_somebody_made_up_is_refused(stage: Stage, organizer: Visitor, needs: str) -> None:
    told = ticked(read(organizer), 0)
    assert organizer.client.post("/import/save", data=told | {"needs": needs}).status_code == 400
    for count in ("", "-1", "9" * 30, "٣", "999"):
        assert organizer.client.post("/import/save", data=told | {"count": count}).status_code == 400
    assert posts(stage) == set()


def test_what_a_document_holds_is_shown_and_never_run(stage: Stage, organizer: Visitor) -> None:
    hostile = (
        '- <script>alert(1)</script> "quoted" {{ 7 * 7 }} {% for a in b %}\n- </textarea><img src=x onerror=alert(1)>\n'
    )
    answer = organizer.post("/import", {"words": hostile, "campaign": "air"})
    assert answer.status_code == 200
    assert (
        "<script>alert" not in answer.text and "<img src=x" not in answer.text and "49" not in Page(answer.text).words
    )
    pressed(organizer, "/import/save", ticked(Shown(answer.text), 0, 1))
    assert len(posts(stage)) == 2


@pytest.mark.parametrize("field", ["campaign", "name-0", "language-0-0", "words-0-0", "needs", "count", "keep-0"])
def test_whatever_is_typed_into_a_field_is_answered_in_words(stage: Stage, organizer: Visitor, field: str) -> None:
    told = ticked(read(organizer), 0)
    for typed in HOSTILE:
        for to in ("/import/look", "/import/save"):
            answer = organizer.client.post(to, data=told | {field: typed}, follow_redirects=True)
            assert answer.status_code in (200, 400, 409) and is_calm(answer.text), (field, typed, answer.text)


def test_a_reviewer_imports_nothing(stage: Stage, reviewer: Visitor) -> None:
    assert reviewer.client.get("/import").status_code == 403 and "/import" not in reviewer.get("/week").links
    for to in ("/import", "/import/look", "/import/save"):
        assert reviewer.post(to, {"words": KIT}).status_code == 403


def test_without_the_key_of_the_page_nothing_is_written(stage: Stage, organizer: Visitor) -> None:
    told = ticked(read(organizer), 0) | {"key": "other"}
    assert organizer.client.post("/import/save", data=told).status_code == 403 and posts(stage) == set()


def test_every_word_of_the_import_is_translated() -> None:
    own = {word for file in TEMPLATES.glob("import*.html") for word in of_template(file)}
    assert own | of_room(ROOMS / "bring.py") <= set(catalog("es"))


def test_a_document_of_too_many_parts_is_told(organizer: Visitor) -> None:
    posts = [f"- Post number {number} is for all.\n" for number in range(381)]
    assert "more parts than one page holds" in read(organizer, "".join(posts), 400).words
    assert organizer.client.post("/import/look", data=fields(read(organizer, "".join(posts[:380])))).status_code == 200
