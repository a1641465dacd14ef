"""Nothing that is ever written holds a secret: no log, ledger, notice, output or trace of a fault."""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import timedelta
from urllib.parse import quote

from tests.faults.answers import TAKEN
from tests.faults.crew import Crew
from tests.faults.kills import TAKEN as PUBLISHED
from tests.faults.stage import Stage, stage
from tests.faults.story import Blow, Story, play
from tests.making import handbill
from tests.servers.fixtures import running
from tests.servers.serving import Answer, Request

# What asks the network or people, and what does not.
ASKING = ("account check", "account check --notify", "run --once")
SAYING = (
    *("check --json", "plan --days 2", "plan --days 2 --json", "share --json", "account list --json"),
    *("delivery list --json", "delivery show 1", "backup copy.db"),
)
# What a server may answer, quoting all that it was asked.
STATUSES = (400, 401, 403, 422, 429, 500)
HOOK = "hook-password-7351"
# Where secrets are at home.
HOMES = ("key", "certificate.pem")


class Broken:
    """Takes no message, and quotes who sends it."""

    def answer(self, request: Request) -> Answer:
        return Answer(status=500, body=f"{request.headers.get('Authorization')} {HOOK}".encode())


def test_nothing_ever_written_holds_a_secret(workers: Crew, cards: str, place: str) -> None:
    with running(Broken()) as hook, workers.lane() as lane:
        address = f"json://me:{HOOK}@{hook.url.partition('://')[2]}/{HOOK}"
        with stage(lane, place, cards, notify=address) as found:
            _live_through_all(found)
            said = _all_said(found)
            secrets = _secrets(found)
            assert len(secrets) > 2 and _leaks(secrets, {"planted": f"Bearer {min(secrets)}".encode()})
            assert _leaks(secrets, said) == []


def _live_through_all(found: Stage) -> None:
    """Good days, bad answers, quoted secrets, kills."""
    stories = [
        Story(fault="a good day"),
        Story(fault="killed", blows=(Blow(step=PUBLISHED),)),
        *(Story(fault=name, blows=(Blow(harm=TAKEN[name]),)) for name in ("200 with nonsense", "200 with other JSON")),
    ]
    for story in stories:
        assert play(found, story).wrong == ()
    for status in STATUSES:
        door, day, found.lived = found.place.door.app, found.lived, found.lived + 1
        door.quotes, door.quotes_posts = status, status % 2 == 0
        found.run(*(found.slots(day)[0] + timedelta(minutes=after) for after in (1, 2, 20, 40)), engine=True)
        door.open()


def _all_said(found: Stage) -> dict[str, bytes]:
    """Everything that was written: files, and what the commands say, in good days and in bad."""
    for status, commands in ((0, ASKING), (401, ASKING), (0, SAYING)):
        found.place.door.app.quotes = status
        for command in commands:
            done = handbill(found.folder, *command.split(), **found.environ)
            (found.folder / f"{status} {command}.out").write_text(done.stdout + done.stderr, encoding="utf-8")
    files = (file for file in found.folder.rglob("*") if file.is_file() and file.name not in HOMES)
    return {str(file.relative_to(found.folder)): file.read_bytes() for file in files}


def _secrets(found: Stage) -> set[str]:
    key = (found.folder / "state" / "key").read_text(encoding="utf-8").strip()
    return {*found.place.environ.values(), *found.place.door.app.secrets, key, HOOK}


def _leaks(secrets: set[str], written: Mapping[str, bytes]) -> list[str]:
    """Where a secret stands, in whatever spelling."""
    return [
        f"{name}: {shown.decode()} in {_around(content, shown)!r}"
        for name, content in written.items()
        for secret in secrets
        for shown in _spellings(secret)
        if shown in content
    ]


def _spellings(secret: str) -> Iterator[bytes]:
    raw = secret.encode()
    yield from {raw, quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode(), b64encode(raw)}


def _around(content: bytes, found: bytes) -> bytes:
    at = content.index(found)
    return content[max(0, at - 200) : at + len(found) + 50]
