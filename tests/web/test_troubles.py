"""What went wrong, at the desk: why, in words, and put right from there."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.delivery import Delivery, State
from bot.core.post import Variant
from bot.work.plan import BY_PERSON
from tests.making import NOW, write
from tests.web.conftest import CONFIG, Stage, Visitor

ODD = "<script>alert(1)</script>{{ 777777 * 7 }}"


def noted(stage: Stage, state: State, number: int = 0, **more: object) -> int:
    """The number of a delivery that stands in the ledger in a state."""
    one = Delivery(
        network="outbox", identity="town", campaign="air", day=NOW.date(), clock=f"{number // 60:02}:{number % 60:02}",
        account="town", at=NOW - timedelta(hours=1, minutes=number), late=timedelta(hours=6), state=state, post="tree",
    )  # fmt: skip
    return stage.app.store.add(replace(one, **more)).id or 0  # type: ignore[arg-type]


def test_while_all_is_well_that_is_said(organizer: Visitor) -> None:
    assert "All that was due was said." in organizer.get("/troubles").words


@pytest.mark.parametrize(
    ("state", "reason", "words", "way"),
    [
        ("held", "the folder is gone", "its network does not let us in", "/connect/outbox?name=town"),
        ("refused", "it is too rude", "refused this post", "/library/air/tree"),
        ("missed", "nobody was running", "not said in time", "/troubles/1/now"),
        ("skipped", "no post can be said: 2 resting", "Nothing was said at this time", "/library?campaign=air"),
        ("waiting", "a person must approve it", "waits for somebody", "/entry/1"),
    ],
)
def test_why_it_was_not_said_stands_there_with_the_one_thing_that_helps(
    stage: Stage, organizer: Visitor, state: State, reason: str, words: str, way: str
) -> None:
    (digest,) = (post.digest for post in stage.app.library.posts["air"] if post.name == "tree")
    noted(stage, state, reason=reason, digest=digest)
    shown = organizer.get(f"/troubles?state={state}")
    assert words in shown.words and reason in shown.words and way in shown.links


def test_what_is_in_order_is_no_trouble_unless_it_is_asked_for(stage: Stage, organizer: Visitor) -> None:
    noted(stage, "waiting", reason="a person must approve it", approval=True)
    noted(stage, "skipped", number=1, reason=BY_PERSON)
    noted(stage, "missed", number=2, reason="nobody was running")
    shown = organizer.get("/troubles").words
    assert "nobody was running" in shown and BY_PERSON not in shown and "must approve" not in shown
    assert BY_PERSON in organizer.get("/troubles?state=skipped").words


def test_what_may_be_up_is_settled_by_whoever_looked_there(stage: Stage, organizer: Visitor) -> None:
    number = noted(stage, "uncertain", reason="the answer was lost")
    shown = organizer.get("/troubles")
    assert "Nobody knows whether this stands on" in shown.words
    after = organizer.press(shown, f"/troubles/{number}/there", url="https://town.example/1")
    assert "noted as said" in after.words
    one = stage.app.store.delivery(number)
    assert one and one.state == "sent" and one.receipt and one.receipt.url == "https://town.example/1"
    assert "There is no" not in organizer.get("/troubles").words


def test_what_is_not_up_has_its_turn_again(stage: Stage, organizer: Visitor) -> None:
    number = noted(stage, "uncertain")
    after = organizer.press(organizer.get("/troubles"), f"/troubles/{number}/absent")
    assert "It has its turn again" in after.words
    one = stage.app.store.delivery(number)
    assert one and one.state == "planned"


def test_what_is_said_not_to_be_there_and_is_there_stays_as_it_is(stage: Stage, organizer: Visitor) -> None:
    door, words = stage.app.publisher(stage.app.config.accounts["town"]), Variant(text="A tree is a lung.")
    one = stage.app.store.delivery(noted(stage, "uncertain", identity=door.whoami(), variant=words))
    assert one
    door.publish(payload := door.prepare(words, one.key, one.at), one.key)
    with stage.app.store.leased("town", "a test", 60) as lease:
        assert lease
        stage.app.store.save(replace(one, payload=payload), lease)
    shown = organizer.press(organizer.get("/troubles"), f"/troubles/{one.id}/absent", status=409)
    assert "We looked: it is there" in shown.words and "handbill delivery" not in shown.words
    assert "noted as said" in organizer.press(shown, f"/troubles/{one.id}/there").words


def test_where_nobody_can_look_a_person_may_say_that_they_have(stage: Stage, organizer: Visitor) -> None:
    number = noted(stage, "uncertain", identity="another", payload={"text": "A tree is a lung."})
    answer = organizer.post(f"/troubles/{number}/absent")
    assert answer.status_code == 409 and "nobody can look" in answer.text and "Traceback" not in answer.text
    assert (
        "It has its turn again"
        in organizer.client.post(
            f"/troubles/{number}/absent", data={"key": organizer.key, "sure": "yes"}, follow_redirects=True
        ).text
    )


def test_what_was_missed_is_said_now_with_the_words_that_were_shown(stage: Stage, organizer: Visitor) -> None:
    number = noted(stage, "missed")
    shown = organizer.get(f"/troubles/{number}/now")
    assert "Shall town say this now?" in shown.words
    after = organizer.press(shown, f"/troubles/{number}/now")
    assert "It goes out within seconds" in after.words
    stage.tick()
    one = stage.app.store.delivery(number)
    assert one and one.state == "sent" and one.variant and one.variant.text in shown.words


def test_words_that_were_edited_meanwhile_do_not_go_out_unseen(stage: Stage, organizer: Visitor) -> None:
    number = noted(stage, "missed")
    shown = organizer.get(f"/troubles/{number}/now")
    for file in (stage.folder / "posts" / "air").glob("*.txt"):
        file.write_text("Something else.\n")
    assert "Look at them again" in organizer.press(shown, f"/troubles/{number}/now", status=409).words
    one = stage.app.store.delivery(number)
    assert one and one.state == "missed"


def test_two_people_settle_the_same_the_second_is_told(stage: Stage, organizer: Visitor) -> None:
    number = noted(stage, "uncertain")
    seen = organizer.get("/troubles")
    organizer.press(seen, f"/troubles/{number}/there")
    assert "nothing to settle" in organizer.press(seen, f"/troubles/{number}/absent", status=400).words


def test_the_list_can_be_narrowed_and_leafed_through(stage: Stage, organizer: Visitor) -> None:
    write(stage.folder, {"config.toml": CONFIG + '[accounts.shop]\nnetwork = "outbox"\n'})
    for number in range(60):
        noted(stage, "missed", number, reason=f"reason {number}.")
    noted(stage, "held", account="shop", identity="shop", reason="of the shop")
    assert "of the shop" in organizer.get("/troubles?account=shop").words
    assert "reason 3." not in organizer.get("/troubles?account=shop").words
    first = organizer.get("/troubles?state=missed")
    assert "reason 3." in first.words and "reason 55." not in first.words
    older = next(link for link in first.links if "after=50" in link)
    assert "reason 55." in organizer.get(older).words


def test_reviewers_see_what_went_wrong_and_settle_nothing(stage: Stage, reviewer: Visitor) -> None:
    number = noted(stage, "uncertain")
    shown = reviewer.get("/troubles")
    assert "An organizer can put this right." in shown.words and f"/troubles/{number}/there" not in shown.forms
    assert reviewer.post(f"/troubles/{number}/there").status_code == 403


def test_whatever_stands_in_the_ledger_is_shown_as_words(stage: Stage, organizer: Visitor) -> None:
    noted(stage, "missed", reason=ODD, post=ODD, account="town")
    text = organizer.client.get("/troubles").text
    assert "<script>alert" not in text and "5444439" not in text and "&lt;script&gt;" in text


@pytest.mark.parametrize(
    "to",
    ["/troubles?after=-1", "/troubles?after=x", "/troubles?after=9999999999", "/troubles/x/now", "/troubles/9/now"],
)
def test_what_is_no_number_is_told(organizer: Visitor, to: str) -> None:
    assert organizer.get(to, status=400).words


@pytest.mark.parametrize("state", ["sent", "nonsense", ODD])
def test_a_state_that_is_none_finds_nothing(stage: Stage, organizer: Visitor, state: str) -> None:
    noted(stage, "missed", reason="a reason")
    assert "a reason" not in organizer.client.get("/troubles", params={"state": state}).text
