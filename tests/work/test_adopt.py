"""Adopt: what an account has said already counts, whoever said it, and is not said again."""

import shutil
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.app import App, now
from bot.core.delivery import Delivery
from bot.core.post import Variant
from bot.work.deliver import tick
from bot.work.plan import plan
from bot.work.settle import posted
from tests.publishing.stage import own_folders
from tests.servers.fixtures import Running
from tests.servers.mastodon import TOKENS, Mastodon
from tests.work import stage

HOUR = timedelta(hours=1)
# The server has the clock of this machine, and so has the timetable of these tests.
NOW = now().replace(second=30)
TIMES = [NOW.replace(second=0) + hours * HOUR for hours in range(3)]
POSTS = {f"{name}.txt": f"+++\nat_most = 1\n+++\nWords of {name}." for name in ("one", "two", "three")}
CONFIG = """timezone = "UTC"
[accounts.town]
network = "mastodon"
server = "{url}"
token_env = "TOKEN"
[[schedule]]
campaign = "air"
accounts = ["town"]
times = ["{times}"]
"""


def laptop(folder: Path, server: Running[Mastodon], name: str = "town", times: Iterable[datetime] = TIMES) -> App:
    """A machine with a ledger of its own that saw the timetable an hour ago; its account may speak."""
    folder.mkdir(exist_ok=True)
    told = CONFIG.format(url=server.url, times='", "'.join(f"{at:%H:%M}" for at in times)).replace("town", name)
    app = stage.opened(folder, POSTS, told=told, now=NOW)
    app = replace(app, environ={"TOKEN": TOKENS["campaign"], **own_folders(folder)})
    app.store.start(name, NOW)
    tick(app, TIMES[0] - HOUR)
    return app


def by_hand(app: App, text: str) -> str:
    """What a person posts to the account; its address."""
    publisher = app.publisher(next(iter(app.config.accounts.values())))
    key = f"by hand/{text}"
    return publisher.publish(publisher.prepare(Variant(text=text), key, NOW), key).url


def texts(server: Running[Mastodon]) -> list[str]:
    """What stands on the account, the newest first."""
    return [post["source"] for post in server.app.posts()]


def ends(changed: list[Delivery]) -> list[str]:
    return [f"{one.state} {one.post}".strip() for one in changed]


def looks(app: App, *moments: datetime) -> list[str]:
    """What several looks of the engine came to."""
    return [end for at in moments for end in ends(tick(app, at))]


@pytest.fixture
def keyless(mastodon_server: Running[Mastodon]) -> Running[Mastodon]:
    """A server that takes the same post twice, so that only looking helps."""
    mastodon_server.app.change(idempotency=False, version="takahe/0.11.0")
    return mastodon_server


def test_before_a_new_ledger_says_anything_what_the_account_said_counts_as_said(
    tmp_path: Path, mastodon_server: Running[Mastodon]
) -> None:
    app = laptop(tmp_path, mastodon_server, times=TIMES[1:])
    for name in ("one", "two"):  # most often in the same second
        by_hand(app, f"words of {name.upper()} #Else https://example.net/{name}")
    assert sorted(looks(app, TIMES[1])) == ["sent one", "sent two"]
    assert looks(app, TIMES[1] + HOUR / 60) == ["sent three"]
    assert texts(mastodon_server)[0] == "Words of three."
    adopted = [one for one in app.store.deliveries() if one.post in ("one", "two")]
    assert all(one.receipt and one.receipt.url and one.said and one.variant for one in adopted)


