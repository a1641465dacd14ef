"""Shelf: the library as a person looks through it: how each post stands, how often it was said, what is wrong there."""

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from bot.app import App
from bot.core.choice import BARRED, Speaker, hindrance, setting_of, veto
from bot.core.facts import Setting
from bot.core.fit import fit, turn_hashtags
from bot.core.network import Network
from bot.core.post import Campaign, Post
from bot.core.problem import AskedWrongly, Problem
from bot.core.rotate import COPY, NEAR, RESTING, WORN_OUT, History, asked, next_wording, rests_until, within
from bot.core.timetable import Slot, local_day
from bot.library.checks import OLDER
from bot.library.files import is_post, language_of, name_of
from bot.work.edit import campaign_of, files
from bot.work.ready import rhythm, suits
from bot.work.review import all_campaigns, all_networks, copies, left_out, place, review_campaign, review_post

LEFT_OUT = "left out"
# Within its days, but none of the accounts that the timetable lets speak for its campaign can say it as it is.
NOBODY = "no account"
# What an account's part in a post may be, by the name under which it is looked for.
PARTS = {"resting": RESTING, "worn out": WORN_OUT, "refused": BARRED}
# What shows only when a post's words are read for every network, which takes long.
DEEP = (NOBODY, "does not fit", "problem", "fine")
STATES = ("ready", *PARTS, "not yet", "expired", LEFT_OUT, "untranslated", "stale", *DEEP)
# So many posts stand on a page; and in search of them so many are read for every network at most.
SHOWN, READ = 40, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Seek:
    """What somebody looks for, "" for anything. `state`: one of STATES; `network`: the one that words do not fit."""

    campaign: str = ""
    tag: str = ""
    language: str = ""
    words: str = ""
    state: str = ""
    network: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What an account has made of a post: how often it said it, when last, why it cannot say it now ("" if it can).

    `network`: its label; `speaks`: the timetable lets it speak for the campaign; `asks`: the facts that the
    post has room for and the account does not know, so that only supporters can say it.
    """

    account: str
    network: str
    speaks: bool
    count: int
    last: datetime | None
    why: str
    asks: tuple[str, ...] = ()
    rests_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A post on the shelf; None for `post` if its files make none. `languages`: of its files; `missing`: still to be.

    `stale`: those whose file is older than the source.
    """

    campaign: Campaign
    name: str
    post: Post | None
    state: str
    languages: tuple[str, ...]
    missing: tuple[str, ...]
    stale: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def count(self) -> int:
        """How often all accounts have said it."""
        return sum(part.count for part in self.parts)

    @property
    def is_faulty(self) -> bool:
        """Whether it has a problem that keeps it, or some of its words, from being said."""
        return any(problem.severity == "error" for problem in self.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A page of what was found, from the `start`th of the `found` posts on; `passed` is how many were gone through.

    `total`, `tags` and `languages` are those of the whole library.
    """

    items: tuple[Item, ...]
    start: int
    passed: int
    found: int
    total: int
    tags: tuple[str, ...]
    languages: tuple[str, ...]


def standing(campaign: Campaign, post: Post, today: date) -> str:
    """How a post stands today: ready, expired, or not yet."""
    if within(campaign.starts, campaign.until, today) and within(post.starts, post.until, today):
        return "ready"
    last = [day for day in (campaign.until, post.until) if day]
    return "expired" if last and min(last) < today else "not yet"


def standing_for(item: Item) -> str:
    """How a post stands for those who speak for it, as its parts tell: ready only if one of them can say it now."""
    whys = {part.why for part in item.parts if part.speaks}
    if item.state != "ready" or not whys or "" in whys:
        return item.state
    if whys & {RESTING, COPY}:
        return "resting"
    return next((state for state, why in PARTS.items() if whys == {why}), NOBODY)


def browse(app: App, seek: Seek, start: int = 0) -> Shelf:
    """A page of the posts that somebody looks for; raises AskedWrongly for a state or network that is none."""
    _check(app, seek)
    eye = Eye(app)
    every = items(app)
    found = [one for one in every if _is_sought(one, seek)]
    shown: list[Item] = []
    most = READ if seek.state in DEEP else len(found)
    passed = start
    for one in found[start : start + most]:
        passed += 1
        shown += [whole] if (whole := eye.sought(one, seek)) else []
        if len(shown) == SHOWN:
            break
    return Shelf(
        items=tuple(map(eye.whole, shown)),
        start=start,
        passed=passed,
        found=len(found),
        total=len(every),
        tags=tuple(sorted({tag for one in every if one.post for tag in one.post.tags})),
        languages=tuple(sorted({language for one in every for language in one.languages})),
    )


def take(app: App, campaign: str, name: str) -> Item:
    """One post with all there is to say of it; raises AskedWrongly where there is none."""
    campaign, name = (unicodedata.normalize("NFC", one) for one in (campaign, name))
    for one in items(app):
        if (one.campaign.name, one.name) == (campaign, name):
            return Eye(app).whole(one)
    raise AskedWrongly(f"There is no post {campaign}/{name} any more. Look for it in the library.")


def apart(app: App, *, is_ahead: bool = True) -> list[Problem]:
    """What is wrong beside the posts: in config.toml, the campaigns' own files, and between them.

    `is_ahead`: with a look at the weeks ahead, which takes long where there are thousands of posts.
    """
    found = [problem for problem in app.library.problems if _owner(app, problem) is None]
    for campaign in all_campaigns(app).values():
        found += review_campaign(campaign)
    return list(dict.fromkeys([*app.problems, *found, *suits(app), *(rhythm(app) if is_ahead else ())]))


def items(app: App) -> list[Item]:
    """Every post of the library, those too that are left out, with what is wrong in its files."""
    campaigns, today = all_campaigns(app), local_day(app.clock(), app.config.zone)
    whole = [post for posts in app.library.posts.values() for post in posts]
    drafts = [post for _, posts in app.library.drafts for post in posts]
    faults: dict[tuple[str, str], list[Problem]] = defaultdict(list)
    for problem in dict.fromkeys([*app.library.problems, *left_out(app), *copies([*whole, *drafts])]):
        if owner := _owner(app, problem):
            faults[owner].append(problem)
    found = [_item(post, campaigns[post.campaign], faults, today) for post in whole]
    found += [replace(_item(post, campaigns[post.campaign], faults, today), state=LEFT_OUT) for post in drafts]
    there = {(one.campaign.name, one.name) for one in found}
    found += [_broken(app, owner, problems) for owner, problems in faults.items() if owner not in there]
    return sorted(found, key=lambda one: (one.campaign.name, one.name))


def _item(post: Post, campaign: Campaign, faults: Mapping[tuple[str, str], Sequence[Problem]], today: date) -> Item:
    problems = faults.get((post.campaign, post.name), ())
    broken = {language_of(Path(place(problem)[0])) for problem in problems} - set(post.words) - {""}
    return Item(
        campaign=campaign,
        name=post.name,
        post=post,
        state=standing(campaign, post, today),
        languages=(*post.words, *sorted(broken)),
        missing=tuple(name for name in campaign.languages if name not in post.words and name not in broken),
        stale=tuple(language_of(Path(one.where)) for one in problems if one.what.startswith(OLDER)),
        problems=tuple(problems),
    )


def _broken(app: App, owner: tuple[str, str], problems: Iterable[Problem]) -> Item:
    campaign, name = campaign_of(app, owner[0]), owner[1]
    return Item(
        campaign=campaign,
        name=name,
        post=None,
        state=LEFT_OUT,
        languages=tuple(files(app, campaign.name, name)),
        missing=(),
        stale=(),
        problems=tuple(problems),
    )


def _owner(app: App, problem: Problem) -> tuple[str, str] | None:
    """The campaign and the name of the post that a problem belongs to; None if to no post."""
    path = Path(place(problem)[0])
    is_ours = is_post(path) and path.parent.name in app.library.stamps
    return (unicodedata.normalize("NFC", path.parent.name), name_of(path)) if is_ours else None


def _check(app: App, seek: Seek) -> None:
    if seek.state and seek.state not in STATES:
        raise AskedWrongly("Posts are not in such a state. Choose one of the list.")
    if seek.state == "does not fit" and seek.network not in app.networks:
        raise AskedWrongly("Choose the network that they do not fit.")


def _is_sought(item: Item, seek: Seek) -> bool:
    """Whether an item is what somebody looks for, as far as that shows without reading it for every network."""
    tags = item.post.tags if item.post else ()
    return (
        seek.campaign in ("", item.campaign.name)
        and (not seek.tag or seek.tag in tags)
        and (not seek.language or seek.language in item.languages)
        and _is_in_state(item, seek.state)
        and all(word in _text(item) for word in seek.words.casefold().split())
    )


def _is_in_state(item: Item, state: str) -> bool:
    match state:
        case "ready" | "not yet" | "expired" | "left out":
            return item.state == state
        case "no account":
            return item.state == "ready"
        case "untranslated":
            return bool(item.missing)
        case "stale":
            return bool(item.stale)
        case _:
            return True


def _text(item: Item) -> str:
    """All that can be searched of a post."""
    parts = [item.campaign.name, item.name, *item.campaign.title.values()]
    if post := item.post:
        parts += [*post.tags, *post.hashtags]
        for words in post.words.values():
            parts += [*(source.text for source in words.all), words.alt]
    return "\n".join(parts).casefold()


class Eye:
    """What is looked up once to see how posts stand: who speaks, what was said, how every network counts."""

    def __init__(self, app: App) -> None:
        ledger = app.ledger
        self._app = app
        self._now = app.clock()
        self._day = local_day(self._now, app.config.zone)
        self._history = History.of(ledger.spoken(), ledger.uses(self._now - NEAR)) if ledger else History()
        self._barred: Collection[tuple[str, str, str]] = ledger.barred() if ledger else ()
        self._speakers = {name: app.speaker(name) for name in app.config.accounts}
        self._networks = all_networks(app)

    def sought(self, item: Item, seek: Seek) -> Item | None:
        """The item, if it is in the state that somebody looks for."""
        if why := PARTS.get(seek.state):
            return item if any(part.why == why for part in self._parts(item, is_whole=False)) else None
        if seek.state in ("ready", NOBODY):
            return item if standing_for(replace(item, parts=tuple(self._parts(item)))) == seek.state else None
        if seek.state == "does not fit":
            return item if item.post and self._is_misfit(item, item.post, self._app.networks[seek.network]) else None
        if seek.state in DEEP:
            return item if bool(self._problems(item)) == (seek.state == "problem") else None
        return item

    def whole(self, item: Item) -> Item:
        """The item with the part of each account and every problem."""
        found = replace(item, parts=tuple(self._parts(item)), problems=tuple(self._problems(item)))
        return replace(found, state=standing_for(found))

    def _problems(self, item: Item) -> Iterable[Problem]:
        if item.post is None:
            return item.problems
        return dict.fromkeys([*item.problems, *review_post(item.campaign, item.post, self._networks, self._day)])

    def _is_misfit(self, item: Item, post: Post, network: Network) -> bool:
        """Whether there are words in it that are meant for the network, and that it does not take."""
        return post.is_for(network.name) and any(
            isinstance(fit(post, number + 1, self._setting(item.campaign, network, language), ()), Problem)
            for language, words in post.words.items()
            for number in range(len(words.wordings))
        )

    def _setting(self, campaign: Campaign, network: Network, language: str) -> Setting:
        return Setting(campaign=campaign, network=network, language=language, today=self._day)

    def _parts(self, item: Item, *, is_whole: bool = True) -> Iterator[Part]:
        """The part of each account that speaks for the campaign, or has said the post.

        `is_whole`: its words are fitted, too, which takes longer.
        """
        if item.post is None:
            return
        for name, speaker in self._speakers.items():
            tally = self._history.tally(name, item.post)
            whys = set(self._whys(item.campaign, item.post, speaker))
            if is_whole and "" in whys:
                whys = whys - {""} | {self._misfit(item.campaign, item.post, speaker)}
            why = "" if "" in whys else min(whys, default="")
            if whys or tally.count:
                yield Part(
                    account=name, network=speaker.network.label, speaks=bool(whys), count=tally.count, last=tally.last,
                    why=why, asks=_asks(item.post, speaker),
                    rests_until=rests_until(item.post, tally) if why == RESTING else None,
                )  # fmt: skip

    def _whys(self, campaign: Campaign, post: Post, speaker: Speaker) -> list[str]:
        """For each row of the timetable in which it speaks for the campaign why it cannot say the post now."""
        account = speaker.voice.account
        slots = [
            Slot(at=self._now, campaign=campaign.name, account=account, day=self._day, clock="", tags=row.tags)
            for row in self._app.config.schedules
            if row.campaign == campaign.name and account in row.accounts
        ]
        return [hindrance(slot, speaker, campaign, post, self._history, self._barred) for slot in slots]

    def _misfit(self, campaign: Campaign, post: Post, speaker: Speaker) -> str:
        """Why an account cannot say the words that have their turn; "" if it can."""
        turn = self._history.turn(speaker.voice.account, campaign.name)
        tags = turn_hashtags(campaign, post, speaker.network, turn)
        wording = next_wording(post, speaker.voice, self._history)
        found = fit(post, wording, setting_of(speaker, campaign, self._day), tags)
        return found.what if isinstance(found, Problem) else veto(speaker, campaign, found)


def _asks(post: Post, speaker: Speaker) -> tuple[str, ...]:
    """The facts that a post has room for and an account does not know."""
    language = speaker.voice.language
    return tuple(sorted(asked(post, language) - speaker.voice.knows)) if language in post.words else ()
