"""Whose turn it is: which post an account says at a slot, which of its wordings. Pure, the same everywhere."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256

import regex

from bot.core.links import composer_links, links
from bot.core.post import Campaign, Post

# The least common multiple of the weights 1 to 10: 1/weight stays a whole number, exact on every machine.
WHOLE = 2520
NEAR = timedelta(days=7)
# X counts such copies as manipulation, and so do others.
COPY_RULE = "https://help.x.com/en/rules-and-policies/authenticity"
RESTING, WORN_OUT = "resting", "said as often as it may be"
COPY = f"said by another account of this network within 7 days ({COPY_RULE})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """An account as rotation sees it."""

    account: str
    network: str
    handle: str
    language: str
    knows: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One time a post was said, is being said, or will be: `share` is the post's tally after it.

    `at` is its slot's instant, `said` when it was really said, if that is known.
    """

    account: str
    network: str
    campaign: str
    post: str
    wording: int
    language: str
    at: datetime
    share: int
    sameness: str
    said: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """How often an account has said one wording so far: `share` is the post's tally then, `last` the newest slot."""

    account: str
    campaign: str
    post: str
    wording: int
    count: int
    share: int
    last: datetime


@dataclass(slots=True)
class Tally:
    """What one account has made of one post so far."""

    count: int = 0
    share: int = 0
    last: datetime | None = None
    wordings: dict[int, datetime] = field(default_factory=dict)


NOTHING = Tally()  # of what was never said; nobody counts in it


class History:
    """All that was said, ready for the questions that rotation asks."""

    def __init__(self, uses: Iterable[Use] = ()) -> None:
        self._tallies: dict[tuple[str, str, str], Tally] = {}
        self._turns: dict[tuple[str, str], int] = {}
        self._said: dict[tuple[str, str], list[tuple[str, datetime]]] = {}
        self._spoke: dict[str, list[datetime]] = {}
        for use in uses:
            self.add(use)

    @classmethod
    def of(cls, spoken: Iterable[Spoken], recent: Iterable[Use]) -> "History":
        """The same from sums over all that was said, and the single uses of late (`recent`, among the sums too)."""
        history = cls()
        for sum in spoken:
            history._count(sum)
        for use in recent:
            history._note(use)
        return history

    def add(self, use: Use) -> None:
        """Take in one use; uses come in the order of their instants."""
        self._count(
            Spoken(
                account=use.account, campaign=use.campaign, post=use.post, wording=use.wording, count=1,
                share=use.share, last=use.at,
            )
        )  # fmt: skip
        self._note(use)

    def _count(self, spoken: Spoken) -> None:
        tally = self._tallies.setdefault((spoken.account, spoken.campaign, spoken.post), Tally())
        tally.count += spoken.count
        tally.share = max(tally.share, spoken.share)
        tally.last = max(tally.last or spoken.last, spoken.last)
        tally.wordings[spoken.wording] = max(tally.wordings.get(spoken.wording, spoken.last), spoken.last)
        turn = self.turn(spoken.account, spoken.campaign)
        self._turns[spoken.account, spoken.campaign] = turn + spoken.count

    def _note(self, use: Use) -> None:
        self._spoke.setdefault(use.account, []).append(use.said or use.at)
        for said in (f"{use.campaign}/{use.post} {use.language}", f"{use.sameness} {use.language}"):
            self._said.setdefault((use.network, said), []).append((use.account, use.at))

    def spoke(self, account: str) -> list[datetime]:
        """When `account` has spoken of late."""
        return self._spoke.get(account, [])

    def tally(self, account: str, post: Post) -> Tally:
        """What `account` has made of `post`."""
        return self._tallies.get((account, post.campaign, post.name), NOTHING)

    def turn(self, account: str, campaign: str) -> int:
        """How often `account` has spoken for `campaign`."""
        return self._turns.get((account, campaign), 0)

    def near_copy(self, voice: Voice, said: str, at: datetime) -> bool:
        """Whether another account of the same network has said this within seven days of `at`."""
        uses = self._said.get((voice.network, f"{said} {voice.language}"))
        return uses is not None and any(account != voice.account and abs(at - then) < NEAR for account, then in uses)


def obstacle(
    post: Post, campaign: Campaign, voice: Voice, at: datetime, day: date, tags: Collection[str], history: History
) -> str:
    """Why `voice` cannot say `post` now, in words; "" if it can. `day` is the local date of the slot."""
    if tags and not set(tags) & set(post.tags):
        return "without the tags of this time"
    if not within(campaign.starts, campaign.until, day):
        return "outside the days of its campaign"
    if not within(post.starts, post.until, day):
        return "outside its days"
    if voice.language not in post.words:
        return f"without words in {voice.language}"
    if (post.only and voice.network not in post.only) or voice.network in post.never:
        return "not meant for this network"
    if missing := asked(post, voice.language) - voice.knows:
        return f"asking for {', '.join(f'me.{name}' for name in sorted(missing))}, which the account does not have"
    return _used_up(post, voice, at, history)


