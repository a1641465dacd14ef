"""The library at the desk: posts are found, tried and changed; nobody's words are lost, nothing leaves its folder."""

from pathlib import Path
from urllib.parse import quote

from bot.work.people import Role
from bot.work.review import review
from tests.making import write
from tests.web.conftest import Stage, Visitor, path

AIR = (
    'title = "Clean air"\nlanguages = ["en", "es"]\n[links]\nsign = "https://streets.org/sign"\n'
    '[ask.city]\nlabel = "Your city"\n'
)
EDIT = "/library/air/bus/en"
HOSTILE = '"><script>alert(1)</script>{{ 1234567 * 3 }}<img src=x onerror=alert(2)>'


def posts(stage: Stage) -> Path:
    return stage.folder / "posts" / "air"


def test_the_list_shows_words_as_people_read_them(stage: Stage, organizer: Visitor) -> None:
    write(posts(stage), {"campaign.toml": AIR, "car.en.txt": 'A car in {{ me.city or "my town" }}: {{ links.sign }}\n'})
    assert "A car in my town: https://streets.org/sign" in organizer.get("/library").words


def test_posts_are_found_by_what_somebody_knows_of_them(stage: Stage, organizer: Visitor) -> None:
    every = organizer.get("/library")
    assert (
        "/library/air/bus" in every.links and "/library/air/tree" in every.links and "Posts 1 to 2 of 2" in every.words
    )
    found = organizer.get("/library?words=LUNG")
    assert "/library/air/tree" in found.links and "/library/air/bus" not in found.links
    assert "/library/air/bus" in organizer.get("/library?tag=facts").links
    assert "No post is like this." in organizer.get("/library?state=expired").words


def test_the_list_tells_how_often_a_post_was_said_and_until_when_it_rests(stage: Stage, organizer: Visitor) -> None:
    write(stage.folder, {"posts/air/tree.en.txt": '+++\nrest = "14d"\n+++\nA tree is a lung.\n'})
    stage.tick(hours=2)
    stage.tick(hours=9)
    resting = organizer.get("/library?state=resting")
    assert "/library/air/tree" in resting.links and "said 1 ×" in resting.words
    assert "rests until Dec 5, 2026" in resting.words


def test_the_library_says_for_each_account_and_network_why_it_cannot_say_a_post(
    stage: Stage, organizer: Visitor
) -> None:
    write(stage.folder, {"posts/air/campaign.toml": AIR, "posts/air/asks.en.txt": "{{ me.city }} breathes.\n"})
    for page in ("/library?state=no+account", "/library/air/asks"):
        shown = " ".join(organizer.get(page).words.split())
        assert "no account can say it" in shown
        assert "asks for: Your city; so it is for share pages only" in shown and "town (Outbox):" in shown


def test_a_post_shows_its_words_in_each_language_and_as_its_accounts_say_it(stage: Stage, organizer: Visitor) -> None:
    write(stage.folder, {"posts/air/campaign.toml": AIR, "posts/air/bus.es.txt": "Los autobuses llegan.\n"})
    one = organizer.get("/library/air/bus")
    assert "Ride the bus." in one.words and "Los autobuses llegan." in one.words and " of 500" in one.words
    assert EDIT in one.links and "/library/air/bus/es" in one.links
    assert "There is no translation yet." in organizer.get("/library/air/tree").words


def test_problems_stand_beside_their_post_and_all_of_them_on_one_page(stage: Stage, organizer: Visitor) -> None:
    write(stage.folder, {"posts/air/bad.en.txt": "+++\nrset = 1\n+++\nHi.", "posts/air/long.en.txt": "w" * 600})
    every = organizer.get("/library/problems")
    assert all(problem.what in every.words for problem in review(stage.app.fresh()))
    assert "unknown key `rset`" in organizer.get("/library/air/bad").words
    assert "/library/air/bad/en" in every.links


