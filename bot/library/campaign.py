"""campaign.toml becomes a Campaign."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.core import schema
from bot.core.facts import UTM
from bot.core.post import Ask, Campaign, Hashtags, Target
from bot.core.problem import Problem
from bot.core.schema import Fault, Faults, Kind
from bot.library.checks import picture_fault
from bot.library.files import is_post, language_of, read_text, shown, told_text

FILE = "campaign.toml"
# A name that a template can write: {{ links.sign_up }}
WORD = r"[A-Za-z][A-Za-z0-9_]*"


ASK = {
    "label": schema.by_language(),
    "hint": schema.by_language(),
    "longest": schema.whole(1, 200),
    "choices": schema.named(schema.by_language()),
}


def _ask(value: Any, path: schema.Path, faults: Faults) -> Ask:
    return Ask(**{"label": {}, **schema.table(ASK, required=["label"])(value, path, faults)})


def _target(networks: Sequence[str]) -> Kind:
    inner = schema.table({"name": schema.by_language(), **dict.fromkeys(networks, schema.text)}, required=["name"])

    def kind(value: Any, path: schema.Path, faults: Faults) -> Target:
        found = dict(inner(value, path, faults))
        return Target(name=found.pop("name", {}), handles=found)

    return kind


def _at_most(networks: Sequence[str]) -> Kind:
    number = schema.whole(0, 10)
    each = schema.table(dict.fromkeys(networks, number))

    def kind(value: Any, path: schema.Path, faults: Faults) -> dict[str, int]:
        return dict(each(value, path, faults)) if isinstance(value, Mapping) else {"": number(value, path, faults)}

    return kind


def _utm(value: Any, path: schema.Path, faults: Faults) -> dict[str, str] | None:
    if isinstance(value, bool):
        return {} if value else None
    return dict(schema.table(dict.fromkeys(UTM, schema.text))(value, path, faults))


def _hashtags(networks: Sequence[str]) -> Kind:
    keys = {"always": schema.many(schema.hashtag), "rotate": schema.many(schema.hashtag), "at_most": _at_most(networks)}
    inner = schema.table(keys)

    def kind(value: Any, path: schema.Path, faults: Faults) -> Hashtags:
        if isinstance(value, list):
            return Hashtags(always=schema.many(schema.hashtag)(value, path, faults))
        return Hashtags(**inner(value, path, faults))

    return kind


def _colour(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(r"#[0-9a-fA-F]{6}", value.strip()):
        return value.strip().lower()
    raise schema.Bad("must be a colour", 'Write # and six digits or letters from a to f: "#1f6f6b".')


def keys(networks: Sequence[str]) -> dict[str, Kind]:
    """Every key of campaign.toml."""
    return {
        "title": schema.by_language(),
        "about": schema.by_language(),
        "organizer": schema.text,
        "paid_by": schema.text,
        "languages": schema.many(schema.language),
        "from": schema.day,
        "until": schema.day,
        "goal": schema.whole(1, 1_000_000_000),
        "reached": schema.whole(0, 1_000_000_000),
        "colour": schema.leaf(_colour),
        "logo": schema.text,
        "networks": schema.many(schema.one_of(networks, "network")),
        "sample": schema.flag,
        "links": schema.named(schema.by_language(schema.address), WORD),
        "hashtags": _hashtags(networks),
        "ask": schema.named(_ask, WORD),
        "targets": schema.named(_target(networks)),
        "utm": _utm,
    }


def read_campaign(
    folder: Path, networks: Sequence[str], base: Path, instead: bytes | None = None
) -> tuple[Campaign | None, list[Problem]]:
    """The campaign in a folder, or None if its file cannot be read at all; and every problem in the file.

    `instead`: the bytes it would hold, of a file that is just being written.
    """
    path = folder / FILE
    where = shown(path, base)
    if instead is None and not path.exists() and not path.is_symlink():
        return None, [
            Problem(where, "this folder has no campaign.toml", 'The smallest one is a row: title = "Clean air".')
        ]
    text, _, _, problems = read_text(path, where) if instead is None else told_text(instead, where)
    if problems:
        return None, problems
    values, problems = schema.parse(text, where)
    if problems:
        return None, problems
    faults: Faults = []
    found = schema.table(keys(networks), required=["title"])(values, (), faults)
    faults += [*_cross(found), *_logo(found, folder)]
    return _campaign(folder, found, where), [schema.placed(fault, text, where) for fault in faults]


def _cross(found: Mapping[str, Any]) -> list[Fault]:
    """What is wrong between keys that are right by themselves."""
    first, last = found.get("from"), found.get("until")
    if first and last and last < first:
        return [Fault(("until",), "`until` lies before `from`", "Put the later day into `until`.")]
    return []


def _logo(found: Mapping[str, Any], folder: Path) -> list[Fault]:
    fault = picture_fault(found["logo"], folder) if found.get("logo") else None
    return [Fault(("logo",), *fault)] if fault else []


def _campaign(folder: Path, found: Mapping[str, Any], where: str) -> Campaign:
    return Campaign(
        name=unicodedata.normalize("NFC", folder.name),
        title=found.get("title") or {"": folder.name},
        languages=tuple(filter(None, found.get("languages") or ())) or _languages(folder),
        where=where,
        about=found.get("about", {}),
        organizer=found.get("organizer") or "",
        paid_by=found.get("paid_by") or "",
        goal=found.get("goal"),
        reached=found.get("reached"),
        colour=found.get("colour") or "",
        logo=str(folder / found["logo"]) if found.get("logo") else "",
        links=found.get("links", {}),
        hashtags=found.get("hashtags", Hashtags()),
        asks=found.get("ask", {}),
        targets=found.get("targets", {}),
        starts=found.get("from"),
        until=found.get("until"),
        networks=found.get("networks", ()),
        utm=found.get("utm"),
        sample=bool(found.get("sample")),
    )


def _languages(folder: Path) -> tuple[str, ...]:
    """The languages of the files, where the campaign does not say: English first if there is any, or none named."""
    seen = {language_of(path) for path in folder.iterdir() if is_post(path)} - {""}
    return tuple(sorted(seen, key=lambda name: (name != "en", name))) or ("en",)
