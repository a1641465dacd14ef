"""Sentences as the desk says them: a button stands beside each, so the command that does the same is left out."""

import re

COMMAND = re.compile(r"`?\bhandbill [a-z]")
# (`late` in config.toml), (handbill account start town)
BRACKETS = re.compile(r"\s*\([^()]*(?:\b(?:in|en) config\.toml|\bhandbill [a-z])[^()]*\)")
SENTENCES = re.compile(r"(?<=[.!?])\s+")
CLAUSE = re.compile(r".*(?=[;:] )")


def at_desk(words: str) -> str:
    """The words without commands, without what only leads up to one, and without keys of config.toml in brackets."""
    rows = (SENTENCES.split(row) for row in BRACKETS.sub("", words).split("\n"))
    return "\n".join(filter(None, (" ".join(filter(None, map(_without, row))) for row in rows)))


def _without(sentence: str) -> str:
    """A sentence up to the clause that leads to a command; "" if that is all of it."""
    command = COMMAND.search(sentence)
    if command is None:
        return sentence
    found = CLAUSE.match(sentence[: command.start()].rstrip().removesuffix(":"))
    return f"{found[0]}{'.' if sentence.endswith('.') else ''}" if found else ""
