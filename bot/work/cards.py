"""Cards: a post's offers become the words, links and counts of a share page."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import quote

from bot.core.facts import varies
from bot.core.fit import compose, filled
from bot.core.network import Network
from bot.core.pattern import MARK, Pattern, pattern
from bot.core.post import Campaign, Post, Texts, Variant, language_of, say
from bot.core.problem import Problem
from bot.core.render import MARK as PLACE
from bot.core.render import MARKS, compile_words
from bot.pages.values import Action, Box, Button, Card, Told
from bot.work.share import Offer, Tell, link, may_share, offer

FIRST = 4
"""So many buttons are seen at once."""
LONGEST_HEADING = 70
# A place to fill is written START fact MIDDLE fallback END: signs that no words of ours hold.
START, MIDDLE, END = "\ue000\ue001\ue002"


def networks_first(campaign: Campaign, networks: Sequence[Network]) -> tuple[str, ...]:
    """The networks whose buttons are seen at once: those that the campaign names, else the first there are."""
    able = [network.name for network in networks]
    return tuple([name for name in campaign.networks if name in able] or able)[:FIRST]


def card(
    campaign: Campaign, post: Post, language: str, target: str, networks: Sequence[Network], today: date,
    site: str, tell: Tell,
) -> Card | None:  # fmt: skip
    """One post's card in one language, to one target; None if no network takes it."""
    words, title = post.words[language], ""
    wordings = []
    for number in range(1, len(words.wordings) + 1):
        offers = _offers(campaign, post, number, language, target, networks, today, site, tell)
        if offers:
            wordings.append(boxes(offers, networks_first(campaign, networks)))
            title = offers[0].variant.title if words.title else ""
    if not wordings:
        return None
    ends = [day for day in (post.until, campaign.until) if day]
    if _varies(post, language):
        ends.append(today)
    return Card(
        name=post.name,
        heading=title or heading(wordings[0][0].words),
        title=title,
        wordings=tuple(wordings),
        folder=folder(post.name, target),
        languages=tuple(post.words),
        image=post.image,
        alt=words.alt,
        action=action(campaign, language, post.link),
        until=min(ends).isoformat() if ends else "",
        target=told(campaign, campaign.targets[target].name, language) if target else None,
        source=(told(campaign, {"": post.source.text}, language), post.source.url) if post.source else None,
    )


def told(campaign: Campaign, texts: Texts, language: str) -> Told:
    """What a page in `language` tells of a campaign's texts."""
    given = language_of(texts, language, campaign.languages[0])
    return Told(words=say(texts, language), language=given if given != language else "")


def folder(post: str, target: str) -> str:
    """The address of a post's page from its campaign's, with a "/" at its end."""
    return "".join(quote(step, safe="") + "/" for step in (post, target) if step)


def action(campaign: Campaign, language: str, name: str) -> Action | None:
    """What a post asks people to do: the link it names, else the campaign's first."""
    name = name or next(iter(campaign.links), "")
    return Action(name=name, address=say(campaign.links[name], language)) if name else None


def heading(words: str) -> str:
    """The first sentence of some words, or as many whole words of it as a heading holds."""
    sentence = re.split(r"(?<=[.!?…])\s", words.replace("\n", " "), maxsplit=1)[0]
    if len(sentence) <= LONGEST_HEADING:
        return sentence
    return sentence[:LONGEST_HEADING].rpartition(" ")[0].rstrip(",;:–—") + "…"


def _varies(post: Post, language: str) -> bool:
    """Whether the words are another day's tomorrow, so that a page may show them for this day only."""
    return any(varies(compile_words(source.text).uses) for source in post.words[language].all)


def _offers(
    campaign: Campaign, post: Post, wording: int, language: str, target: str, networks: Sequence[Network],
    today: date, site: str, tell: Tell,
) -> list[Offer]:  # fmt: skip
    found = []
    for network in networks:
        if may_share(post, network):
            one = offer(campaign, post, wording, network, language, target, today, site)
            if isinstance(one, Problem):
                tell(one)
            else:
                found.append(one)
    return found


def boxes(offers: Iterable[Offer], first: Sequence[str]) -> tuple[Box, ...]:
    """Offers of one wording by their words; the words of most networks that are seen at once stand first."""
    groups: dict[tuple[object, ...], list[Offer]] = {}
    for one in offers:
        groups.setdefault((one.variant.words, one.variant.fields), []).append(one)
    ranked = sorted(groups.values(), key=lambda group: (-sum(one.network.name in first for one in group), -len(group)))
    return tuple(_box(group, first) for group in ranked)


def _box(offers: Sequence[Offer], first: Sequence[str]) -> Box:
    variant = offers[0].variant
    buttons = {one.network.name: button(one) for one in offers}
    return Box(
        words=filled(variant, {}).words,
        template=template(variant),
        first=tuple(buttons.pop(name) for name in first if name in buttons),
        more=tuple(buttons.values()),
        adds=_adds(offers),
        paper=max((_rest(one) for one in offers if one.network.name in first), key=len, default=""),
    )


def template(variant: Variant) -> str:
    """The words with each fact's name and fallback in its place; "" where there is none."""
    if not variant.fields:
        return ""

    def place(mark: re.Match[str]) -> str:
        name, fallback = variant.fields[ord(mark[0]) - MARKS]
        return START + name + MIDDLE + fallback + END

    return PLACE.sub(place, variant.words)


def button(one: Offer) -> Button:
    """An offer as a button; its link is what `share` makes for a stranger."""
    plain, network = filled(one.leads, {}), one.network
    found = pattern(network, one.leads if network.carries_text else one.variant)
    url = link(network, plain, {})
    made = Button(
        network=network.name, label=network.label, url=url, text=found.text, said=plain.text, link=one.variant.link
    )
    return _carrying(made, found, one) if found.link else made


def _carrying(made: Button, found: Pattern, one: Offer) -> Button:
    assert found.link
    usual, words = found.link, filled(one.variant, {}).words
    is_usual = usual.around(words) == made.url
    return replace(
        made,
        cut=f"{len(usual.head)} {len(usual.tail)}" if is_usual else "",
        whole="" if is_usual else usual.head + MARK + usual.tail,
        newline="" if usual.newline == "%0A" else usual.newline,
        other=found.other,
        room=f"{found.room[0]} {found.room[1]}",
        bytes=f"{found.bytes[0]} {found.bytes[1]}" if found.bytes else "",
        ask=one.network.share_fields[0].name if found.asked else "",
        asked=found.asked,
    )


def _adds(offers: Sequence[Offer]) -> tuple[tuple[str, str], ...]:
    """What each network says beside the words, the networks that say the same together."""
    rows: dict[str, list[str]] = {}
    for one in offers:
        rows.setdefault(_rest(one), []).append(one.network.label)
    return tuple((", ".join(labels), rest) for rest, labels in rows.items() if rest)


def _rest(one: Offer) -> str:
    return compose(one.network, "", one.variant.hashtags, one.variant.link)
