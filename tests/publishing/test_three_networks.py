"""X, Bluesky and Mastodon at once: what stands on their servers is what the plan said, and once."""

import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import App
from bot.core.choice import PRACTICE
from tests.making import CAMPAIGN, NETWORKS, environment, library
from tests.publishing.stage import (
    BEFORE,
    MORNING,
    PLACE,
    SAMPLE,
    Dropping,
    Pages,
    Trio,
    opened,
    own_campaign,
    plan_said,
    say,
    schedule,
    told,
    unfolded,
    with_cards,
)
from tests.servers.fixtures import Running, running
from tests.servers.mastodon import TOKENS
from tests.servers.proxy import Proxy

ALL = ("x", "bluesky", "mastodon")
TOWNS = tuple(f"town-{network}" for network in ALL)
SENT = dict.fromkeys(TOWNS, "sent")
ONE_EACH = dict.fromkeys(ALL, 1)
NONE = dict.fromkeys(ALL, 0)
WRITES = {"x": "/2/tweets$", "bluesky": "putRecord", "mastodon": "/api/v1/statuses$"}
LATER = MORNING + timedelta(minutes=1)
Before = Callable[[str], Running[Proxy]]


def config(trio: Trio, *schedules: str, **addresses: str) -> str:
    return "".join([*trio.sections(**addresses).values(), *schedules])


def words(posts: dict[str, str], trio: Trio, folder: Path, campaign: str = CAMPAIGN) -> App:
    """The app for a small library, said on all three at nine."""
    library(folder, posts, campaign)
    return opened(folder, config(trio, schedule("air", *TOWNS)), trio.environ(folder))


# --- the same post everywhere, as planned -------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_picture_and_a_card_stand_on_all_three_as_the_plan_said(
    tmp_path: Path, trio: Trio, pages: Running[Pages], language: str
) -> None:
    links = f"http://{PLACE}:{pages.url.rpartition(':')[2]}"
    own_campaign(tmp_path, "hold-on", links, hand_in_hand="chosen")
    own_campaign(tmp_path, "at-court", links, court_attendance="chosen")
    rows = [schedule(campaign, *TOWNS, tags="chosen") for campaign in ("hold-on", "at-court")]
    environ = trio.environ(tmp_path)
    app = with_cards(opened(tmp_path, "".join([*trio.sections(language).values(), *rows]), environ), pages.url)
    said = plan_said(tmp_path, BEFORE, **environ)
    assert say(app) == SENT and trio.counts() == dict.fromkeys(ALL, 2)
    image = next(one for one in app.library.posts["hold-on"] if one.name == "hand-in-hand").words[language].alt

    record, carded = sorted(
        (one["value"] for one in trio.pds.posts(trio.town)), key=lambda one: "external" in one["embed"]
    )
    for found, campaign in ((record, "hold-on"), (carded, "at-court")):
        planned = said["bluesky", campaign]
        assert unfolded(found) == (planned["text"], planned["hashtags"]) and planned["language"] == language
        assert found["langs"] == [language] and found["createdAt"] == "2026-12-01T09:00:00.000Z"
    assert [one["alt"] for one in record["embed"]["images"]] == [image]
    external = carded["embed"]["external"]
    assert external["uri"] == said["bluesky", "at-court"]["link"] and external["uri"].startswith(links)
    assert external["title"] == "Firma aquí: juntos & en casa 💛"
    assert external["description"] == "Una carta de 5 renglones."
    assert trio.pds.blob(trio.town, external["thumb"]).startswith((b"\xff\xd8\xff", b"\x89PNG"))

    statuses = {one["source"]: one for one in trio.mastodon.app.posts()}
    assert set(statuses) == {said["mastodon", campaign]["text"] for campaign in ("hold-on", "at-court")}
    assert {one["language"] for one in statuses.values()} == {language}
    pictured = statuses[said["mastodon", "hold-on"]["text"]]
    assert [one["description"] for one in pictured["media_attachments"]] == [image]
    assert statuses[said["mastodon", "at-court"]["text"]]["media_attachments"] == []

    on_x = {one.sent: [media.alt for media in one.media] for one in trio.x.app.posts.values()}
    assert on_x == {said["x", "hold-on"]["text"]: [image], said["x", "at-court"]["text"]: []}


def test_a_page_that_cannot_be_fetched_stops_no_post(tmp_path: Path, trio: Trio, pages: Running[Pages]) -> None:
    pages.app.status = 503
    links = f"http://{PLACE}:{pages.url.rpartition(':')[2]}"
    own_campaign(tmp_path, "at-court", links, court_attendance="chosen")
    told = config(trio, schedule("at-court", *TOWNS, tags="chosen"))
    app = with_cards(opened(tmp_path, told, trio.environ(tmp_path)), pages.url)
    assert say(app) == SENT
    (record,) = trio.pds.posts(trio.town)
    assert "embed" not in record["value"] and links in unfolded(record["value"])[0]


