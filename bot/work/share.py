"""Share: posts become links that supporters open with the words prefilled."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from urllib.parse import quote

from bot.app import App
from bot.core.facts import Setting
from bot.core.fit import filled, fit, turn_hashtags
from bot.core.measure import measure
from bot.core.network import Answers, Network
from bot.core.post import Campaign, Post, Variant
from bot.core.problem import AskedWrongly, Problem
from bot.core.rotate import within


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for: everything, or only these campaigns, networks, languages, posts.

    `answers` is what a supporter would be asked, such as the server of a network that has many.
    """

    campaign: str | None = None
    networks: Sequence[str] = ()
    language: str | None = None
    post: str | None = None
    answers: Answers = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One wording of a post for one network: what a supporter may share.

    `page` is the address of the post's own page, where the network's link takes no words but shows
    what that page says of itself.
    """

    campaign: Campaign
    post: Post
    wording: int
    network: Network
    variant: Variant
    page: str = ""

    @property
    def leads(self) -> Variant:
        """The variant with the address that its share link carries."""
        return replace(self.variant, link=self.page) if self.page else self.variant


@dataclass(frozen=True, slots=True)
class Shared:
    """One share link: the exact words that will stand there, and the address that carries them."""

    offer: Offer
    text: str
    url: str
    length: int | None
    supporter: int | None = None

    def line(self) -> dict[str, object]:
        """The link as a JSON line."""
        offer = self.offer
        return {
            "campaign": offer.campaign.name,
            "post": offer.post.name,
            "wording": offer.wording,
            "language": offer.variant.language,
            "network": offer.network.name,
            "text": self.text,
            "url": self.url,
            "length": self.length,
            "limit": offer.network.counting.limit,
            "carries_text": offer.network.carries_text,
            "supporter": self.supporter,
        }


Tell = Callable[[Problem], None]


def offers(app: App, wanted: Wanted, today: date, tell: Tell) -> Iterator[Offer]:
    """Every wording of every post that may be shared today, for every network that has a share link."""
    networks = shareable(app, wanted)
    for campaign, post in current(app, wanted, today):
        for network in networks:
            if may_share(post, network):
                yield from _offers(campaign, post, network, wanted, today, tell, app.config.site)


def current(app: App, wanted: Wanted, today: date) -> list[tuple[Campaign, Post]]:
    """The posts asked for that may be said today, each with its campaign."""
    return [
        (campaign, post)
        for campaign in campaigns(app, wanted)
        for post in app.library.posts[campaign.name]
        if wanted.post in (None, post.name) and is_current(campaign, post, today)
    ]


def campaigns(app: App, wanted: Wanted) -> list[Campaign]:
    """The campaigns asked for; raises AskedWrongly where there is no such campaign, post or language."""
    whole = app.library.campaigns
    if wanted.campaign and wanted.campaign not in whole:
        known = ", ".join(sorted(whole)) or "none"
        raise AskedWrongly(
            f'There is no whole campaign "{wanted.campaign}" here. There are: {known}. See: handbill check'
        )
    found = [whole[wanted.campaign]] if wanted.campaign else list(whole.values())
    posts = [post for campaign in found for post in app.library.posts[campaign.name]]
    if wanted.post and wanted.post not in {post.name for post in posts}:
        raise AskedWrongly(f'There is no whole post "{wanted.post}" here. See: handbill post list')
    spoken = sorted({language for post in posts for language in post.words})
    if wanted.language and wanted.language not in spoken:
        raise AskedWrongly(f'There are no posts in "{wanted.language}", only in: {", ".join(spoken) or "none"}.')
    return found


def shareable(app: App, wanted: Wanted) -> list[Network]:
    """The networks asked for that have share links; raises AskedWrongly for an unknown one, or a useless answer."""
    for name in wanted.networks:
        if name not in app.networks:
            raise AskedWrongly(f'There is no network "{name}". Known: {", ".join(sorted(app.networks))}.')
        if app.networks[name].share is None:
            raise AskedWrongly(f"{app.networks[name].label} has no share links.")
    names = wanted.networks or [name for name, network in app.networks.items() if network.share]
    found = [app.networks[name] for name in dict.fromkeys(names)]
    for answer in wanted.answers:
        if not any(answer == field.name for network in found for field in network.share_fields):
            raise AskedWrongly(f"None of these networks has a {answer} to choose. Leave --{answer} out.")
    for network in found if wanted.answers else ():
        link(network, Variant(text=""), wanted.answers)
    return found


def is_current(campaign: Campaign, post: Post, today: date) -> bool:
    """Whether a post may be said today."""
    return within(campaign.starts, campaign.until, today) and within(post.starts, post.until, today)


def may_share(post: Post, network: Network) -> bool:
    """Whether a post is meant for a network, and the network can carry it."""
    return post.is_for(network.name) and bool(network.share) and (bool(post.link) or not network.needs_link)


def targets(campaign: Campaign, post: Post) -> list[str]:
    """The targets a post speaks to, one at a time; [""] if to none."""
    return list(campaign.targets) if campaign.targets and _speaks_to_targets(post) else [""]


def _speaks_to_targets(post: Post) -> bool:
    return any("target." in source.text for words in post.words.values() for source in words.all)


def _offers(
    campaign: Campaign, post: Post, network: Network, wanted: Wanted, today: date, tell: Tell, site: str
) -> Iterator[Offer]:
    for language, words in post.words.items():
        if wanted.language not in (None, language):
            continue
        for wording in range(1, len(words.wordings) + 1):
            for target in targets(campaign, post):
                found = offer(campaign, post, wording, network, language, target, today, site)
                if isinstance(found, Problem):
                    tell(found)
                else:
                    yield found


def offer(
    campaign: Campaign,
    post: Post,
    wording: int,
    network: Network,
    language: str,
    target: str,
    today: date,
    site: str = "",
) -> Offer | Problem:
    """One wording fitted for one network, with room for every supporter's facts.

    `site` is the address of the share pages, "" if they have none.
    """
    setting = Setting(
        campaign=campaign, network=network, language=language, today=today, target=campaign.targets.get(target)
    )
    variant = fit(post, wording, setting, turn_hashtags(campaign, post, network, wording - 1))
    if isinstance(variant, Problem):
        return variant
    page = "" if network.carries_text or not variant.link else page_address(site, campaign, language, post, target)
    return Offer(campaign=campaign, post=post, wording=wording, network=network, variant=variant, page=page)


def page_address(site: str, campaign: Campaign, language: str, post: Post | None = None, target: str = "") -> str:
    """The whole address of a share page: a campaign's in one language, or a post's; "" without a `site`."""
    steps = (campaign.name, language, post.name if post else "", target)
    return "/".join([site.rstrip("/"), *(quote(step, safe="") for step in steps if step), ""]) if site else ""


def shared(one: Offer, me: Mapping[str, str], answers: Answers) -> Shared:
    """The link for one supporter's facts ({} for a stranger's)."""
    variant = filled(one.leads, me)
    return Shared(one, variant.text, link(one.network, variant, answers), measure(variant.text, one.network.counting))


def link(network: Network, variant: Variant, answers: Answers) -> str:
    """The network's share link; raises AskedWrongly where it cannot use an answer."""
    assert network.share is not None
    try:
        return network.share(variant, answers)
    except ValueError as error:
        raise AskedWrongly(str(error)) from error
