"""What each page and each form of the desk costs with a large library and a long past, in seconds of a processor."""

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import httpx

from bot.app import App, open_app
from bot.web.desk import start
from bot.web.frame import SESSION
from bot.work import people
from bot.work.arrange import arrangement
from bot.work.deliver import tick
from bot.work.edit import sheet
from tests.bench.ledger import NAMES, lived

ARCHIVE = "/sharing/pages.zip"  # takes so long that it is asked for twice only: drawn anew, and drawn already
POSTS, SPEAKING, SUPPORTERS = 2_000, 4, 1_000
NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)  # the day after the past ends
FACTS = (
    'title = "Clean air"\nlinks.sign = "https://sign.clean-air.org"\nhashtags.always = ["#CleanAir"]\n'
    '[ask.city]\nlabel = "Town"\n'
)
PAGES = (
    "/week", "/week?from=2026-09-14", "/week?from=2026-10-12", "/week?from=2026-10-26",
    "/entry/5", f"/entry/{NAMES[0]}/2026-10-02/09:00", f"/entry/{NAMES[0]}/2026-10-30/09:00",
    "/troubles", "/troubles?state=missed", "/troubles?state=missed&after=900",
    "/library", "/library?words=bus", "/library?state=resting", "/library?state=refused", "/library?state=problem",
    "/library?state=does+not+fit&network=x", "/library?start=1960",
    "/library/problems", "/library/problems?start=0", "/library/problems?ahead=",
    "/library/air/post-7", "/library/air/post-7/en", "/library/air/campaign.toml", "/library/new",
    "/library/try", "/library/try?campaign=air&post=post-7&language=en",
    "/schedule", "/schedule/new", "/schedule/0", "/accounts", f"/accounts/{NAMES[0]}", f"/accounts/{NAMES[0]}/start",
    "/connect", "/by-hand", "/sharing", "/sharing/code/air/en", "/people", "/people/deeds", "/me",
    "/health", "/healthz", "/import", "/manual", "/manual/posts",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form that shows something and changes nothing: its fields, and a file; `name` tells it from others there."""

    path: str
    fields: Mapping[str, object]
    file: tuple[str, bytes] | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of a processor, median of all rounds; `first`: the first time it was asked for."""

    what: str
    seconds: float
    first: float


def desk(folder: Path, past: int, rounds: int) -> Iterator[Cost]:
    """The cost of each page and form, with so many old deliveries; whoever asks is counted with the server."""
    app = lay(folder, past)
    session, token = _signed_in(app)
    address, stop = start(app, 0)
    try:
        with httpx.Client(base_url=address, cookies={SESSION: token}, timeout=600) as client:
            yield from (_cost(client, client.build_request("GET", path), path, rounds) for path in PAGES)
            for form in forms(app):
                told = {"key": session, **form.fields}
                files = {form.file[0]: ("list.csv", form.file[1])} if form.file else None
                asked = client.build_request("POST", form.path, data=told, files=files)
                yield _cost(client, asked, f"POST {form.path} {form.name}".strip(), rounds)
            yield _cost(client, client.build_request("GET", ARCHIVE), ARCHIVE, 2)
    finally:
        stop()
        app.close()


def lay(folder: Path, past: int) -> App:
    """A large library, fifty accounts of which four speak, and a ledger with so many old deliveries."""
    campaign = folder / "posts" / "air"
    campaign.mkdir(parents=True)
    (campaign / "campaign.toml").write_text(FACTS)
    for number in range(POSTS):
        (campaign / f"post-{number}.en.txt").write_text(_post(number))
    for file in campaign.iterdir():
        os.utime(file, (0, 0))  # one that was just written is given time to be whole
    accounts = "".join(f'[accounts.{name}]\nnetwork = "outbox"\nme.city = "Springfield"\n' for name in NAMES)
    speak = ", ".join(f'"{name}"' for name in NAMES[:SPEAKING])
    rows = f'[[schedule]]\ncampaign = "air"\naccounts = [{speak}]\ntimes = ["09:00", "17:30"]\n'
    (folder / "config.toml").write_text(f'site.url = "https://share.clean-air.org"\n{accounts}{rows}')
    os.environ["HANDBILL_KEY_FILE"] = str(folder / "key")  # noqa: TID251
    app = open_app(folder / "config.toml", lambda: NOW)
    lived(app.store, past)
    tick(app, NOW)
    return app


def _post(number: int) -> str:
    return (
        f'+++\nlink = "sign"\nrest = "3d"\n+++\nStreet {number} wants a bus every four minutes.\n'
        f'---\nA bus for street {number}, please: {{{{ me.city or "my town" }}}} has waited long enough.\n'
    )


def forms(app: App) -> list[Form]:
    """The forms that cost something to answer."""
    there, file = arrangement(app), sheet(app, "air", "post-7", "en")
    row = {"campaign": "air", "account": NAMES[:SPEAKING], "time": ["12:15"], "day": ["mon", "wed"]}
    seen = {"seen": there.seen}
    changed = {"text": file.text.replace("four", "five"), "seen": file.seen}
    supporters = "name,city\n" + "".join(f"Ana {number},Town {number}\n" for number in range(SUPPORTERS))
    return [
        Form(path="/schedule/new", fields=seen | row),
        Form(path="/schedule/0", fields=seen | row),
        Form(path="/schedule/0/remove", fields=seen),
        Form(path="/schedule/quiet", fields=seen | {"from": "22:00", "to": "07:00"}),
        Form(path="/schedule/zone", fields=seen | {"zone": "Europe/Madrid"}),
        Form(path=f"/schedule/pace/{NAMES[0]}", fields=seen | {"gap": "12h"}),
        Form(path="/library/try", fields={"campaign": "air", "on": "x", "language": "en", "text": _post(9)}),
        Form(path="/library/air/post-7/en", fields=changed),
        Form(path="/library/air/campaign.toml", fields={"text": FACTS + "\n", "seen": ""}),
        *(Form(path="/import", fields={"begun": "new", "words": _document(many)}, name=f"{many} posts")
          for many in (200, 500)),
        Form(path="/import", fields={"campaign": "air", "words": _document(200)}, name="200 posts to those there"),
        Form(path="/import/look", fields=_looked(200), name="200 posts"),
        Form(path="/sharing/links", fields={"campaign": "air"}, file=("list", supporters.encode()), name="1,000 rows"),
    ]  # fmt: skip


def _sentence(number: int) -> str:
    return f"Road {number} is loud all night, and {number * 7} people who live there ask for trees. #Trees"


def _document(posts: int) -> str:
    return "# Sample posts\n\n" + "\n".join(f"* {_sentence(number)}" for number in range(posts)) + "\n"


def _looked(posts: int) -> dict[str, str]:
    fields = {"campaign": "new", "count": str(posts), "needs": '{"links": {}, "facts": {}}'}
    for number in range(posts):
        fields |= {f"keep-{number}": "on", f"name-{number}": f"road-{number}", f"language-{number}-0": "en"}
        fields |= {f"words-{number}-0": f"{_sentence(number)}\n"}
    return fields


def _signed_in(app: App) -> tuple[str, str]:
    """A session: what its forms send back, and its cookie."""
    _, token = people.accept(app, people.begin(app), "Ana", "correct horse battery")
    session = people.signed_in(app, token)
    assert session
    return session.key, token


def _cost(client: httpx.Client, asked: httpx.Request, what: str, rounds: int) -> Cost:
    times = []
    for _ in range(rounds):
        begun = time.process_time()
        answer = client.send(asked)
        times.append(time.process_time() - begun)
        assert answer.status_code in (200, 400, 503), f"{what}: {answer.status_code} {answer.text[:500]}"
    return Cost(f"{what} ({answer.status_code})", median(times), times[0])
