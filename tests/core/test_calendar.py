"""A plan in a calendar: at its instant, word for word, in lines that every calendar reads."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.core.calendar import Event, calendar

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def lines(text: str, title: str = "Town", link: str = "") -> list[str]:
    event = Event(key="town/2026", at=datetime(2026, 12, 1, 9, 30, tzinfo=UTC), title=title, text=text, link=link)
    return "".join(calendar("Plan", [event], NOW)).split("\r\n")


def test_an_event_is_at_its_instant_and_keeps_its_key() -> None:
    found = lines("Hello.", link="https://example.org/")
    assert "DTSTART:20261201T093000Z" in found and "UID:town/2026" in found and "URL:https://example.org/" in found
    assert found[0] == "BEGIN:VCALENDAR" and found[-2:] == ["END:VCALENDAR", ""]


def test_signs_that_mean_something_in_the_file_are_marked() -> None:
    assert "DESCRIPTION:One\\, two\\; three \\\\ four\\nfive" in lines("One, two; three \\ four\nfive")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_any_words_are_whole_once_unfolded_and_no_line_is_too_long(words: str) -> None:
    found = "".join(calendar("Plan", [Event(key="k", at=NOW, title=words, text="")], NOW))
    assert all(len(line.encode()) <= 75 for line in found.split("\r\n"))
    [said] = [line for line in found.replace("\r\n ", "").split("\r\n") if line.startswith("SUMMARY:")]
    assert said[8:].replace("\\;", ";").replace("\\,", ",").replace("\\\\", "\\") == words