def test_a_change_is_shown_before_it_is_saved(stage: Stage, organizer: Visitor) -> None:
    shown = organizer.press(organizer.get(EDIT), EDIT, text="Buses run on time.\r\n")
    assert "Save it so" in shown.words and "Ride the bus." in shown.words and " of 500" in shown.words
    assert "Ride" in (posts(stage) / "bus.en.txt").read_text()
    saved = organizer.press(shown, f"{EDIT}/save")
    assert "Saved." in saved.words
    assert (posts(stage) / "bus.en.txt").read_bytes() == b"Buses run on time.\n"


def test_the_problems_of_new_words_are_told_before_they_are_saved(organizer: Visitor) -> None:
    shown = organizer.press(organizer.get(EDIT), EDIT, text="+++\nrset = 1\n+++\nHi.")
    assert "unknown key `rset`" in shown.words
    shown = organizer.press(organizer.get(EDIT), EDIT, text="w" * 600)
    assert "no wording fits" in shown.words


def test_of_two_people_who_edit_at_once_neither_loses_words(stage: Stage, organizer: Visitor) -> None:
    other = stage.signed_in("Cleo", Role.ORGANIZER)
    mine, theirs = organizer.get(EDIT), other.get(EDIT)
    other.press(other.press(theirs, EDIT, text="Theirs.\n"), f"{EDIT}/save")
    told = organizer.press(mine, EDIT, text="Mine.\n")
    assert "Somebody else changed this" in told.words and "Theirs." in told.words and "Mine." in told.words
    assert (posts(stage) / "bus.en.txt").read_text() == "Theirs.\n"
    assert f"{EDIT}/save" not in told.forms
    organizer.press(organizer.press(told, EDIT, text="Theirs. Mine.\n"), f"{EDIT}/save")
    assert (posts(stage) / "bus.en.txt").read_text() == "Theirs. Mine.\n"


def test_a_change_that_came_while_the_diff_was_read_is_shown_and_not_written_over(
    stage: Stage, organizer: Visitor
) -> None:
    shown = organizer.press(organizer.get(EDIT), EDIT, text="Mine.\n")
    write(stage.folder, {"posts/air/bus.en.txt": "By hand.\n"})
    told = organizer.press(shown, f"{EDIT}/save", status=409)
    assert "Somebody else changed this" in told.words and "By hand." in told.words
    assert (posts(stage) / "bus.en.txt").read_text() == "By hand.\n"


def test_a_new_post_is_named_then_written_then_there(stage: Stage, organizer: Visitor) -> None:
    to = organizer.get("/library/new?campaign=air&name=river&language=en")
    shown = organizer.press(to, "/library/air/river/en", text="Our river.")
    organizer.press(shown, "/library/air/river/en/save")
    assert (posts(stage) / "river.en.txt").read_bytes() == b"Our river.\n"
    assert "/library/air/river" in organizer.get("/library").links
    assert "there already" in organizer.get("/library/new?campaign=air&name=river&language=en").words


def test_a_new_campaign_begins_with_its_first_post(stage: Stage, organizer: Visitor) -> None:
    to = organizer.get("/library/new?campaign=air&begun=water&name=river&language=es")
    organizer.press(organizer.press(to, "/library/water/river/es", text="Agua."), "/library/water/river/es/save")
    assert stage.app.fresh().library.posts["water"][0].words["es"].wordings[0].text == "Agua."


def test_a_campaigns_own_file_is_mended_in_the_browser(stage: Stage, organizer: Visitor, reviewer: Visitor) -> None:
    write(stage.folder, {"posts/air/campaign.toml": 'title = "Clean air"\ngaol = 5\n'})
    every = organizer.get("/library/problems")
    assert "unknown key `gaol`" in every.words and "/library/air/campaign.toml" in every.links
    assert "/library/air/campaign.toml" not in reviewer.get("/library/problems").links
    assert "nothing of the campaign is said" in organizer.get("/library/air/bus").words
    shown = organizer.press(
        organizer.get("/library/air/campaign.toml"),
        "/library/air/campaign.toml",
        text='title = "Clean air"\ngoal = 5\n',
    )
    assert "No problems." in shown.words and "goal = 5" in shown.words
    assert "Saved." in organizer.press(shown, "/library/air/campaign.toml/save").words
    assert stage.app.fresh().library.campaigns["air"].goal == 5
    told = organizer.press(shown, "/library/air/campaign.toml/save", status=409)
    assert "Somebody else changed this" in told.words and "/library/air/campaign.toml/save" not in told.forms


