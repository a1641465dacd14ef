"""delivery: what was said, and the approval of what waits."""

import json
from datetime import timedelta
from pathlib import Path

import PIL.Image
import pytest

from bot.app import now, open_app
from bot.work.deliver import tick
from tests.cli.conftest import Say
from tests.making import library, write
from tests.publishing.stage import own_folders

KEYS = ["id", "at", "campaign", "account", "network", "post", "wording", "text", "state", "tries", "url", "reason"]
CONFIG = """[accounts.box]
network = "outbox"
[[schedule]]
campaign = "air"
accounts = ["box"]
times = ["09:00"]
"""


@pytest.fixture(autouse=True)
def of_this_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in own_folders(tmp_path).items():
        monkeypatch.setenv(name, value)


def after_a_day(folder: Path, config: str) -> None:
    """The ledger as it stands when the engine has seen one slot; with a small library if there is none."""
    if not (folder / "posts").exists():
        library(folder, {"a.txt": "Hello."})
    write(folder, {"config.toml": config})
    app = open_app(folder / "config.toml")
    today = now() if now().hour > 9 else now() - timedelta(days=1)
    morning = today.replace(hour=8, minute=0)
    for hours in (0, 1.5):
        tick(app.fresh(), morning + timedelta(hours=hours))
    app.store.close()


def test_nothing_delivered_is_said(say: Say) -> None:
    done = say("delivery", "list")
    assert done.code == 0 and not done.out and "Nothing was delivered yet" in done.err


def test_json_has_the_documented_keys(tmp_path: Path, say: Say) -> None:
    after_a_day(tmp_path, CONFIG)
    (row,) = (json.loads(row) for row in say("delivery", "list", "--json").out.splitlines())
    assert list(row) == KEYS and row["state"] == "sent" and row["text"] == "Hello." and row["tries"] == 1
    assert row["at"].endswith("T09:00:00Z") and row["url"].startswith("file:") and row["reason"] is None
    assert "air/a\tsent\tfile:" in say("delivery", "list").out
    assert say("delivery", "list", "--state", "missed", "--json").out == ""


def test_what_waits_goes_out_once_approved(tmp_path: Path, say: Say) -> None:
    after_a_day(tmp_path, CONFIG + 'approval = "post"\nlate = "48h"\n')
    (row,) = (json.loads(row) for row in say("delivery", "list", "--state", "waiting", "--json").out.splitlines())
    assert say("delivery", "approve", str(row["id"]), stdin="n\n").code == 130
    done = say("delivery", "approve", str(row["id"]), stdin="y\n")
    assert done.code == 0 and done.out.startswith("Hello.\n\nApproved for box: these words go out at the engine's next")
    assert say("delivery", "approve", str(row["id"])).out == "These words are approved already.\n"
    app = open_app(tmp_path / "config.toml")
    assert [one.state for one in tick(app, now())] == ["sent"]
    assert say("delivery", "approve", str(row["id"])).code == 2


def test_a_list_can_be_of_one_account_and_begin_later(tmp_path: Path, say: Say) -> None:
    after_a_day(tmp_path, CONFIG)
    assert say("delivery", "list", "--account", "box").out.count("\tbox\t") == 1
    assert say("delivery", "list", "--account", "town").out == ""
    day = f"{now() + timedelta(days=2):%Y-%m-%d}"
    assert say("delivery", "list", "--since", day).out == "" != say("delivery", "list", "--since", "2026-01-01").out


# --- before it is said --------------------------------------------------------------------------


def coming(folder: Path, config: str = CONFIG) -> str:
    """A timetable that was never looked at; the name of its slot of tomorrow."""
    write(library(folder, {"a.txt": "Hello."}), {"config.toml": config})
    return f"box/{now() + timedelta(days=1):%Y-%m-%d}/09:00"


