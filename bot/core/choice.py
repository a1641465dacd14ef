"""What an account says at a slot: the post, its wording, its exact words; or why it says nothing."""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256

import regex

from bot.core.facts import Setting
from bot.core.fit import fit, turn_hashtags
from bot.core.network import Network
from bot.core.post import Campaign, Post, Variant
from bot.core.problem import Problem
from bot.core.rotate import (
    COPY,
    History,
    Use,
    Voice,
    next_wording,
    obstacle,
    ranked,
    sameness,
    shuffled,
    unsuited,
    used_up,
)
from bot.core.timetable import Slot

DAY = timedelta(days=1)
BARRED = "refused by a network and not changed since"
# Names like example.org are set aside for examples: nobody reads what stands there.
EXAMPLES = "https://www.rfc-editor.org/rfc/rfc2606"
PRACTICE = f"practice material (a sample, or a link to example.org: {EXAMPLES}), which goes to an outbox only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """An account with all that a choice needs to know of it; `warning` stands before its posts, where it wants one."""

    voice: Voice
    network: Network
    me: Mapping[str, str] = field(default_factory=dict)
    warning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is to be said at a slot; without `variant` nothing, and `reason` says why."""

    slot: Slot
    speaker: Speaker
    reason: str = ""
    post: Post | None = None
    wording: int = 0
    variant: Variant | None = None
    share: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def words(self) -> str:
        """What an approval names: a digest of the exact words on this network, and of the warning before them."""
        if self.variant is None:
            return approval_of(self.speaker.network.name, "")
        return approval_of(self.speaker.network.name, self.variant.text, self.variant.warning)

    def use(self) -> Use | None:
        """The choice as rotation will remember it."""
        if self.variant is None or self.post is None:
            return None
        voice = self.speaker.voice
        return Use(
            account=voice.account,
            network=voice.network,
            campaign=self.post.campaign,
            post=self.post.name,
            wording=self.wording,
            language=self.variant.language,
            at=self.slot.at,
            share=self.share,
            sameness=sameness(self.variant.text),
        )


