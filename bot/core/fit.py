"""Choose the words of a post that fit a network, or say why none do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bot.core.facts import Setting, context, link
from bot.core.measure import fits, measure
from bot.core.network import Counting, Network
from bot.core.post import Campaign, Image, Post, Variant, Wording, say
from bot.core.problem import Problem
from bot.core.render import WIDEST, BadTemplate, Words, compile_words, render


def fit(post: Post, wording: int, setting: Setting, hashtags: Sequence[str]) -> Variant | Problem:
    """The words of `post` for the network of `setting`, with as many `hashtags` as there is room for.

    `wording` counts from 1. Tried in turn: the network's own text, the wording, the short one.
    Nothing is ever cut. Without `setting.me` the supporter's facts stay marks, and everything is
    decided with each of them at its longest.
    """
    tried: list[tuple[Wording, Variant]] = []
    address = link(setting.campaign, post.link, setting.language, setting.network)
    for source in candidates(post, wording, setting):
        try:
            words = told(source, setting)
            title = _title(post, setting)
        except BadTemplate as bad:
            return template_problem(bad, source)
        for tags in _fewer(new_hashtags(hashtags, words.text, setting.network)):
            variant = _variant(post, setting, words, tags, address, title)
            if fits(_longest(variant, setting), setting.network.counting):
                return variant
        tried.append((source, variant))
    return _does_not_fit(tried, setting)


def candidates(post: Post, wording: int, setting: Setting) -> Iterator[Wording]:
    """The texts to try, best first."""
    words = post.words[setting.language]
    if own := words.own.get(setting.network.name):
        yield own
    yield words.wordings[wording - 1]
    if words.short:
        yield words.short


def told(source: Wording, setting: Setting) -> Words:
    """The wording with all facts filled in but a supporter's unknown ones; raise BadTemplate."""
    compiled = compile_words(source.text)
    words = render(compiled, context(setting, compiled.uses))
    return words if setting.me is None else Words(words.fill(setting.me))


def _title(post: Post, setting: Setting) -> str:
    source = post.words[setting.language].title
    return told(source, setting).text if source else say(setting.campaign.title, setting.language)


def template_problem(bad: BadTemplate, source: Wording) -> Problem:
    """The fault of a template with the file and line where it stands."""
    where, _, first = source.where.rpartition(":")
    return Problem(f"{where}:{int(first) + bad.line - 1}", bad.what, bad.hint)


def _fewer(hashtags: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for count in range(len(hashtags), -1, -1):
        yield hashtags[:count]


def new_hashtags(hashtags: Sequence[str], words: str, network: Network) -> tuple[str, ...]:
    """Those of `hashtags` that do not stand in the words already, as many as are customary there."""
    there = (
        {word.rstrip(".,;:!?").casefold() for word in words.split() if word.startswith("#")} if "#" in words else set()
    )
    new = tuple(tag for tag in dict.fromkeys(hashtags) if tag.casefold() not in there)
    return new[: max(0, network.hashtags - len(there))]


def turn_hashtags(campaign: Campaign, post: Post, network: Network, turn: int) -> tuple[str, ...]:
    """The hashtags of a post at its `turn`: always, its own, then the rotating ones, each in its turn."""
    tags = campaign.hashtags
    start = turn % len(tags.rotate) if tags.rotate else 0
    wanted = tags.at_most.get(network.name, tags.at_most.get("", network.hashtags))
    unique = {
        tag.casefold(): tag
        for tag in reversed((*tags.always, *post.hashtags, *tags.rotate[start:], *tags.rotate[:start]))
    }
    return tuple(reversed(unique.values()))[: min(wanted, network.hashtags)]


def compose(network: Network, words: str, hashtags: Sequence[str], link: str) -> str:
    """Put the parts together as `network` lays them out; a link that stands in the words is not repeated."""
    parts = {"words": words, "hashtags": " ".join(hashtags), "link": "" if link and link in words.split() else link}
    rows = (" ".join(filter(None, (parts[name] for name in row))) for row in network.layout)
    return "\n".join(filter(None, rows))


def _variant(post: Post, setting: Setting, words: Words, tags: tuple[str, ...], address: str, title: str) -> Variant:
    return Variant(
        text=compose(setting.network, words.text, tags, address),
        words=words.text,
        link=address,
        hashtags=tags,
        title=title,
        language=setting.language,
        image=Image(file=post.image, alt=post.words[setting.language].alt) if post.image else None,
        fields=words.fields,
    )


def filled(variant: Variant, me: Mapping[str, str]) -> Variant:
    """The variant with each mark replaced by a supporter's fact (tidied), or by its fallback."""
    if not variant.fields:
        return variant
    text, words = (Words(part, variant.fields).fill(me) for part in (variant.text, variant.words))
    return replace(variant, text=text, words=words, fields=())


def _longest(variant: Variant, setting: Setting) -> str:
    if not variant.fields:
        return variant.text
    widest = [(name, _widest(name, fallback, setting)) for name, fallback in variant.fields]
    return Words(variant.text, tuple(widest)).fill({})


def _widest(name: str, fallback: str, setting: Setting) -> str:
    ask = setting.campaign.asks[name]
    values = [say(phrase, setting.language) for phrase in ask.choices.values()] or [WIDEST * ask.longest]
    return max((fallback, *values), key=lambda value: measure(value, setting.network.counting) or 0)


WIDTHS = (
    Counting(limit=0, unit="weighted", link="full"),
    Counting(limit=0, unit="utf16"),
    Counting(limit=0, unit="emoji bytes"),
)


def width(value: str) -> int:
    """How long a supporter's fact is where it counts most; never less than any network counts it."""
    return len(value) if value.isascii() else max(measure(value, counting) or 0 for counting in WIDTHS)


def _does_not_fit(tried: list[tuple[Wording, Variant]], setting: Setting) -> Problem:
    network = setting.network
    source, variant = tried[-1]
    length = measure(_longest(variant, setting), network.counting)
    shown = "far too much" if length is None else f"{length:,} of {network.counting.limit:,}"
    return Problem(
        source.where,
        f"no wording fits {network.label} ({shown}, in {setting.language})",
        f"Shorten it, add a shorter one (short = '…'), or leave the network out (except = [\"{network.name}\"]).",
    )