def test_a_slot_to_come_is_skipped_once_a_person_says_yes(tmp_path: Path, say: Say) -> None:
    which = coming(tmp_path)
    assert say("delivery", "skip", which, stdin="n\n").code == 130
    assert say("delivery", "list").out == "", "and a no changes nothing"
    done = say("delivery", "skip", which, stdin="y\n")
    assert done.code == 0 and "    Hello.\n" in done.out and "Skip this, for good?" in done.err
    assert done.out.endswith("Delivery 1 is skipped.\n")
    assert say("delivery", "list").out.endswith("\tskipped\tby a person\n")
    assert "09:00  box  skipped: by a person\n" in say("plan", "--days", "2").out


def test_a_slot_to_come_is_moved_and_the_plan_says_from_when(tmp_path: Path, say: Say) -> None:
    which = coming(tmp_path)
    day = which.split("/")[1]
    done = say("delivery", "move", which, f"{day}T11:00", stdin="y\n")
    assert "    Hello.\n" in done.out and f"{day} 11:00 (UTC)?" in done.err
    assert done.out.endswith(f"Delivery 1 has its turn at {now() + timedelta(days=1):%A}, {day} 11:00 (UTC).\n")
    assert "  11:00 (moved from 09:00)  box  air/a" in say("plan", "--days", "2").out
    later = f"{now() + timedelta(days=2):%Y-%m-%d}"
    assert say("delivery", "move", "1", f"{later}T10:00", "--yes").code == 0
    assert f"  10:00 (moved from {day} 09:00)  box" in say("plan", "--days", "3").out
    rows = [json.loads(row) for row in say("plan", "--days", "3", "--json").out.splitlines()]
    assert [row["reason"] for row in rows if row["at"] == f"{later}T10:00:00Z"] == [None]


def test_a_slot_to_come_is_said_now(tmp_path: Path, say: Say) -> None:
    which = coming(tmp_path)
    done = say("delivery", "now", which, stdin="y\n")
    assert "    Hello.\n" in done.out and done.out.endswith("Delivery 1 has its turn at the engine's next look.\n")
    assert say("run", "--once").out.endswith(".json\n")
    assert [path.read_text() for path in (tmp_path / "outbox").glob("*.txt")] == ["Hello.\n"]


def test_words_are_approved_beforehand(tmp_path: Path, say: Say) -> None:
    which = coming(tmp_path, CONFIG + 'approval = "post"\n')
    done = say("delivery", "approve", which, "--yes")
    assert done.out.startswith("Hello.\n\nApproved for box: these words go out at ") and "09:00 (UTC)" in done.out
    assert "waiting" not in say("plan", "--days", "2").out


def test_who_approves_for_an_account_that_has_not_begun_hears_of_it(tmp_path: Path, say: Say) -> None:
    which = coming(tmp_path, CONFIG.replace('"outbox"', '"x"') + 'approval = "post"\n')
    done = say("delivery", "approve", which, "--yes")
    assert done.code == 0 and "Still, nobody has let this account begin" in done.err


def test_what_is_shown_says_what_to_type_next(tmp_path: Path, say: Say) -> None:
    after_a_day(tmp_path, CONFIG + 'approval = "post"\nlate = "1h"\n')
    assert "To approve these words: handbill delivery approve 1" in say("delivery", "show", "1").out
    app = open_app(tmp_path / "config.toml")
    tick(app, now().replace(hour=11, minute=0))
    app.store.close()
    assert "To say it all the same: handbill delivery now 1" in say("delivery", "show", "1").out


@pytest.mark.parametrize("verb", ["skip", "now", "approve", "move"])
def test_a_time_that_nobody_has_is_asked_wrongly(tmp_path: Path, say: Say, verb: str) -> None:
    which = coming(tmp_path).replace("09:00", "09:07")
    more = ["2026-12-01T09:00"] if verb == "move" else []
    done = say("delivery", verb, which, *more, "--yes")
    assert done.code == 2 and "The timetable has no" in done.err and not done.out


# --- by hand ------------------------------------------------------------------------------------

BY_HAND = CONFIG.replace('network = "outbox"', 'network = "x"\npublish = "by hand"')
PICTURED = '+++\nlink = "sign"\nimage = { file = "bus.png", alt = "A bus, seen from far." }\n+++\nRide & walk.'


