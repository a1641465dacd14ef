"""Whose turn it is: which post an account says at a slot, which of its wordings. Pure, the same everywhere."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from heapq import heapify, heappop

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
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Said:
    """What a voice has made of the posts of a campaign, and who else of its network has said them, by their names.

    `others`: account and slot of each use of late, in the language of the voice, its own among them.
    """

    voice: Voice
    tallies: Mapping[str, Tally]
    others: Mapping[str, Sequence[tuple[str, datetime]]]


class History:
    """All that was said, ready for the questions that rotation asks."""

    def __init__(self, uses: Iterable[Use] = ()) -> None:
        self._tallies: dict[tuple[str, str], dict[str, Tally]] = {}
        self._turns: dict[tuple[str, str], int] = {}
        self._posts: dict[tuple[str, str, str], dict[str, list[tuple[str, datetime]]]] = {}
        self._words: dict[tuple[str, str, str], list[tuple[str, datetime]]] = {}
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
        tally = self._tallies.setdefault((spoken.account, spoken.campaign), {}).setdefault(spoken.post, Tally())
        tally.count += spoken.count
        tally.share = max(tally.share, spoken.share)
        tally.last = max(tally.last or spoken.last, spoken.last)
        tally.wordings[spoken.wording] = max(tally.wordings.get(spoken.wording, spoken.last), spoken.last)
        turn = self.turn(spoken.account, spoken.campaign)
        self._turns[spoken.account, spoken.campaign] = turn + spoken.count

    def _note(self, use: Use) -> None:
        self._spoke.setdefault(use.account, []).append(use.said or use.at)
        told = (use.account, use.at)
        posts = self._posts.setdefault((use.network, use.language, use.campaign), {})
        posts.setdefault(use.post, []).append(told)
        self._words.setdefault((use.network, use.language, use.sameness), []).append(told)

    def spoke(self, account: str) -> list[datetime]:
        """When `account` has spoken of late."""
        return self._spoke.get(account, [])

    def tally(self, account: str, post: Post) -> Tally:
        """What `account` has made of `post`."""
        return self._tallies.get((account, post.campaign), {}).get(post.name, NOTHING)

    def said(self, voice: Voice, campaign: str) -> Said:
        """All that bears on which post of a campaign `voice` says next."""
        others = self._posts.get((voice.network, voice.language, campaign), {})
        return Said(voice, self._tallies.get((voice.account, campaign), {}), others)

    def turn(self, account: str, campaign: str) -> int:
        """How often `account` has spoken for `campaign`."""
        return self._turns.get((account, campaign), 0)

    def near_copy(self, voice: Voice, sameness: str, at: datetime) -> bool:
        """Whether another account of the same network has said these words within seven days of `at`."""
        return _is_near(self._words.get((voice.network, voice.language, sameness), ()), voice, at)


def _is_near(uses: Iterable[tuple[str, datetime]], voice: Voice, at: datetime) -> bool:
    since, until = at - NEAR, at + NEAR
    for account, then in uses:  # noqa: SIM110 (`any` takes twice as long, and this is asked for each post and slot)
        if since < then < until and account != voice.account:
            return True
    return False


def obstacle(
    post: Post, campaign: Campaign, voice: Voice, at: datetime, day: date, tags: Collection[str], history: History
) -> str:
    """Why `voice` cannot say `post` now, in words; "" if it can. `day` is the local date of the slot."""
    return unsuited(post, campaign, voice, day, tags) or used_up(post, history.said(voice, post.campaign), at)


def unsuited(post: Post, campaign: Campaign, voice: Voice, day: date, tags: Collection[str]) -> str:
    """Why `voice` cannot say `post` that day, whatever was said so far, in words; "" if it can."""
    if tags and not set(tags) & set(post.tags):
        return "without the tags of this time"
    if not within(campaign.starts, campaign.until, day):
        return "outside the days of its campaign"
    if not within(post.starts, post.until, day):
        return "outside its days"
    if voice.language not in post.words:
        return f"without words in {voice.language}"
    if not post.is_for(voice.network):
        return "not meant for this network"
    if missing := asked(post, voice.language) - voice.knows:
        return f"asking for {', '.join(f'me.{name}' for name in sorted(missing))}, which the account does not have"
    return ""


def used_up(post: Post, said: Said, at: datetime) -> str:
    """Why a voice cannot say a post of this campaign at `at` after all that was said, in words; "" if it can."""
    tally = said.tallies.get(post.name, NOTHING)
    if post.at_most is not None and tally.count >= post.at_most:
        return WORN_OUT
    if post.rest and (until := rests_until(post, tally)) and at < until:
        return RESTING
    if (uses := said.others.get(post.name)) and _is_near(uses, said.voice, at):
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


def shuffled(posts: Iterable[Post], voice: Voice) -> list[Post]:
    """The posts in an order that looks random, differs from account to account, and never changes."""
    return sorted(posts, key=lambda post: shuffle(voice, f"{post.campaign}/{post.name}"))


def ranked(posts: Sequence[Post], voice: Voice, history: History) -> Iterator[tuple[Post, int]]:
    """The eligible posts of a campaign (`shuffled`), the one whose turn it is first, each with its `share` then.

    Among those that have not had more than their part, the lowest share + 1/weight wins; ties
    go to the longest unused, then to the first in that order. A new post, or one back from a
    season, is said soon, but does not make up for what it missed.
    """
    tallies = history.said(voice, posts[0].campaign).tallies if posts else {}
    told = [(post, tallies.get(post.name, NOTHING)) for post in posts]
    uses, weights = _part(told)
    least, ranks = uses // weights, []
    for number, (post, tally) in enumerate(told):
        step = WHOLE // post.weight
        after = max(tally.share + step, least)
        ranks.append(((after - step) * weights > uses, after, tally.last or NEVER, number))
    heapify(ranks)
    while ranks:
        _, after, _, number = heappop(ranks)
        yield posts[number], after


def _part(told: Collection[tuple[Post, Tally]]) -> tuple[int, int]:
    """What each post should have had by now, as a fraction: the mean of the shares, by weight.

    Posts that never paused lie less than a use from it, and their next share above it. Left out
    are those that lie far off: they were away, or have been said in other slots too.
    """
    said = sorted([tally.share for _, tally in told if tally.count])
    middle = said[len(said) // 2] if said else 0
    low, high = middle - 2 * WHOLE, middle + 2 * WHOLE
    near = [(tally.share * post.weight, post.weight) for post, tally in told if low <= tally.share <= high]
    return sum([share for share, _ in near]), sum([weight for _, weight in near]) or 1


def next_wording(post: Post, voice: Voice, history: History) -> int:
    """Which wording (from 1) has its turn: the longest unused, then by the shuffled order."""
    used = history.tally(voice.account, post).wordings

    def key(number: int) -> tuple[float, str]:
        return _instant(used.get(number)), shuffle(voice, f"{post.campaign}/{post.name}/{number}")

    return min(range(1, len(post.words[voice.language].wordings) + 1), key=key)


def _instant(at: datetime | None) -> float:
    return at.timestamp() if at else float("-inf")


def shuffle(voice: Voice, name: str) -> str:
    """A place in the order that is this account's own."""
    return _place(voice.network, voice.handle, name)


@lru_cache(maxsize=100_000)
def _place(network: str, handle: str, name: str) -> str:
    return sha256(f"{network}\n{handle}\n{name}".encode()).hexdigest()


WITH_SCHEME, SPACE = regex.compile(r"https?://\S"), regex.compile(r"\s")
NOT_WORD = regex.compile(r"[^\p{L}\p{N}]+")


@lru_cache(maxsize=20_000)
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
