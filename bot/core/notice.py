"""What a person is to be told, in which words, and by which names addresses may be shown."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import SplitResult, quote, urlsplit
from zoneinfo import ZoneInfo

from bot.core.delivery import Delivery
from bot.core.links import is_loopback

# So many are told in full in one message; the others are counted.
IN_FULL = 20
# The kind of a notice that tells what waits for approval; its words are whole.
APPROVAL = "approval"
# An account that has nothing to say for the same reason is told of again after so long.
SELDOM = timedelta(days=7)
WORD = re.compile(r"[^\W\d]+")
# How long to wait after a message that nobody could be told.
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to be told, once: about a delivery (`kind` is its state then), or an account ("account").

    `words`: the reason, as the ledger has it. `trouble`: why it could not be told so far.
    """

    kind: str
    words: str
    at: datetime
    account: str = ""
    delivery: int | None = None
    id: int | None = None
    trouble: str = ""


def notice_of(delivery: Delivery) -> Notice:
    """The notice of a delivery's end."""
    return Notice(
        kind=delivery.state,
        words=delivery.reason,
        at=delivery.said or delivery.at,
        account=delivery.account,
        delivery=delivery.id,
    )


def is_known(notice: Notice, others: Iterable[Notice]) -> bool:
    """Whether another of the account, not long before, told the same but for numbers and order."""
    return any(
        (one.account, one.kind, _words(one)) == (notice.account, notice.kind, _words(notice))
        and notice.at - SELDOM < one.at <= notice.at
        for one in others
    )


def _words(notice: Notice) -> set[str]:
    return set(WORD.findall(notice.words))


# --- what does not work on the way to people --------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why an address, or the heartbeat, does not work: after so many `tries`, not to be tried before `again`."""

    words: str
    tries: int = 0
    again: datetime | None = None


def failed(before: Trouble | None, words: str, now: datetime) -> Trouble:
    """The trouble after one more try that failed: the pause doubles, from a minute to an hour."""
    tries = before.tries + 1 if before else 1
    pause: timedelta = min(SHORTEST * 2 ** min(tries - 1, 10), LONGEST)
    return Trouble(words=words, tries=tries, again=now + pause)


def may_try(trouble: Trouble | None, now: datetime) -> bool:
    """Whether it is time for another try; also where a clock that was ahead has set a time too far off."""
    return trouble is None or trouble.again is None or not now < trouble.again <= now + LONGEST


# --- how an address is shown ------------------------------------------------------------------------

# Kinds of address in which a server's name follows the scheme; in others a key may stand there.
# <https://appriseit.com/services/>
WITH_A_SERVER = frozenset(
    {"mailto", "mailtos", "json", "jsons", "xml", "xmls", "form", "forms", "http", "https"}
    | {"gotify", "gotifys", "matrix", "matrixs", "mmost", "mmosts", "rocket", "rockets", "nctalk", "nctalks"}
)
SCHEME = re.compile(r"([a-z][a-z0-9]{1,19})://", re.IGNORECASE)
SERVER = re.compile(r"localhost|[a-z0-9-]+(\.[a-z0-9-]+)+|[0-9a-f:]*:[0-9a-f:.]+", re.IGNORECASE)
# Where an @ may stand behind the server's name.
PEOPLE = re.compile(r"(to|from|cc|bcc|reply|name|user)=[^&/]*", re.IGNORECASE)


def shown(addresses: Sequence[str]) -> list[str]:
    """A name for each address that holds no secret of it: mailto://example.org, tgram://, or "address 3"."""
    names: list[str] = []
    for number, address in enumerate(addresses, 1):
        name = _shown(address) or f"address {number}"
        names.append(name if name not in names else f"{name} ({number})")
    return names


def _shown(address: str) -> str:
    scheme = SCHEME.match(address.strip())
    if scheme is None:
        return ""
    kind = scheme[1].lower()
    try:
        parts = urlsplit(address.strip())
        server = (parts.hostname or "") if kind in WITH_A_SERVER and _is_plain(parts) else ""
    except ValueError:
        server = ""
    return f"{kind}://{server if SERVER.fullmatch(server) else ''}"