def test_words_are_tried_before_they_are_in_any_file(stage: Stage, reviewer: Visitor) -> None:
    write(stage.folder, {"posts/air/campaign.toml": AIR})
    form = reviewer.get("/library/try?campaign=air&post=bus&language=en")
    text = 'Clean air for {{ me.city or "us" }}!'
    tried = reviewer.press(form, "/library/try", text=text, on="x", **{"me.city": "Ely"})
    assert "Clean air for Ely!" in tried.words and "18 of 280" in tried.words
    assert any(link.startswith("https://x.com/intent/") for link in tried.links)
    assert "asking for me.city" in reviewer.press(form, "/library/try", text=text, on="account:town").words
    assert "longer than 30" in reviewer.press(form, "/library/try", text=text, on="x", **{"me.city": "w" * 40}).words
    assert "no wording fits X" in reviewer.press(form, "/library/try", text="w" * 300, on="x").words


def test_a_reviewer_reads_and_tries_and_changes_nothing(stage: Stage, reviewer: Visitor) -> None:
    assert EDIT not in reviewer.get("/library/air/bus").links
    for door in (EDIT, "/library/new", "/library/air/campaign.toml"):
        assert "Only organizers" in reviewer.get(door, 403).words
    for door in (EDIT, f"{EDIT}/save", "/library/air/campaign.toml", "/library/air/campaign.toml/save"):
        assert reviewer.post(door, {"text": "Mine.", "seen": ""}).status_code == 403
    assert "Buses" in (posts(stage) / "bus.en.txt").read_text()


ODD = ["..%2f..", "%2e%2e", "%2Fetc", "..%5cup", ".hidden", "CON", "a%00b", "%0a", "%20", "a%2f..%2fb", "~"]


def test_no_address_leads_out_of_the_library(stage: Stage, organizer: Visitor) -> None:
    before = sorted(stage.folder.rglob("*.txt"))
    for name in ODD:
        for place in (
            f"/library/{name}/campaign.toml",
            f"/library/{name}/bus/en",
            f"/library/air/{name}/en",
            f"/library/air/bus/{name}",
        ):
            for door in (place, f"{place}/save"):
                answer = organizer.post(door, {"text": "Mine.", "seen": ""})
                assert answer.status_code in (307, 400, 404, 405), (door, answer.text)
            assert organizer.client.get(place).status_code < 500, place
    assert sorted(stage.folder.rglob("*.txt")) == before


def test_a_new_post_has_a_plain_name(organizer: Visitor) -> None:
    for field in ("campaign", "name", "begun", "language"):
        for value in ("../up", "/etc/passwd", HOSTILE, "a\x00b", "CON"):
            fields = {"campaign": "air", "name": "river", "language": "en", field: value}
            answer = organizer.client.get("/library/new", params=fields)
            assert answer.status_code == 400 and "<script>alert" not in answer.text


def test_a_link_that_leads_out_of_the_library_is_not_followed(stage: Stage, organizer: Visitor) -> None:
    secret = stage.folder / "secret.txt"
    secret.write_text("The password is swordfish.")
    (posts(stage) / "sly.en.txt").symlink_to(secret)
    assert "leads out of the library" in organizer.get("/library/air/sly/en", 400).words
    answer = organizer.post("/library/air/sly/en/save", {"text": "Mine.", "seen": ""})
    assert answer.status_code == 400 and secret.read_text() == "The password is swordfish."


