"""A calendar file, as calendars on phones and desks read it: https://www.rfc-editor.org/rfc/rfc5545."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something at an instant (UTC); `key` stays the same whenever the file is made."""

    key: str
    at: datetime
    title: str
    text: str
    link: str = ""


LONGEST = 75
"""Octets in a line: https://www.rfc-editor.org/rfc/rfc5545#section-3.1."""
LASTS = timedelta(minutes=15)


def calendar(name: str, events: Iterable[Event], now: datetime) -> Iterator[str]:
    """The lines of the file, each with its end; `now` is when it was made."""
    yield from map(_line, ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Handbill//EN"))
    yield _line(f"X-WR-CALNAME:{_text(name)}")
    for event in events:
        yield from map(_line, _event(event, now))
    yield _line("END:VCALENDAR")


def _event(event: Event, now: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(event.key)}"
    yield f"DTSTAMP:{_instant(now)}"
    yield f"DTSTART:{_instant(event.at)}"
    yield f"DTEND:{_instant(event.at + LASTS)}"
    yield f"SUMMARY:{_text(event.title)}"
    yield f"DESCRIPTION:{_text(event.text)}"
    if event.link:
        yield f"URL:{event.link}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(words: str) -> str:
    for sign in "\\;,":
        words = words.replace(sign, f"\\{sign}")
    return words.replace("\n", "\\n")


def _line(words: str) -> str:
    """A line, folded where it is too long, and never inside a letter."""
    rows, row, length = [], "", 0
    for letter in words:
        size = len(letter.encode())
        if length + size > LONGEST:
            rows.append(row)
            row, length = " ", 1
        row, length = row + letter, length + size
    return "\r\n".join([*rows, row]) + "\r\n"