def test_what_is_not_in_words_of_the_library_is_nobodys(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    app = laptop(tmp_path, mastodon_server)
    by_hand(app, "Our stall is at the market today.")
    assert [end.split()[0] for end in looks(app, TIMES[0])] == ["sent"]
    assert len(app.store.deliveries()) == 1


def test_a_slot_that_a_second_laptop_has_said_is_not_said_again(tmp_path: Path, keyless: Running[Mastodon]) -> None:
    one, other = laptop(tmp_path / "one", keyless), laptop(tmp_path / "other", keyless)
    assert len(looks(one, TIMES[0])) == 1
    found = tick(other, TIMES[0])
    assert sorted(row.state for row in found) == ["sent", "skipped"] and len(texts(keyless)) == 1
    (skipped,) = (row for row in found if row.state == "skipped")
    assert skipped.reason.startswith("this account has said it already, without this ledger: http")
    assert looks(other, TIMES[0] + HOUR / 60) == []
    assert len(looks(other, TIMES[1])) == 1 and len(set(texts(keyless))) == 2, "and the next says another post"


def test_a_restored_backup_repeats_nothing(tmp_path: Path, keyless: Running[Mastodon]) -> None:
    app = laptop(tmp_path, keyless)
    tick(app, TIMES[0] - HOUR / 2)
    app.store.close()
    shutil.copy(tmp_path / "handbill.db", tmp_path / "backup.db")
    app = laptop(tmp_path, keyless)
    assert len(looks(app, TIMES[0], TIMES[1])) == 2
    app.store.close()
    shutil.copy(tmp_path / "backup.db", tmp_path / "handbill.db")
    again = laptop(tmp_path, keyless)
    looks(again, TIMES[0], TIMES[0] + HOUR / 60, TIMES[1], TIMES[2])
    assert sorted(texts(keyless)) == ["Words of one.", "Words of three.", "Words of two."]


def test_what_a_person_posts_between_two_slots_counts_too(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    app = laptop(tmp_path, mastodon_server)
    tick(app, TIMES[0])
    planned = next(iter(plan(app, TIMES[1], 1)))
    assert planned.choice.variant
    by_hand(app, planned.choice.variant.text)
    looks(app, TIMES[1], TIMES[1] + HOUR / 60)
    assert sorted(texts(mastodon_server)) == ["Words of one.", "Words of three.", "Words of two."]


def unanswered(app: App, server: Running[Mastodon]) -> Delivery:
    """The delivery of a post that is not seen on the server, nor was its answer."""
    server.app.fail(500, method="POST", path="/api/v1/statuses")
    looks(app, TIMES[0], TIMES[0] + HOUR / 60)
    (one,) = app.store.deliveries()
    assert one.state == "uncertain"
    return one


def test_an_uncertain_post_that_is_seen_later_is_sent(tmp_path: Path, keyless: Running[Mastodon]) -> None:
    app = laptop(tmp_path, keyless)
    one = unanswered(app, keyless)
    assert one.variant
    url = by_hand(app, one.variant.text)  # as if it had been long on its way
    assert f"sent {one.post}" in looks(app, TIMES[1])
    found = app.store.delivery(one.id)
    assert found and found.state == "sent" and found.receipt and found.receipt.url == url and not found.reason
    assert [row.post for row in app.store.deliveries()].count(one.post) == 1, "and is no second use"


def test_what_a_person_said_is_up_is_no_second_use_when_it_is_seen(tmp_path: Path, keyless: Running[Mastodon]) -> None:
    app = laptop(tmp_path, keyless)
    one = unanswered(app, keyless)
    assert one.variant and one.id
    posted(app, one.id, "")
    by_hand(app, one.variant.text)
    looks(app, TIMES[1], TIMES[1] + HOUR / 60)
    assert [row.post for row in app.store.deliveries()].count(one.post) == 1


def test_while_nobody_can_look_nothing_is_said_blindly(tmp_path: Path, keyless: Running[Mastodon]) -> None:
    app = laptop(tmp_path, keyless)
    keyless.app.fail(503, times=99, method="GET", path="/api/v1/accounts/[0-9]+/statuses")
    assert [end.split()[0] for end in looks(app, TIMES[0])] == ["planned"] and texts(keyless) == []
    keyless.app.failures.coming.clear()
    assert [end.split()[0] for end in looks(app, TIMES[0] + HOUR / 30)] == ["sent"]


def test_an_account_with_another_name_in_the_config_goes_on_where_it_was(
    tmp_path: Path, keyless: Running[Mastodon]
) -> None:
    app = laptop(tmp_path, keyless)
    tick(app, TIMES[0])
    app.store.close()
    renamed = laptop(tmp_path, keyless, name="city")
    assert looks(renamed, TIMES[0]) == [], "its slot is said already"
    looks(renamed, TIMES[1], TIMES[2])
    assert sorted(texts(keyless)) == ["Words of one.", "Words of three.", "Words of two."]
    assert {one.account for one in renamed.store.deliveries()} == {"city"}