def _used_up(post: Post, voice: Voice, at: datetime, history: History) -> str:
    tally = history.tally(voice.account, post)
    if post.at_most is not None and tally.count >= post.at_most:
        return WORN_OUT
    if (until := rests_until(post, tally)) and at < until:
        return RESTING
    if history.near_copy(voice, f"{post.campaign}/{post.name}", at):
        return COPY
    return ""


def rests_until(post: Post, tally: Tally) -> datetime | None:
    """The instant from which on a post may be said again by the account of the tally; None if it never rests."""
    return tally.last + post.rest if post.rest and tally.last else None


def within(first: date | None, last: date | None, day: date) -> bool:
    """Whether `day` lies between two days, both included; a missing one bounds nothing."""
    return (first is None or first <= day) and (last is None or day <= last)


NONE = frozenset[str]()
ASKED = regex.compile(r"\{\{[-+]?[\s(]*me\s*\.\s*(\w+)")


def asked(post: Post, language: str) -> frozenset[str]:
    """The supporter's facts that the words of a post have room for."""
    words, found = post.words[language], NONE
    for source in (*words.wordings, *words.own.values(), words.short):
        if source and "{{" in source.text:
            found |= _asked(source.text)
    return found


@lru_cache(maxsize=100_000)
def _asked(text: str) -> frozenset[str]:
    return frozenset(ASKED.findall(text))


def ranked(posts: Iterable[Post], voice: Voice, history: History) -> list[tuple[Post, int]]:
    """The eligible posts, the one whose turn it is first, each with its `share` after this use.

    Among those that have not had more than their part, the lowest share + 1/weight wins; ties
    go to the longest unused, then to an order that is shuffled but the same everywhere. A new
    post, or one back from a season, is said soon, but does not make up for what it missed.
    """
    told = [(post, history.tally(voice.account, post)) for post in posts]
    uses, weights = _part(told)
    ranks = []
    for post, tally in told:
        step = WHOLE // post.weight
        after = max(tally.share + step, uses // weights)
        had_more = (after - step) * weights > uses
        key = (had_more, after, _instant(tally.last), shuffle(voice, f"{post.campaign}/{post.name}"))
        ranks.append((key, post, after))
    ranks.sort(key=lambda rank: rank[0])
    return [(post, after) for _, post, after in ranks]


def _part(told: Collection[tuple[Post, Tally]]) -> tuple[int, int]:
    """What each post should have had by now, as a fraction: the mean of the shares, by weight.

    Posts that never paused lie less than a use from it, and their next share above it. Left out
    are those that lie far off: they were away, or have been said in other slots too.
    """
    said = sorted(tally.share for _, tally in told if tally.count)
    middle = said[len(said) // 2] if said else 0
    near = [(tally.share, post.weight) for post, tally in told if abs(tally.share - middle) <= 2 * WHOLE]
    return sum(share * weight for share, weight in near), sum(weight for _, weight in near) or 1


def next_wording(post: Post, voice: Voice, history: History) -> int:
    """Which wording (from 1) has its turn: the longest unused, then by the shuffled order."""
    used = history.tally(voice.account, post).wordings

    def key(number: int) -> tuple[float, str]:
        return _instant(used.get(number)), shuffle(voice, f"{post.campaign}/{post.name}/{number}")

    return min(range(1, len(post.words[voice.language].wordings) + 1), key=key)


def _instant(at: datetime | None) -> float:
    return at.timestamp() if at else float("-inf")


def shuffle(voice: Voice, name: str) -> str:
    """A place in an order that looks random, differs from account to account, and never changes."""
    return _place(voice.network, voice.handle, name)


@lru_cache(maxsize=100_000)
def _place(network: str, handle: str, name: str) -> str:
    return sha256(f"{network}\n{handle}\n{name}".encode()).hexdigest()


WITH_SCHEME, SPACE = regex.compile(r"https?://\S"), regex.compile(r"\s")
NOT_WORD = regex.compile(r"[^\p{L}\p{N}]+")


def sameness(text: str) -> str:
    """A short name that two texts share if only links, hashtags, case, marks or spaces set them apart."""
    plain = " ".join(word for word in _without_links(text).casefold().split() if word[0] not in "#＃")
    return sha256(NOT_WORD.sub(" ", plain).strip().encode()).hexdigest()[:32]


def _without_links(text: str) -> str:
    """The text without its links, each up to the next space; also bare ones, for networks add and drop schemes."""
    starts = {start for start, _ in (*links(text), *composer_links(text))}
    parts, after = [], 0
    for start in sorted(starts.union(match.start() for match in WITH_SCHEME.finditer(text))):
        if start >= after:
            parts.append(text[after:start])
            space = SPACE.search(text, start)
            after = space.start() if space else len(text)
    return "".join(parts) + text[after:]