def _is_plain(parts: SplitResult) -> bool:
    """Whether what is taken for the server is surely that, and no part of a password with odd signs in it."""
    query = "&".join(pair for pair in parts.query.split("&") if not PEOPLE.fullmatch(pair))
    return "@" not in f"{parts.path}{query}{parts.fragment}"


# --- the message ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A notice with the delivery it is about, as that stands now; `by_hand`: the network to post it to by hand."""

    notice: Notice
    delivery: Delivery | None = None
    by_hand: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What goes out: plain text, and the files of the pictures that a person is to post."""

    title: str
    body: str
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where people do what a message asks of them: at the desk, by its address, which ends in /.

    Without one they type commands in a `folder`.
    """

    folder: str
    desk: str = ""

    def way(self, page: str, command: str) -> str:
        """The page of the desk, or the command."""
        return f"{self.desk}{page}" if self.desk else f"handbill {command}"

    def end(self, body: str) -> str:
        """What a message ends with, so that its ways can be gone."""
        if not self.desk:
            return f"Type the commands in {self.folder}"
        is_needed = self.desk in body and is_loopback(urlsplit(self.desk).hostname or "")
        return "Open these addresses on the machine where Handbill runs." if is_needed else ""


def is_over(news: News) -> bool:
    """Whether there is nothing left to tell: the delivery has come further meanwhile."""
    return news.delivery is not None and news.delivery.state != news.notice.kind


def message(news: Iterable[News], zone: ZoneInfo, place: Place) -> Message:
    """All that is to be told, in one message: what needs a person most comes first.

    The first IN_FULL in full, the others counted; of a delivery only the newest notice; all that
    was missed without a try is one summary.
    """
    told = sorted(_newest(news), key=lambda one: (_rank(one), one.notice.at))
    untried = [one for one in told if _is_untried(one)]
    untried = untried if len(untried) > 1 else []
    single = [one for one in told if one not in untried]
    full, rest = single[:IN_FULL], single[IN_FULL:]
    parts = [_in_full(one, zone, place) for one in full]
    parts += [_summary(untried, zone, place)] if untried else []
    parts += [_counted(rest, place)] if rest else []
    parts += [end] if (end := place.end("\n".join(parts))) else []
    title = _head(told[0]) if len(told) == 1 else f"{len(told)} things to look at"
    pictures = dict.fromkeys(file for one in full if one.by_hand and (file := _picture(one)))
    return Message(title=f"Handbill: {title}", body="\n\n".join(parts), pictures=tuple(pictures))


def _newest(news: Iterable[News]) -> list[News]:
    found: dict[tuple[str, object], News] = {}
    for one in news:
        found[one.notice.account, one.notice.delivery or one.notice.kind] = one
    return list(found.values())


def _is_untried(one: News) -> bool:
    return one.notice.kind == "missed" and (one.delivery is None or one.delivery.tries == 0)


RANKS = ("engine", APPROVAL, "account", "held", "uncertain", "refused", "missed", "skipped")


def _rank(one: News) -> int:
    if one.by_hand:
        return 0
    return RANKS.index(one.notice.kind) + 1 if one.notice.kind in RANKS else len(RANKS)


HEADS = {
    "account": "look after the account {account}",
    "held": "{account} cannot speak",
    "uncertain": "perhaps a post of {account} is up, perhaps not",
    "refused": "a post of {account} was refused",
    "missed": "a post of {account} was missed",
    "skipped": "{account} has nothing to say",
    "engine": "the engine is in trouble",
    APPROVAL: "posts wait for somebody to approve them",
}


def _head(one: News) -> str:
    if one.by_hand:
        return f"please post this to {one.by_hand}"
    return HEADS.get(one.notice.kind, "{account}: " + one.notice.kind).format(account=one.notice.account)


