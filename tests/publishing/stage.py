"""Accounts on the three test servers, a campaign of one's own, and what stands on each server afterwards."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from shutil import copytree
from typing import Any

import PIL.Image

from bot import config
from bot.app import App, sample_library
from bot.config import Account
from bot.core.network import Publisher
from bot.fetch import page
from bot.networks import bluesky
from bot.work.deliver import tick
from tests.making import NETWORKS, handbill, write
from tests.servers import pds as bluesky_server
from tests.servers.fixtures import Running
from tests.servers.mastodon import TOKENS, Mastodon
from tests.servers.pds import Pds
from tests.servers.proxy import Proxy
from tests.servers.serving import Answer, Request
from tests.servers.x import X

SAMPLE = "families-belong-together"
# A name that leads to the page server of the test, and nowhere else.
PLACE = "families-in-one-home.info"
MORNING = datetime(2026, 12, 1, 9, tzinfo=UTC)
BEFORE = MORNING.replace(hour=8)
X_KEYS = {
    "X_API_KEY": "x-consumer-key",
    "X_API_SECRET": "x-consumer-secret",
    "X_ACCESS": "1001-campaign-token",
    "X_ACCESS_SECRET": "campaign-token-secret",
}
SCHEDULE = '[[schedule]]\ncampaign = "{campaign}"\naccounts = {accounts}\ntimes = ["09:00"]\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Trio:
    """The three servers, and the account on that of Bluesky."""

    x: Running[X]
    mastodon: Running[Mastodon]
    pds: Pds
    town: bluesky_server.Account

    def sections(self, language: str = "en", **addresses: str) -> dict[str, str]:
        """The section of config.toml for an account on each, by network; `addresses` of proxies before them."""
        rows = {
            "x": [
                ("server", addresses.get("x", self.x.url)),
                *((f"{name}_env", env) for name, env in zip(("api_key", "api_secret"), X_KEYS, strict=False)),
                ("access_token_env", "X_ACCESS"),
                ("access_secret_env", "X_ACCESS_SECRET"),
            ],
            "bluesky": [
                ("server", addresses.get("bluesky", self.pds.url)),
                ("handle", self.town.handle),
                ("password_env", "BLUESKY_PASSWORD"),
            ],
            "mastodon": [("server", addresses.get("mastodon", self.mastodon.url)), ("token_env", "MASTODON_TOKEN")],
        }
        return {
            network: f'[accounts.town-{network}]\nnetwork = "{network}"\nlanguage = "{language}"\n'
            + "".join(f'{name} = "{value}"\n' for name, value in told)
            for network, told in rows.items()
        }

    def environ(self, folder: Path) -> dict[str, str]:
        """The secrets, and folders of this test's own."""
        return {
            **X_KEYS,
            "BLUESKY_PASSWORD": self.town.password,
            "MASTODON_TOKEN": TOKENS["campaign"],
            **own_folders(folder),
        }

    def counts(self) -> dict[str, int]:
        """How many posts stand on each server."""
        return {
            "x": len(self.x.app.posts),
            "bluesky": len(self.pds.posts(self.town)),
            "mastodon": len(self.mastodon.app.posts()),
        }


def own_folders(folder: Path) -> dict[str, str]:
    """The folders of the person who runs it, inside this test's own."""
    return {
        "HANDBILL_KEY_FILE": str(folder / "state" / "key"),
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }


def schedule(campaign: str, *accounts: str, tags: str = "") -> str:
    """A [[schedule]] for nine o'clock."""
    told = SCHEDULE.format(campaign=campaign, accounts=json.dumps(accounts))
    return told + (f'tags = ["{tags}"]\n' if tags else "")


def opened(folder: Path, told: str, environ: Mapping[str, str], *, begun: bool = True) -> App:
    """The app of a folder whose config.toml says `told`, with every account let begin."""
    write(folder, {"config.toml": f'timezone = "UTC"\n{told}'})
    found, problems = config.read(folder / "config.toml", NETWORKS, "config.toml")
    assert found is not None, problems
    app = App(config=found, networks=NETWORKS, clock=lambda: MORNING, environ=environ)
    for name in found.accounts if begun else ():
        app.store.start(name, BEFORE)
    return app