def by_hand(folder: Path) -> None:
    """The ledger when it is a person's turn."""
    library(folder, {"a.txt": PICTURED}, 'title = "Air"\n[links]\nsign = "https://town.info/a"\n')
    PIL.Image.new("RGB", (60, 40)).save(folder / "posts" / "air" / "bus.png")
    after_a_day(folder, BY_HAND)


def test_a_person_gets_words_picture_link_and_what_to_say_then(tmp_path: Path, say: Say) -> None:
    by_hand(tmp_path)
    shown = say("delivery", "show", "1").out
    assert "box  air/a  uncertain" in shown and "a person is to post this to X by hand" in shown
    assert "    Ride & walk.\n    https://town.info/a\n" in shown
    assert f"picture: {tmp_path / 'posts' / 'air' / 'bus.png'}" in shown and "in words: A bus, seen from far." in shown
    link = "https://x.com/intent/tweet?text=Ride%20%26%20walk.%0Ahttps%3A%2F%2Ftown.info%2Fa"
    assert f"post it here: {link}\n" in shown and "handbill delivery settle 1 --posted [URL]" in shown


def test_what_a_person_posted_is_sent(tmp_path: Path, say: Say) -> None:
    by_hand(tmp_path)
    assert say("delivery", "settle", "1", "--posted", "https://x.com/i/1").out == "Delivery 1 is sent.\n"
    assert "it stands at https://x.com/i/1" in say("delivery", "show", "1").out
    done = say("delivery", "withdraw", "1", "--yes")
    assert done.code == 1 and "Do it there: https://x.com/i/1" in done.err


def test_what_a_person_did_not_post_comes_again(tmp_path: Path, say: Say) -> None:
    by_hand(tmp_path)
    assert "has its turn again" in say("delivery", "settle", "1", "--not-posted").out  # nobody else can look
    assert [json.loads(row)["state"] for row in say("delivery", "list", "--json").out.splitlines()] == ["planned"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        pytest.param(["settle", "1"], "--posted", id="neither posted nor not"),
        pytest.param(["settle", "9", "--posted"], "There is no delivery 9", id="a number that is not there"),
        pytest.param(["settle", "1", "done", "--posted"], "begins with https://", id="no address"),
        pytest.param(["show", "9"], "There is no delivery 9", id="nothing to show"),
        pytest.param(["withdraw", "9", "--yes"], "There is no delivery 9", id="nothing to withdraw"),
        pytest.param(["withdraw", "1", "--yes"], "only what was sent", id="not sent"),
        pytest.param(["list", "--state", "snet"], 'no state "snet"', id="an unknown state"),
    ],
)
def test_what_is_asked_wrongly_is_said(tmp_path: Path, say: Say, words: list[str], complaint: str) -> None:
    by_hand(tmp_path)
    done = say("delivery", *words)
    assert done.code == 2 and complaint in done.err and not done.out


# --- taking back --------------------------------------------------------------------------------


def test_a_withdrawn_post_is_gone_and_a_second_time_says_so(tmp_path: Path, say: Say) -> None:
    after_a_day(tmp_path, CONFIG)
    done = say("delivery", "withdraw", "1", stdin="y\n")
    assert "    Hello.\n" in done.err and done.out == "Delivery 1 is withdrawn.\n"
    assert not list((tmp_path / "outbox").glob("*.txt"))
    done = say("delivery", "withdraw", "1")
    assert done.code == 0 and done.out.startswith("Delivery 1 was withdrawn 20") and done.out.endswith("already.\n")
    assert say("delivery", "list").out.split("\t")[4] == "withdrawn" and "withdrawn" in say("delivery", "show", "1").out


def test_nothing_is_deleted_without_a_yes(tmp_path: Path, say: Say) -> None:
    after_a_day(tmp_path, CONFIG)
    assert say("delivery", "withdraw", "1", stdin="n\n").code == 130
    assert len(list((tmp_path / "outbox").glob("*.txt"))) == 1