def _in_full(one: News, zone: ZoneInfo, place: Place) -> str:
    """Account, time, reason, words, and what to do."""
    head = _head(one)
    delivery = one.delivery
    rows = [f"{head[:1].upper()}{head[1:]}", f"({_about(one, zone)})"]
    if one.notice.words and not one.by_hand:
        rows += ["", one.notice.words if one.notice.kind == APPROVAL else f"Why: {one.notice.words}"]
    if delivery and delivery.variant:
        rows += ["", delivery.variant.text, ""]
        rows += [f"Before it, as a warning: {delivery.variant.warning}"] if delivery.variant.warning else []
        rows += _of_picture(delivery)
    rows += [f"It stands at: {delivery.receipt.url}"] if delivery and delivery.receipt and delivery.receipt.url else []
    return "\n".join([*rows, *_remedy(one, place)])


def _about(one: News, zone: ZoneInfo) -> str:
    delivery = one.delivery
    at = delivery.at if delivery else one.notice.at
    post = "/".join(filter(None, (delivery.campaign, delivery.post))) if delivery else ""
    words = (one.notice.account, f"{at.astimezone(zone):%A %Y-%m-%d %H:%M} {zone.key}", post)
    return ", ".join(word for word in words if word)


def _of_picture(delivery: Delivery) -> list[str]:
    image = delivery.variant.image if delivery.variant else None
    return [f"Picture: {image.file}", f"In words: {image.alt}"] if image else []


def _picture(one: News) -> str:
    image = one.delivery.variant.image if one.delivery and one.delivery.variant else None
    return image.file if image else ""


def _remedy(one: News, place: Place) -> list[str]:
    number, account = one.notice.delivery, one.notice.account
    entry, door = f"entry/{number}", f"accounts/{quote(account, safe='')}"
    if one.by_hand:
        link = str((one.delivery.payload or {}).get("open") or "") if one.delivery else ""
        return [*([f"Post it here: {link}"] if link else []), *_settle(number, place, "by-hand")]
    match one.notice.kind:
        case "account":
            return [f"Put it right: {place.way(door, f'account connect {account}')}"]
        case "held":
            right = f"Put the account right: {place.way(door, f'account connect {account}')}"
            return [right, f"Look: {place.way(entry, f'delivery show {number}')}"]
        case "uncertain":
            settle = _settle(number, place, "troubles?state=uncertain")
            return ["It is not said again by itself. Look at the account.", *settle]
        case "refused":
            look = place.way(entry, f"delivery show {number}")
            return [f"Change the post; then it has its turn again while it is in time. Look: {look}"]
        case "missed":
            return [f"To say it all the same: {place.way(entry, f'delivery now {number}')}"]
        case "skipped":
            look = place.way("week", "plan")
            return [f"If it stays so, its times pass in silence; you hear of it once a week. Look: {look}"]
    return []


def _settle(number: int | None, place: Place, page: str) -> list[str]:
    """How a person says whether a post is up."""
    if place.desk:
        return [f"Say there whether it is up: {place.desk}{page}"]
    return [
        f"If it is up: handbill delivery settle {number} --posted",
        f"If it is not: handbill delivery settle {number} --not-posted",
    ]


def _summary(missed: Sequence[News], zone: ZoneInfo, place: Place) -> str:
    """All that was missed without a try, most often because nothing was running."""
    times = sorted(one.delivery.at if one.delivery else one.notice.at for one in missed)
    first, last = (f"{at.astimezone(zone):%A %Y-%m-%d %H:%M}" for at in (times[0], times[-1]))
    counts = Counter((one.notice.account, one.notice.words) for one in missed)
    look = place.way("troubles?state=missed", "delivery list --state missed")
    return "\n".join(
        [
            f"{len(missed)} posts were missed, from {first} to {last} ({zone.key}):",
            *(f"{account}: {count} ({why})" for (account, why), count in sorted(counts.items())),
            f"What is still worth saying: {look}{'' if place.desk else ', then handbill delivery now NUMBER'}",
        ]
    )


def _counted(rest: Sequence[News], place: Place) -> str:
    counts = Counter((one.notice.account, "by hand" if one.by_hand else one.notice.kind) for one in rest)
    told = "; ".join(f"{account}: {count} {kind}" for (account, kind), count in sorted(counts.items()))
    return f"And {len(rest)} more: {told}. See: {place.way('troubles', 'delivery list')}"
