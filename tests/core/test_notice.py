"""What a person is told, in one message; and that no name of an address holds a secret of it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.core.delivery import TOLD, Delivery, State
from bot.core.notice import (
    IN_FULL,
    LONGEST,
    Message,
    News,
    Notice,
    Place,
    Trouble,
    failed,
    is_known,
    is_over,
    may_try,
    message,
    notice_of,
    shown,
)
from bot.core.post import Image, Variant

NOW = datetime(2026, 12, 1, 14, tzinfo=UTC)
DAY = timedelta(days=1)
NEW_YORK = ZoneInfo("America/New_York")
WORDS = Variant(text="Our street is for children. #CleanAir", image=Image(file="street.png", alt="A street"))
BLANK = Delivery(
    network="outbox", identity="town", campaign="air", day=date(2026, 12, 1), clock="09:00", account="town", at=NOW,
    late=timedelta(hours=6), id=7, post="one", variant=WORDS, tries=1,
)  # fmt: skip


def news(state: State, reason: str = "for a reason", by_hand: str = "", **changes: object) -> News:
    one = replace(BLANK, state=state, reason=reason, **changes)  # type: ignore[arg-type]
    return News(notice=notice_of(one), delivery=one, by_hand=by_hand)


def told(*found: News, desk: str = "") -> Message:
    return message(found, NEW_YORK, Place(folder="/home/ana", desk=desk))


@pytest.mark.parametrize(
    ("state", "head", "command"),
    [
        ("refused", "a post of town was refused", "handbill delivery show 7"),
        ("held", "town cannot speak", "handbill account connect town"),
        ("uncertain", "perhaps a post of town is up, perhaps not", "handbill delivery settle 7 --not-posted"),
        ("missed", "a post of town was missed", "handbill delivery now 7"),
        ("skipped", "town has nothing to say", "handbill plan"),
    ],
)
def test_each_end_is_told_with_account_time_reason_words_and_what_to_do(state: State, head: str, command: str) -> None:
    found = told(news(state))
    assert found.title == f"Handbill: {head}"
    assert "town, Tuesday 2026-12-01 09:00 America/New_York, air/one" in found.body
    assert "Why: for a reason" in found.body and WORDS.text in found.body
    assert command in found.body and found.body.endswith("Type the commands in /home/ana")
    assert found.pictures == ()


DESK, HERE = "https://desk.example.org/", "http://127.0.0.1:8001/"


@pytest.mark.parametrize(
    ("state", "page"),
    [
        ("refused", "entry/7"),
        ("held", "accounts/town"),
        ("uncertain", "troubles?state=uncertain"),
        ("missed", "entry/7"),
        ("skipped", "week"),
    ],
)
def test_with_a_desk_each_end_leads_there_and_names_no_command(state: State, page: str) -> None:
    found = told(news(state), desk=DESK).body
    assert f": {DESK}{page}" in found and "handbill " not in found and "Type the commands" not in found


def test_what_is_posted_by_hand_or_many_at_once_leads_to_the_desk_too() -> None:
    by_hand = news("uncertain", by_hand="Instagram", id=99)
    refused = (news("refused", id=number) for number in range(100, 101 + IN_FULL))
    found = told(by_hand, *refused, *outage(3), desk=DESK).body
    assert f"Say there whether it is up: {DESK}by-hand\n" in found and "handbill " not in found
    assert f"See: {DESK}troubles" in found and f"What is still worth saying: {DESK}troubles?state=missed" in found


def test_of_a_desk_that_only_its_own_machine_reaches_the_message_says_so() -> None:
    assert told(news("missed"), desk=HERE).body.endswith("Open these addresses on the machine where Handbill runs.")
    assert "on the machine" not in told(news("missed"), desk=DESK).body
    engine = News(notice=Notice(kind="engine", words="the disk is full", at=NOW))
    assert "addresses" not in told(engine, desk=HERE).body


def test_every_end_of_which_a_person_is_told_has_words_of_its_own() -> None:
    assert len({told(news(state)).title for state in {*TOLD, "skipped"}}) == len(TOLD) + 1


def test_who_posts_by_hand_gets_words_picture_link_and_how_to_say_it_is_done() -> None:
    found = told(news("uncertain", by_hand="Instagram", payload={"open": "https://www.instagram.com/"}))
    assert found.title == "Handbill: please post this to Instagram" and found.pictures == ("street.png",)
    assert "\n\nOur street is for children. #CleanAir\n\n" in found.body
    assert "Picture: street.png\nIn words: A street\nPost it here: https://www.instagram.com/\n" in found.body
    assert "If it is up: handbill delivery settle 7 --posted\n" in found.body and "Why:" not in found.body


def test_a_warning_before_the_words_is_told() -> None:
    warned = replace(WORDS, warning="Politics")
    assert "Before it, as a warning: Politics" in told(news("refused", variant=warned)).body


def test_the_trouble_of_an_account_is_told_with_the_way_out() -> None:
    notice = Notice(kind="account", words="its key no longer works", at=NOW, account="town")
    found = told(News(notice=notice))
    assert found.title == "Handbill: look after the account town"
    assert "Why: its key no longer works" in found.body and "handbill account connect town" in found.body


def outage(count: int, account: str = "town", start: int = 1) -> Iterable[News]:
    """So many posts of an account that were missed, an hour apart."""
    for number in range(start, start + count):
        yield news(
            "missed", "nobody was running", id=number, account=account, tries=0, at=NOW + timedelta(hours=number)
        )


def test_many_missed_of_one_outage_are_one_summary() -> None:
    found = told(*outage(40), *outage(2, "shop", 50))
    assert found.title == "Handbill: 42 things to look at"
    assert "42 posts were missed, from Tuesday 2026-12-01 10:00 to Thursday 2026-12-03 12:00" in found.body
    assert "shop: 2 (nobody was running)\ntown: 40 (nobody was running)" in found.body
    assert WORDS.text not in found.body and "handbill delivery list --state missed" in found.body


def test_a_single_missed_one_is_told_in_full() -> None:
    assert WORDS.text in told(*outage(1)).body


def test_one_that_was_missed_after_many_tries_is_not_hidden_among_those_of_an_outage() -> None:
    found = told(*outage(3), news("missed", "it was tried 8 times", id=99, tries=8))
    assert "3 posts were missed" in found.body and "Why: it was tried 8 times" in found.body


def test_the_first_are_told_in_full_and_the_others_counted() -> None:
    found = told(*(news("refused", id=number) for number in range(IN_FULL)), *(news("held", id=99),) * 2,
                 *(news("refused", id=number, account="shop") for number in range(100, 103)))  # fmt: skip
    assert found.body.count(WORDS.text) == IN_FULL
    assert "And 4 more: shop: 3 refused; town: 1 refused. See: handbill delivery list" in found.body


def test_what_needs_a_person_most_comes_first() -> None:
    found = told(news("missed", id=1), news("refused", id=2), news("uncertain", id=3, by_hand="Instagram"))
    assert found.body.startswith("Please post this to Instagram")


def test_what_has_come_further_meanwhile_is_over() -> None:
    was = notice_of(replace(BLANK, state="held"))
    assert not is_over(News(notice=was, delivery=replace(BLANK, state="held")))
    assert is_over(News(notice=was, delivery=replace(BLANK, state="sent")))
    assert not is_over(News(notice=Notice(kind="account", words="", at=NOW)))


# --- what does not work -----------------------------------------------------------------------------


def test_the_pauses_grow_from_a_minute_to_an_hour() -> None:
    trouble, pauses = None, []
    for _ in range(9):
        trouble = failed(trouble, "no", NOW)
        assert trouble.again
        pauses.append((trouble.again - NOW).total_seconds() / 60)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_try_waits_for_its_time_and_for_no_time_of_a_clock_that_was_ahead() -> None:
    assert may_try(None, NOW) and may_try(Trouble(words="no", again=NOW), NOW)
    assert not may_try(Trouble(words="no", again=NOW + LONGEST), NOW)
    assert may_try(Trouble(words="no", again=NOW + LONGEST + timedelta(seconds=1)), NOW)


# --- what was told already --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        pytest.param(news("skipped", "2 resting; 1 outside its days", at=NOW - DAY), True, id="other numbers"),
        pytest.param(news("skipped", "1 outside its days; 3 resting", at=NOW - DAY), True, id="another order"),
        pytest.param(news("skipped", "3 resting", at=NOW - DAY), False, id="another reason"),
        pytest.param(news("missed", "3 resting; 1 outside its days", at=NOW - DAY), False, id="another end"),
        pytest.param(news("skipped", "3 resting; 1 outside its days", account="shop"), False, id="another account"),
        pytest.param(news("skipped", "3 resting; 1 outside its days", at=NOW - 7 * DAY), False, id="a week ago"),
        pytest.param(news("skipped", "3 resting; 1 outside its days", at=NOW + DAY), False, id="by a clock ahead"),
    ],
)
def test_what_was_told_already_is_known_but_for_numbers_and_order(other: News, is_same: bool) -> None:
    one = news("skipped", "3 resting; 1 outside its days", said=None)
    assert is_known(one.notice, [other.notice]) is is_same


# --- names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("mailto://me:s3cr3t@example.org", "mailto://example.org"),
        ("mailtos://me:s3cr3t@Mail.example.org:587?to=ana@town.example&from=x@y.example", "mailtos://mail.example.org"),
        ("json://127.0.0.1:8080/s3cr3t", "json://127.0.0.1"),
        ("jsons://[::1]/s3cr3t?x=s3cr3t", "jsons://::1"),
        ("https://discord.com/api/webhooks/1/s3cr3t", "https://discord.com"),
        ("tgram://123456:s3cr3t/42", "tgram://"),
        ("ntfy://s3cr3t", "ntfy://"),
        ("mailto://me:s3c/r3t@example.org", "mailto://"),
        ("mailto://me:p@s3c/r3t@example.org", "mailto://"),
        ("json://s3cr3t#x@example.org", "json://"),
        ("json://s3cr3t?x@example.org", "json://"),
        ("json://s3cr3t", "json://"),
        ("mailto://[s3cr3t", "mailto://"),
        ("me:s3cr3t@example.org", "address 1"),
        ("", "address 1"),
    ],
)
def test_an_address_is_shown_without_what_is_secret_in_it(address: str, name: str) -> None:
    assert shown([address]) == [name]


def test_two_addresses_at_one_server_have_two_names() -> None:
    found = shown(["mailto://a:1@example.org", "json://example.org/x", "mailto://b:2@example.org"])
    assert found == ["mailto://example.org", "json://example.org", "mailto://example.org (3)"]


@given(
    st.sampled_from(["mailto", "json", "https", "tgram", "gotify", "slack"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=4, max_size=12),
)
def test_no_password_stands_in_a_name_whatever_its_signs(scheme: str, password: str) -> None:
    assume("=" not in password and password not in f"{scheme}://mail.example.org")
    assert password not in shown([f"{scheme}://me:{password}@mail.example.org/{password}?to=a@b.example"])[0]