def test_hostile_words_are_shown_as_words(stage: Stage, organizer: Visitor) -> None:
    write(stage.folder, {"posts/air/evil.en.txt": f"+++\ntags = ['{HOSTILE[2:]}']\n+++\n{HOSTILE[:27]}\n"})
    fields = {
        "text": HOSTILE,
        "campaign": HOSTILE,
        "language": HOSTILE,
        "on": HOSTILE,
        "target": HOSTILE,
        "post": HOSTILE,
    }
    texts = [
        organizer.client.get(f"/library?words={quote(HOSTILE)}&tag={quote(HOSTILE)}&campaign={quote(HOSTILE)}").text,
        organizer.client.get("/library").text,
        organizer.client.get("/library/air/evil").text,
        organizer.client.get("/library/problems").text,
        organizer.post(EDIT, {"text": HOSTILE, "seen": HOSTILE}).text,
        *(organizer.post("/library/try", {"text": "Hi.", field: value}).text for field, value in fields.items()),
        organizer.client.get("/library/try?" + "&".join(f"{key}={quote(text)}" for key, text in fields.items())).text,
        organizer.client.get(f"/library?state={quote(HOSTILE)}").text,
        organizer.client.get(f"/library?start={quote(HOSTILE)}").text,
    ]
    for text in texts:
        assert "<script>alert" not in text and "<img src=x" not in text and "3703701" not in text


TEMPLATES = [
    "{{ ''.__class__.__mro__ }}",
    "{% for a in range(999999999) %}{{ a }}{% endfor %}",
    "{{ me.__init__ or 'x' }}",
    "{{ campaign.title.__class__ }}",
    "{{ self }}",
    "{% include '/etc/passwd' %}",
    "{{ 'a' * 999999999 }}",
    "{{ ((((((((((" * 500,
]


def test_a_template_reaches_nothing_but_its_facts(organizer: Visitor) -> None:
    for text in TEMPLATES:
        for answer in (
            organizer.post("/library/try", {"text": text, "campaign": "air", "on": "x"}),
            organizer.post(EDIT, {"text": text, "seen": ""}),
        ):
            assert answer.status_code == 200 and "Wrong:" in answer.text, text
            assert "root:" not in answer.text and "&lt;class" not in answer.text


def test_a_picture_of_the_library_is_shown_and_no_other_file(stage: Stage, organizer: Visitor) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + b"0" * 40
    head = '+++\nimage = {{ file = "{}", alt = "A lane" }}\n+++\n{}\n'
    write(
        stage.folder,
        {"posts/air/images/lane.png": picture, "posts/air/lane.en.txt": head.format("images/lane.png", "L.")},
    )
    assert organizer.client.get("/library/air/lane/picture").content == picture
    write(stage.folder, {"posts/air/out.en.txt": head.format("../../config.toml", "O.")})
    assert organizer.client.get("/library/air/out/picture").status_code == 400
    assert organizer.client.get("/library/air/bus/picture").status_code == 400


def test_two_thousand_posts_come_a_page_at_a_time(stage: Stage, organizer: Visitor) -> None:
    write(stage.folder, {f"posts/air/post-{number:04}.en.txt": f"Street {number}.\n" for number in range(2000)})
    first = organizer.get("/library")
    assert "Posts 1 to 40 of 2,002" in first.words and "?start=40" in first.links
    assert "Posts 2,001 to 2,002" in organizer.get("/library?start=2000").words
    every = organizer.get("/library/problems")
    assert "Read all posts" in every.words and "/library/problems?ahead=1" in every.links
    assert "Read on" not in organizer.get("/library/problems?ahead=1").words
    assert "Posts 1 to 100 of 2,002 were read." in organizer.get("/library/problems?start=0").words


def test_the_library_speaks_spanish(organizer: Visitor) -> None:
    organizer.client.cookies.set("handbill-language", "es")
    said = {"/library": "Cómo está", "/library/air/bus": "Cómo se usa", "/library/new": "Mensaje nuevo"}
    said |= {EDIT: "Mostrar el cambio", "/library/try": "Probar un mensaje", "/library/problems": "Todos los problemas"}
    for place, words in said.items():
        assert words in organizer.get(place).words


def test_a_post_with_an_odd_name_is_reached(stage: Stage, organizer: Visitor) -> None:
    write(stage.folder, {"posts/air/Our café bus.en.txt": "Hi.\n"})
    to = path("library", "air", "Our café bus")
    assert to in organizer.get("/library").links and "Hi." in organizer.get(to).words
    assert "Hi." in organizer.client.get(f"{to}/en").text