def test_a_page_on_this_machine_is_never_fetched(tmp_path: Path, trio: Trio, pages: Running[Pages]) -> None:
    app = words(
        {"a.txt": '+++\nlink = "sign"\n+++\nSign.'}, trio, tmp_path, f'{CAMPAIGN}[links]\nsign = "{pages.url}/"\n'
    )
    assert say(app) == SENT
    (record,) = trio.pds.posts(trio.town)
    assert "embed" not in record["value"]


# --- what is never said -------------------------------------------------------------------------


def test_what_was_not_let_begin_waits_and_says_nothing(tmp_path: Path, trio: Trio) -> None:
    library(tmp_path, {"a.txt": "Hello."})
    said = say(opened(tmp_path, config(trio, schedule("air", *TOWNS)), trio.environ(tmp_path), begun=False))
    assert all(why.startswith("waiting: nobody has let this account begin") for why in said.values())
    assert set(said) == set(TOWNS) and trio.counts() == NONE


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_sample_campaign_never_reaches_a_real_account(tmp_path: Path, trio: Trio, language: str) -> None:
    own_campaign(tmp_path, SAMPLE, "https://example.org")
    facts = tmp_path / "posts" / SAMPLE / "campaign.toml"
    facts.write_text(facts.read_text().replace("sample = false", "sample = true"))
    own_campaign(tmp_path, "not-a-sample", "https://example.org", what_we_ask="chosen")
    rows = [schedule(SAMPLE, *TOWNS), schedule("not-a-sample", *TOWNS, tags="chosen")]
    app = opened(tmp_path, "".join([*trio.sections(language).values(), *rows]), trio.environ(tmp_path))
    said = say(app)
    assert all(why.startswith("skipped: no post can be said") and PRACTICE in why for why in said.values())
    assert set(said) == set(TOWNS) and trio.counts() == NONE


MAYOR = f"""{CAMPAIGN}[targets.mayor]
name = "the mayor"
x = "@mayor"
bluesky = "@mayor.bsky.social"
mastodon = "@mayor@town.social"
"""


def test_a_target_is_named_by_handle_only_where_that_is_allowed(tmp_path: Path, trio: Trio) -> None:
    assert say(words({"a.txt": "Dear {{ target.handle }}, act."}, trio, tmp_path, MAYOR)) == SENT
    assert [one.sent for one in trio.x.app.posts.values()] == ["Dear the mayor, act."]
    assert [one["value"]["text"] for one in trio.pds.posts(trio.town)] == ["Dear the mayor, act."]
    assert [one["source"] for one in trio.mastodon.app.posts()] == ["Dear @mayor@town.social, act."]


def test_a_plan_of_x_that_allows_mentions_uses_the_handle(tmp_path: Path, trio: Trio) -> None:
    trio.x.app.change(mentions=True)
    library(tmp_path, {"a.txt": "Dear {{ target.handle }}, act."}, MAYOR)
    told = trio.sections()["x"] + 'mentions = "yes"\n' + schedule("air", "town-x")
    assert say(opened(tmp_path, told, trio.environ(tmp_path))) == {"town-x": "sent"}
    assert [one.sent for one in trio.x.app.posts.values()] == ["Dear @mayor, act."]


@pytest.mark.parametrize("mentions", ["", 'mentions = "yes"\n'])
def test_somebody_else_is_mentioned_nowhere_and_the_rule_is_named(tmp_path: Path, trio: Trio, mentions: str) -> None:
    library(tmp_path, {"a.txt": "Ask @neighbour @ana.bsky.social @ana@town.social."}, MAYOR)
    sections = trio.sections()
    told = sections["x"] + mentions + sections["bluesky"] + sections["mastodon"] + schedule("air", *TOWNS)
    said = say(opened(tmp_path, told, trio.environ(tmp_path)))
    for network in ALL:
        why = said[f"town-{network}"]
        assert why.startswith("skipped: ") and "mentioning people" in why and NETWORKS[network].mention_rule in why
    assert all(NETWORKS[network].mention_rule.startswith("https://") for network in ALL)
    assert trio.counts() == NONE


def test_nobody_at_all_is_mentioned_on_bluesky(tmp_path: Path, trio: Trio) -> None:
    library(tmp_path, {"a.txt": "Ask @mayor.bsky.social."}, MAYOR)
    told = trio.sections()["bluesky"] + schedule("air", "town-bluesky")
    assert "mentioning people" in say(opened(tmp_path, told, trio.environ(tmp_path)))["town-bluesky"]


