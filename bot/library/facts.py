"""The facts of a post: which keys may stand between its +++ rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.core import schema
from bot.core.post import Source
from bot.core.schema import Fault, Faults, Kind


def fact_keys(networks: Sequence[str]) -> dict[str, Kind]:
    """The keys that hold for a post in all its languages."""
    return {
        "tags": schema.many(schema.text),
        "hashtags": schema.many(schema.hashtag),
        "link": schema.text,
        "source": _source,
        "rest": schema.duration,
        "at_most": schema.whole(1, 10_000),
        "from": schema.day,
        "until": schema.day,
        "weight": schema.whole(1, 10),
        "only": schema.many(schema.one_of(networks, "network")),
        "except": schema.many(schema.one_of(networks, "network")),
    }


def keys(networks: Sequence[str]) -> dict[str, Kind]:
    """Every key between the +++ rows of a post."""
    facts = fact_keys(networks)
    words = {"short": schema.text, "title": schema.text, "image": _image}
    return {**facts, **words, "text": _own(networks, [*facts, *words])}


def _image(value: Any, path: schema.Path, faults: Faults) -> dict[str, str]:
    return dict(schema.table({"file": schema.text, "alt": schema.text})(value, path, faults))


def _source(value: Any, path: schema.Path, faults: Faults) -> Source | None:
    keys = {"text": schema.text, "url": schema.address, "date": schema.day}
    found = schema.table(keys, required=["text"])(value, path, faults)
    return Source(**found) if found.get("text") else None


def _own(networks: Sequence[str], facts: Sequence[str]) -> Kind:
    words = schema.table(dict.fromkeys(networks, schema.text))

    def kind(value: Any, path: schema.Path, faults: Faults) -> dict[str, str]:
        if not isinstance(value, Mapping):
            return dict(words(value, path, faults))
        for name in value:
            if name in facts:
                what = f"`{name}` stands below `[text]`, so it is read as a network"
                faults.append(Fault((*path, name), what, "Move it up, above [text]."))
        return dict(words({name: value[name] for name in value if name not in facts}, path, faults))

    return kind