def approval_of(network: str, text: str, warning: str = "") -> str:
    """The name under which an approval of these words for this network is kept."""
    # A row of JSON holds no line break, so it never reads as a network and its words.
    whole = json.dumps((network, warning, text)) if warning else f"{network}\n{text}"
    return sha256(whole.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suited:
    """The posts of a campaign that an account may say whatever was said so far, `shuffled`; and how many not, and why.

    This holds from the day `first` to `last`, both included.
    """

    posts: Sequence[Post]
    obstacles: Mapping[str, int]
    first: date
    last: date


def suited(slot: Slot, speaker: Speaker, campaign: Campaign, posts: Collection[Post]) -> Suited:
    """What may be said at a slot, and at others that day and on the days around it, by the same account and tags."""
    whys = [unsuited(post, campaign, speaker.voice, slot.day, slot.tags) for post in posts]
    begins = {one.starts for one in posts} | {campaign.starts}
    ends = {one.until for one in posts} | {campaign.until}
    first = [day for day in begins if day and day <= slot.day] + [day + DAY for day in ends if day and day < slot.day]
    last = [day for day in ends if day and day >= slot.day] + [day - DAY for day in begins if day and day > slot.day]
    return Suited(
        posts=shuffled((post for post, why in zip(posts, whys, strict=True) if not why), speaker.voice),
        obstacles=Counter(filter(None, whys)),
        first=max(first, default=date.min),
        last=min(last, default=date.max),
    )


def choose(
    slot: Slot,
    speaker: Speaker,
    campaign: Campaign,
    may: Suited,
    history: History,
    barred: Collection[tuple[str, str, str]] = (),
) -> Choice:
    """Decide a slot. A pure function: the same files, history and slot give the same choice anywhere."""
    able, obstacles = _sort(slot, speaker, campaign, may, history, barred)
    problems = []
    for post, share in ranked(able, speaker.voice, history):
        found = _words(slot, speaker, campaign, post, history)
        if isinstance(found, Problem):
            problems.append(found)
            obstacles["with words that do not fit or cannot be read"] += 1
            continue
        wording, variant = found
        if why := veto(speaker, campaign, variant) or _copy(speaker, variant, slot, history):
            obstacles[why] += 1
            continue
        return Choice(
            slot=slot,
            speaker=speaker,
            post=post,
            wording=wording,
            variant=variant,
            share=share,
            problems=tuple(problems),
        )
    return Choice(slot=slot, speaker=speaker, reason=_why(obstacles), problems=tuple(problems))


def veto(speaker: Speaker, campaign: Campaign, variant: Variant) -> str:
    """Why no account may say these words there by itself; "" if it may."""
    network = speaker.network
    if network.practice:
        return ""
    if is_example(variant):
        return PRACTICE
    named = [one.text.casefold() for one in network.entities(variant.text)] if network.entities else []
    named = [name for name in named if name.startswith(("@", "＠"))]
    public = {target.handles.get(network.name, "").casefold() for target in campaign.targets.values()}
    if len(named) > network.may_mention or not public.issuperset(named):
        rule = f" ({network.mention_rule})" if network.mention_rule else ""
        return f"mentioning people that an automated post may not mention there{rule}"
    return ""


def _copy(speaker: Speaker, variant: Variant, slot: Slot, history: History) -> str:
    return COPY if history.near_copy(speaker.voice, sameness(variant.text), slot.at) else ""


def _sort(
    slot: Slot,
    speaker: Speaker,
    campaign: Campaign,
    may: Suited,
    history: History,
    barred: Collection[tuple[str, str, str]],
) -> tuple[list[Post], Counter[str]]:
    able: list[Post] = []
    obstacles = Counter(may.obstacles)
    said = history.said(speaker.voice, campaign.name)
    digests = {digest for _, _, digest in barred}  # few posts are, and each is asked at each slot
    for post in may.posts:
        why = used_up(post, said, slot.at)
        if not why and (campaign.sample or post.digest in digests):
            why = _bar(speaker, campaign, post, barred)
        if why:
            obstacles[why] += 1
        else:
            able.append(post)
    return able, obstacles


def hindrance(
    slot: Slot,
    speaker: Speaker,
    campaign: Campaign,
    post: Post,
    history: History,
    barred: Collection[tuple[str, str, str]] = (),
) -> str:
    """Why the account cannot say a post at a slot, whatever its words are; "" if it can."""
    return obstacle(post, campaign, speaker.voice, slot.at, slot.day, slot.tags, history) or _bar(
        speaker, campaign, post, barred
    )


def _bar(speaker: Speaker, campaign: Campaign, post: Post, barred: Collection[tuple[str, str, str]]) -> str:
    if (speaker.network.name, f"{post.campaign}/{post.name}", post.digest) in barred:
        return BARRED
    return PRACTICE if campaign.sample and not speaker.network.practice else ""


# Names set aside for examples: https://www.rfc-editor.org/rfc/rfc2606
EXAMPLE = regex.compile(
    r"(?<![\w-])(?:example\.(?:com|net|org)|(?<=://(?:[\w-]+\.)*)(?:example|invalid|test))(?![\w-]|\.\w)",
    regex.IGNORECASE,
)


def is_example(variant: Variant) -> bool:
    """Whether the words lead to a name set aside for examples."""
    return any(EXAMPLE.search(part) for part in (variant.text, variant.link))


def _words(
    slot: Slot, speaker: Speaker, campaign: Campaign, post: Post, history: History
) -> tuple[int, Variant] | Problem:
    voice = speaker.voice
    wording = next_wording(post, voice, history)
    setting = setting_of(speaker, campaign, slot.day)
    tags = turn_hashtags(campaign, post, speaker.network, history.turn(voice.account, campaign.name))
    found = fit(post, wording, setting, tags)
    return found if isinstance(found, Problem) else (wording, found)


def setting_of(speaker: Speaker, campaign: Campaign, day: date) -> Setting:
    """Where an account's words stand."""
    return Setting(
        campaign=campaign,
        network=speaker.network,
        language=speaker.voice.language,
        today=day,
        target=next(iter(campaign.targets.values()), None),
        me=speaker.me,
        mentions=speaker.network.may_mention > 0,
        warning=speaker.warning,
    )


def _why(obstacles: Counter[str]) -> str:
    if not obstacles:
        return "the campaign has no posts"
    ordered = sorted(obstacles.items(), key=lambda one: (-one[1], one[0]))
    return "no post can be said: " + "; ".join(f"{count} {what}" for what, count in ordered)
