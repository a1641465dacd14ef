"""Adopt: what an account has said already in words of the library, by another ledger or by hand, counts as said."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256

from bot.app import App
from bot.core.choice import Speaker
from bot.core.delivery import Delivery, step
from bot.core.facts import Setting
from bot.core.network import Said
from bot.core.post import Post, Variant
from bot.core.problem import TryLater
from bot.core.recognise import recognise
from bot.core.rotate import WHOLE, sameness
from bot.core.timetable import local_day
from bot.store import Lease, Look
from bot.work.doors import Doors, told
from bot.work.settle import is_by_person

# By so much the clocks of a network and of this machine may differ.
CLOCKS = timedelta(minutes=2)


def adopt(app: App, doors: Doors, delivery: Delivery, lease: Lease, now: datetime) -> list[Delivery]:
    """Look at what the delivery's account has said since we last looked, and write what we did not know of.

    The deliveries that changed or are new. If one of them was said in this delivery's time and
    for its campaign, the delivery itself is skipped. Raises a NetworkError if nobody can look.
    """
    recent = doors.publisher(delivery.account).recent
    if recent is None:
        return []
    newest = app.store.looks().get(delivery.account, Look()).newest
    found = told(partial(recent, newest), TryLater)
    known = app.store.receipts(delivery.network, [one.receipt.id for one in found])
    changed: list[Delivery] = []
    for said in found:
        if said.receipt.id not in known:
            changed += _taken_in(app, delivery, said, lease)
    # Noted last: whoever dies before has to look again.
    if found and found[0].receipt.id != newest:
        seen(app, delivery.account, found[0].receipt.id, now)
    return changed


def seen(app: App, account: str, newest: str, now: datetime) -> None:
    """Note the id of an account's newest post that is known here."""
    app.store.looked(account, replace(app.store.looks().get(account, Look()), newest=newest), now)


def _taken_in(app: App, delivery: Delivery, said: Said, lease: Lease) -> Iterator[Delivery]:
    if mine := _awaited(app, delivery.account, said):
        if mine.state == "uncertain":
            yield app.store.save(step(mine, "sent", receipt=said.receipt, reason=""), lease)
        return
    if found := _recognised(app, delivery, said):
        post, wording, variant = found
        # The slot first: whoever dies in between finds the post again.
        if post.campaign == delivery.campaign and delivery.at - CLOCKS <= said.at <= delivery.at + delivery.late:
            why = f"this account has said it already, without this ledger: {said.receipt.url or said.receipt.id}"
            ready = delivery if delivery.state == "planned" else app.store.save(step(delivery, "planned"), lease)
            yield app.store.save(step(ready, "skipped", reason=why), lease)
        yield app.store.add(_adopted(app, delivery, said, post, wording, variant))


def _awaited(app: App, account: str, said: Said) -> Delivery | None:
    """The delivery of ours that this is: one that may have been posted, or that a person has told us of."""
    for one in app.store.deliveries(("uncertain", "sent"), since=said.at - timedelta(days=14)):
        is_open = one.state == "uncertain" or (one.receipt is not None and is_by_person(one.receipt))
        is_after = (one.said or one.at) - CLOCKS <= said.at
        if one.account == account and is_open and is_after and one.sameness == sameness(said.text):
            return one
    return None


def _recognised(app: App, delivery: Delivery, said: Said) -> tuple[Post, int, Variant] | None:
    speaker = app.speaker(delivery.account)
    for name, campaign in app.library.campaigns.items():
        setting = _setting(app, speaker, said, name)
        if found := recognise(said.text, speaker, setting, campaign, app.library.posts[name]):
            return found
    return None


def _setting(app: App, speaker: Speaker, said: Said, campaign: str) -> Setting:
    return Setting(
        campaign=app.library.campaigns[campaign],
        network=speaker.network,
        language=speaker.voice.language,
        today=local_day(said.at, app.config.zone),
        me=speaker.me,
        mentions=speaker.network.may_mention > 0,
    )


def _adopted(app: App, of: Delivery, said: Said, post: Post, wording: int, variant: Variant) -> Delivery:
    at = said.at.astimezone(app.config.zone)
    spoken = [one for one in app.store.spoken([of.account]) if (one.campaign, one.post) == (post.campaign, post.name)]
    return Delivery(
        network=of.network,
        identity=of.identity,
        campaign=post.campaign,
        day=at.date(),
        # As no slot has it, and no other post: two may be of one second.
        clock=f"{at:%H:%M:%S} {sha256(said.receipt.id.encode()).hexdigest()[:12]}",
        account=of.account,
        at=said.at,
        late=timedelta(),
        state="sent",
        post=post.name,
        digest=post.digest,
        wording=wording,
        variant=variant,
        share=max((one.share for one in spoken), default=0) + WHOLE // post.weight,
        sameness=sameness(said.text),
        said=said.at,
        receipt=said.receipt,
    )
