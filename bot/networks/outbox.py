"""Outbox: a network that publishes into a folder; for trying out, for tests, and to copy from."""

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.core.network import Answers, Counting, Field, Memory, Network
from bot.core.post import Receipt, Variant
from bot.core.problem import TryLater


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

    def prepare(self, variant: Variant, key: str) -> Mapping[str, object]:
        """The post as it will be written."""
        return {"key": key, "account": self.name, **asdict(variant)}

    def publish(self, payload: Mapping[str, Any], key: str) -> Receipt:
        """Write the files; raises TryLater if they cannot be written."""
        try:
            return self._write(payload, key)
        except OSError as error:
            raise TryLater(f"cannot write to {self.folder} ({error.strerror})", 60) from error

    def _write(self, payload: Mapping[str, Any], key: str) -> Receipt:
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self._path(key)
        image = payload.get("image")
        if image:
            shutil.copyfile(image["file"], target.with_suffix(Path(image["file"]).suffix))
        _put(target.with_suffix(".txt"), readable(payload))
        _put(target, json.dumps(payload, ensure_ascii=False, indent=2) + "\n")
        return Receipt(id=target.stem, url=target.absolute().as_uri())

    def find(self, payload: Mapping[str, object], key: str) -> Receipt | None:
        """The receipt of an earlier `publish`, if its files are there."""
        target = self._path(key)
        return Receipt(id=target.stem, url=target.absolute().as_uri()) if target.exists() else None

    def _path(self, key: str) -> Path:
        _, name, campaign, day, clock = key.split("/")
        return self.folder / (re.sub(r"[^\w.-]", "_", f"{day}-{clock.replace(':', '')}-{campaign}-{name}") + ".json")


def readable(payload: Mapping[str, Any]) -> str:
    """The post's exact words, and below a row of dashes its picture's."""
    image = payload.get("image")
    return f"{payload['text']}\n" + (f"\n---\nPicture: {image['alt']}\n" if image else "")


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