def test_two_accounts_of_one_network_never_say_nearly_the_same(tmp_path: Path, trio: Trio) -> None:
    library(tmp_path, {"a.txt": "Buses for all!"}, name="air")
    library(tmp_path, {"b.txt": "BUSES — for all"}, name="streets")
    town = trio.sections()["mastodon"]
    other = town.replace("town-mastodon", "village").replace("MASTODON_TOKEN", "OTHER")
    environ = trio.environ(tmp_path) | {"OTHER": TOKENS["other"]}
    app = opened(tmp_path, town + other + schedule("air", "town-mastodon") + schedule("streets", "village"), environ)
    said = say(app)
    assert said["town-mastodon"] == "sent" and said["village"].startswith("skipped: ")
    assert len(trio.mastodon.app.posts()) == 1 and trio.mastodon.app.posts("other") == []


def test_an_account_that_lacks_a_posts_facts_never_says_it(tmp_path: Path, trio: Trio) -> None:
    library(
        tmp_path, {"a.txt": 'Here in {{ me.city or "my town" }} we walk.'}, CAMPAIGN + '[ask.city]\nlabel = "City"\n'
    )
    sections = trio.sections()
    told = sections["x"] + 'me = { city = "Ávila" }\n' + sections["bluesky"] + schedule("air", *TOWNS[:2])
    said = say(opened(tmp_path, told, trio.environ(tmp_path)))
    assert said["town-x"] == "sent" and "me.city, which the account does not have" in said["town-bluesky"]
    assert [one.sent for one in trio.x.app.posts.values()] == ["Here in Ávila we walk."]


# --- once, whatever happens ---------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("deed", ["die before", "die after"])
@pytest.mark.parametrize("network", ALL)
def test_a_post_whose_engine_is_killed_stands_there_once(tmp_path: Path, trio: Trio, network: str, deed: str) -> None:
    library(tmp_path, {"a.txt": "Buses run on time, día tras día 🚍"})
    environ = trio.environ(tmp_path)
    app = opened(tmp_path, trio.sections()[network] + schedule("air", f"town-{network}"), environ)
    told(app, BEFORE)
    killed = subprocess.run(
        [sys.executable, "-m", "tests.publishing.engine", str(tmp_path), MORNING.isoformat(), deed],
        env=environment(**environ), capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    lost = network == "x" and deed == "die before"  # X has no keys for posts: what is not there is for a person
    looked = told(app, LATER)
    if lost:  # what was just posted is not shown everywhere at once: a second look decides
        looked = told(app, LATER + timedelta(minutes=1))
    assert looked[f"town-{network}"].partition(":")[0] == ("uncertain" if lost else "sent")
    assert trio.counts()[network] == (0 if lost else 1)
    assert told(app, LATER) == {} and trio.counts()[network] == (0 if lost else 1)


@pytest.mark.parametrize("deed", ["swallow", "half"])
def test_a_post_whose_answer_is_lost_is_found_at_once(tmp_path: Path, trio: Trio, proxy: Before, deed: str) -> None:
    between = {network: proxy(url) for network, url in servers(trio).items()}
    for network, one in between.items():
        one.app.add(deed, method="POST", path=WRITES[network])
    library(tmp_path, {"a.txt": "Buses run on time."})
    addresses = {network: one.url for network, one in between.items()}
    app = opened(tmp_path, config(trio, schedule("air", *TOWNS), **addresses), trio.environ(tmp_path))
    assert say(app) == SENT and trio.counts() == ONE_EACH
    assert told(app, LATER) == {} and trio.counts() == ONE_EACH


def test_while_nobody_answers_a_lost_post_is_looked_for_again(tmp_path: Path, trio: Trio) -> None:
    library(tmp_path, {"a.txt": "Buses run on time."})
    with ExitStack() as stack:
        between = {name: stack.enter_context(running(Dropping(url))) for name, url in servers(trio).items()}
        addresses = {network: one.url for network, one in between.items()}
        app = opened(tmp_path, config(trio, schedule("air", *TOWNS), **addresses), trio.environ(tmp_path))
        for network, one in between.items():
            one.app.add("swallow", method="POST", path=WRITES[network])
        assert {why.partition(":")[0] for why in say(app).values()} == {"sending"}
        for one in between.values():
            one.app.rules.clear()
        assert told(app, LATER) == SENT and trio.counts() == ONE_EACH


def servers(trio: Trio) -> dict[str, str]:
    return {"x": trio.x.url, "bluesky": trio.pds.url, "mastodon": trio.mastodon.url}
