"""Attempt: a post's exact words for one network, tried before anybody says them; also words that are in no file yet."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.app import App
from bot.core.choice import hindrance, setting_of, veto
from bot.core.fit import filled, fit, turn_hashtags
from bot.core.measure import measure
from bot.core.network import Network
from bot.core.post import Campaign, Post, Variant
from bot.core.problem import AskedWrongly, Problem
from bot.core.rotate import History
from bot.core.timetable import Slot, local_day
from bot.work.share import link, may_share, offer
from bot.work.supporters import BadRow, facts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What would stand on a network of a post's `wording`, or the problem that stands against it.

    `url`: the share link. `account`: whose words these are, "" if a supporter's. `why`: what else
    keeps them from being said there, in words.
    """

    network: Network
    wording: int
    variant: Variant | None = None
    problem: Problem | None = None
    url: str = ""
    account: str = ""
    why: str = ""

    @property
    def length(self) -> int | None:
        """How long the words are as the network counts them; None if there are none, or far too many."""
        return measure(self.variant.text, self.network.counting) if self.variant else None


def by_supporter(
    app: App,
    campaign: Campaign,
    post: Post,
    network: str,
    language: str,
    *,
    wording: int = 1,
    target: str = "",
    told: Mapping[str, str] | None = None,
) -> Attempt:
    """A wording as a supporter would share it who has `told` these facts; raises AskedWrongly for what is not there."""
    if network not in app.networks:
        raise AskedWrongly(f'There is no network "{network}". Choose one of the list.')
    known, today = app.networks[network], local_day(app.clock(), app.config.zone)
    _check(post, language, wording)
    if target and target not in campaign.targets:
        raise AskedWrongly(
            f'There is no target "{target}". campaign.toml has: {", ".join(campaign.targets) or "none"}.'
        )
    aim = target or next(iter(campaign.targets), "")
    found = offer(campaign, post, wording, known, language, aim, today, app.config.site)
    why = "" if known.share is None or may_share(post, known) else "this post is not offered to supporters there"
    if isinstance(found, Problem):
        return Attempt(network=known, wording=wording, problem=found, why=why)
    try:
        said = filled(found.leads, facts_of(told or {}, campaign.asks, language))
    except BadRow as bad:
        raise AskedWrongly(f"{bad}.") from bad
    url = link(known, said, {}) if known.share and not why else ""
    return Attempt(network=known, wording=wording, variant=replace(said, link=found.variant.link), url=url, why=why)


def by_account(app: App, campaign: Campaign, post: Post, account: str, *, wording: int = 1) -> Attempt:
    """A wording as an account would say it today, whatever it has said before; raises AskedWrongly."""
    if account not in app.config.accounts:
        raise AskedWrongly(f'There is no account "{account}". Choose one of the list.')
    speaker, now = app.speaker(account), app.clock()
    _check(post, speaker.voice.language, wording)
    day = local_day(now, app.config.zone)
    slot = Slot(at=now, campaign=campaign.name, account=account, day=day, clock="")
    tags = turn_hashtags(campaign, post, speaker.network, wording - 1)
    found = fit(post, wording, setting_of(speaker, campaign, day), tags)
    why = hindrance(slot, speaker, campaign, post, History())
    if isinstance(found, Problem):
        return Attempt(network=speaker.network, wording=wording, problem=found, account=account, why=why)
    return Attempt(
        network=speaker.network,
        wording=wording,
        variant=found,
        account=account,
        why=why or veto(speaker, campaign, found),
    )


def by_accounts(app: App, campaign: Campaign, post: Post, language: str) -> list[Attempt]:
    """Each wording in a language as each account that speaks it would say it."""
    names = [name for name, account in app.config.accounts.items() if account.language == language]
    wordings = range(1, len(post.words[language].wordings) + 1)
    return [by_account(app, campaign, post, name, wording=wording) for wording in wordings for name in names]


def _check(post: Post, language: str, wording: int) -> None:
    """Raise AskedWrongly where a post has no such words."""
    if language not in post.words:
        raise AskedWrongly(
            f'{post.campaign}/{post.name} has no words in "{language}", only in {", ".join(post.words)}.'
        )
    most = len(post.words[language].wordings)
    if not 1 <= wording <= most:
        raise AskedWrongly(f"{post.campaign}/{post.name} has no wording {wording} in {language}, only {most}.")
