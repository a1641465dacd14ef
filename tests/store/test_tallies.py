"""The sums over what was said are those of the deliveries, whatever happens to them."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.delivery import STEPS, USED, Delivery, State
from bot.core.rotate import Spoken
from bot.store import Store
from tests.store.test_database import BLANK, NOW, WORDS

Key = tuple[str, str, str, int]


def summed(store: Store) -> list[Spoken]:
    """The sums, made anew from every delivery there is."""
    found: dict[Key, list[Delivery]] = {}
    for one in store.deliveries(USED):
        found.setdefault((one.account, one.campaign, one.post, one.wording), []).append(one)
    return [
        Spoken(
            account=account, campaign=campaign, post=post, wording=wording, count=len(them),
            share=max(one.share for one in them), last=max(one.at for one in them),
        )
        for (account, campaign, post, wording), them in found.items()
    ]  # fmt: skip


def agrees(store: Store) -> bool:
    return Counter(map(repr, store.spoken())) == Counter(map(repr, summed(store)))


def noted(store: Store, number: int) -> Delivery:
    """A delivery, with a number of its own, as the engine notes it."""
    new = replace(BLANK, clock=f"{number // 60:02}:{number % 60:02}", at=NOW + timedelta(minutes=number))
    store.note([new], (), {}, NOW)
    return next(one for one in store.deliveries() if one.clock == new.clock)


WALKS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(list(STEPS)), st.sampled_from(["one", "two"]), st.integers(1, 2)),
    max_size=25,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walks=WALKS)
def test_whatever_way_deliveries_go_the_sums_are_right(store: Store, walks: list[tuple[int, State, str, int]]) -> None:
    with store._writing() as connection:
        connection.exec_driver_sql("DELETE FROM deliveries")
        connection.exec_driver_sql("DELETE FROM tallies")
    them = [noted(store, number) for number in range(4)]
    with store.leased("town", "me", 60) as lease:
        assert lease
        for number, to, post, wording in walks:
            one = them[number]
            if to in STEPS[one.state]:
                said = {"post": post, "wording": wording, "share": one.share + 1, "variant": WORDS}
                counts_otherwise = (one.state in USED) != (to in USED)
                ended = replace(one, state=to, **(said if counts_otherwise else {}))  # type: ignore[arg-type]
                store.save(ended, lease)
                them[number] = ended
            assert agrees(store)


def test_what_begins_counts_and_what_was_surely_not_said_counts_no_more(store: Store) -> None:
    one = noted(store, 0)
    sending = replace(one, state="sending", post="one", wording=1, share=2520, variant=WORDS)
    with store.leased("town", "me", 60) as lease:
        assert lease and store.begin(sending, lease, 60)
        assert [(said.post, said.count, said.share, said.last) for said in store.spoken()] == [("one", 1, 2520, one.at)]
        store.save(replace(sending, state="planned"), lease)
    assert store.spoken() == []


def test_what_is_added_or_stands_under_another_name_counts(store: Store) -> None:
    for clock in ("01:00", "02:00"):
        store.add(replace(BLANK, clock=clock, state="sent", post="one", wording=1, share=7))
    store.add(replace(BLANK, clock="03:00", account="village", state="sent", post="one", wording=1, share=9))
    assert agrees(store) and len(store.spoken()) == 2
    store.rename("outbox", "town", "city")
    assert agrees(store) and [(one.account, one.count, one.share) for one in store.spoken()] == [("city", 3, 9)]
    assert store.spoken(["town"]) == []