def say(app: App, now: datetime = MORNING) -> dict[str, str]:
    """First sight an hour before, then what is due now: each account with what became of it, and why."""
    tick(app, BEFORE)
    return told(app, now)


def told(app: App, now: datetime) -> dict[str, str]:
    """One tick: each account with what became of it, and why."""
    return {one.account: f"{one.state}: {one.reason}" if one.reason else one.state for one in tick(app, now)}


def own_campaign(folder: Path, name: str, links: str, **tags: str) -> None:
    """A copy of the sample campaign under another name, its links leading elsewhere; posts by name get a tag."""
    place = folder / "posts" / name
    copytree(sample_library() / SAMPLE, place)
    for file in place.rglob("*.t*t"):
        file.write_text(file.read_text(encoding="utf-8").replace("https://example.org", links), encoding="utf-8")
    facts = (place / "campaign.toml").read_text(encoding="utf-8").replace("https://example.org", links)
    (place / "campaign.toml").write_text(facts.replace("sample = true", "sample = false"), encoding="utf-8")
    for post, tag in tags.items():
        file = place / f"{post.replace('_', '-')}.en.txt"
        file.write_text(file.read_text(encoding="utf-8").replace('tags = ["', f'tags = ["{tag}", "', 1), "utf-8")


def with_cards(app: App, pages: str) -> App:
    """The same app, whose Bluesky account may look at the page server; else nothing on this machine is fetched."""
    port = pages.rpartition(":")[2]
    fetch = partial(page, allowed={f"{PLACE}:{port}"}, resolve=lambda host, port: ["127.0.0.1"])

    def connect(app: App, account: Account) -> Publisher:
        network = app.networks[account.network]
        assert network.connect is not None
        more: Any = {"fetch_card": fetch} if network is bluesky.NETWORK else {}
        return network.connect(app.answers(account), app.memory(account), **more)

    again = replace(app, connect=connect)
    again.__dict__["store"] = app.store
    return again


class Dropping(Proxy):
    """A proxy before a server that, from the first harm on, cannot be reached at all until its rules are cleared."""

    def answer(self, request: Request) -> Answer:
        answer = super().answer(request)
        if answer.only == 0:
            self.add("cut", times=None)
        return answer


class Pages:
    """A web site with one page, whatever the path, and its picture."""

    def __init__(self) -> None:
        self.status = 200

    def answer(self, request: Request) -> Answer:
        if request.path == "/card.png":
            picture = BytesIO()
            PIL.Image.new("RGB", (600, 315), "teal").save(picture, "PNG")
            return Answer(body=picture.getvalue(), headers={"Content-Type": "image/png"})
        return Answer(status=self.status, body=PAGE.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


PAGE = """<!doctype html><html><head><title>other</title>
<meta property="og:title" content="Firma aquí: juntos &amp; en casa 💛">
<meta property="og:description" content="Una carta de 5 renglones.">
<meta property="og:image" content="/card.png"></head><body>…</body></html>"""


def plan_said(folder: Path, now: datetime, **environ: str) -> dict[tuple[str, str], dict[str, Any]]:
    """What `handbill plan` says of the day, by network and campaign."""
    done = handbill(folder, "plan", "--json", "--days", "1", "--from", f"{now:%Y-%m-%dT%H:%M:%SZ}", **environ)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(row) for row in done.stdout.splitlines()]
    return {(row["network"], row["campaign"]): row for row in rows}


def unfolded(record: Mapping[str, Any]) -> tuple[str, list[str]]:
    """A record's text with each link as it leads, read by its facets alone; and its hashtags."""
    raw, tags = record["text"].encode(), []
    for facet in reversed(record.get("facets", [])):
        start, end, (feature,) = facet["index"]["byteStart"], facet["index"]["byteEnd"], facet["features"]
        if feature["$type"].endswith("#link"):
            raw = raw[:start] + feature["uri"].encode() + raw[end:]
        else:
            assert raw[start:end].decode() == f"#{feature['tag']}"
            tags.insert(0, f"#{feature['tag']}")
    return raw.decode(), tags
