"""Outbox: a network that publishes into a folder; for trying out, for tests, and to copy from."""

import json
import os
import re
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from bot.core.network import Answers, Counting, Field, Memory, Network, Payload, Standing
from bot.core.post import Receipt, Variant
from bot.core.problem import Refused, TryLater


@dataclass(frozen=True, slots=True)
class Outbox:
    """A folder that takes each post as NAME.json, NAME.txt and its picture.

    The JSON file is put in place last and whole: where it is, the post is out.
    """

    folder: Path
    name: str

    def whoami(self) -> str:
        """The account's own name: a folder knows no other."""
        return self.name

    def look(self) -> Standing:
        """A folder stands as it is."""
        return Standing(handle=self.name, url=self.folder.absolute().as_uri())

    def prepare(self, variant: Variant, key: str, at: datetime) -> Payload:
        """The post as it will be written; raises Refused if its picture is gone."""
        if variant.image and not Path(variant.image.file).is_file():
            raise Refused(f"the picture {variant.image.file} is not there")
        return {"key": key, "account": self.name, **asdict(variant)}

    def publish(self, payload: Payload, key: str) -> Receipt:
        """Write the files; raises TryLater if they cannot be written."""
        try:
            return self._write(payload, key)
        except OSError as error:
            raise TryLater(f"cannot write to {self.folder} ({error.strerror})") from error

    # The same files are written once more.
    repeat = publish
    recent = None

    def _write(self, payload: Payload, key: str) -> Receipt:
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self._path(key)
        image = payload.get("image")
        if image:
            shutil.copyfile(image["file"], target.with_suffix(Path(image["file"]).suffix))
        _put(target.with_suffix(".txt"), readable(payload))
        _put(target, json.dumps(payload, ensure_ascii=False, indent=2) + "\n")
        return Receipt(id=target.stem, url=target.absolute().as_uri())

    def find(self, payload: Payload, key: str) -> Receipt | None:
        """The receipt of an earlier `publish`, if its files are there."""
        target = self._path(key)
        return Receipt(id=target.stem, url=target.absolute().as_uri()) if target.exists() else None

    def delete(self, receipt: Receipt) -> None:
        """Take the files of a post away."""
        for file in self.folder.glob(f"{receipt.id}.*"):
            file.unlink(missing_ok=True)

    @property
    def label(self) -> None:
        """Nobody reads a folder, so none is marked."""

    def _path(self, key: str) -> Path:
        # Only the account's id may hold a "/"; and no two keys may share a file.
        name, campaign, day, clock = key.partition("/")[2].rsplit("/", 3)
        return self.folder / f"{day}-{clock.replace(':', '')}-{_plain(campaign)}@{_plain(name)}.json"


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]", lambda sign: f"%{ord(sign[0]):02X}", name)


def readable(payload: Payload) -> str:
    """The post's exact words, and below a row of dashes its content warning and its picture's words."""
    image, warning = payload.get("image"), payload.get("warning")
    beside = [f"Content warning: {warning}"] if warning else []
    beside += [f"Picture: {image['alt']}"] if image else []
    return "\n".join([payload["text"], *(["", "---", *beside] if beside else []), ""])


def _put(path: Path, text: str) -> None:
    passing = path.with_name(path.name + ".part")
    with passing.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    passing.replace(path)


def connect(answers: Answers, memory: Memory) -> Outbox:
    """Open the folder named in `answers`; it is made when the first post comes."""
    return Outbox(Path(answers["folder"]), answers["account"])


NETWORK = Network(
    name="outbox",
    label="Outbox",
    counting=Counting(limit=500, unit="graphemes"),
    practice=True,
    finds_surely=True,
    connect=connect,
    fields=(
        Field(
            name="folder",
            help="the folder that takes the posts",
            example="outbox",
            default="outbox",
            required=False,
            path=True,
        ),
    ),
)
