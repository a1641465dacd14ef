"""Choose the words of a post that fit a network, or say why none do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import regex

from bot.core.facts import Setting, context, known, link
from bot.core.measure import CAP, fits, measure
from bot.core.network import Counting, Network
from bot.core.post import Campaign, Image, Post, Variant, Wording, say
from bot.core.problem import Problem
from bot.core.render import WIDEST, BadTemplate, Words, compile_words, render, unknown


def fit(post: Post, wording: int, setting: Setting, hashtags: Sequence[str]) -> Variant | Problem:
    """The words of `post` for the network of `setting`, with as many `hashtags` as there is room for.

    `wording` counts from 1. Tried in turn: the network's own text, the wording, the short one.
    Nothing is ever cut. Without `setting.me` the supporter's facts stay marks, and everything is
    decided with each of them at its longest.
    """
    tried: list[tuple[Wording, Variant]] = []
    address = link(setting.campaign, post.link, setting.language, setting.network)
    title = _title(post, setting)
    if isinstance(title, Problem):
        return title
    for source in candidates(post, wording, setting):
        words = _told(source, setting)
        if isinstance(words, Problem):
            return words
        for tags in _fewer(new_hashtags(hashtags, _all_words(words), setting.network)):
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
    if compiled.uses and (missing := unknown(compiled, known(setting.campaign))):
        raise missing[0]
    facts = context(setting, compiled.uses)
    words = render(compiled, facts) if facts else _everywhere(source.text)
    if not words.text:
        raise BadTemplate("no words are left here once the places are filled", "Write some outside of `if`.")
    return words if setting.me is None else Words(words.fill(setting.me))


@lru_cache(maxsize=5_000)
def _everywhere(text: str) -> Words:
    """What a template says that uses no facts but a supporter's: the same on every network and day."""
    return render(compile_words(text), {})


def _told(source: Wording, setting: Setting) -> Words | Problem:
    try:
        return told(source, setting)
    except BadTemplate as bad:
        return template_problem(bad, source)


def _title(post: Post, setting: Setting) -> str | Problem:
    source = post.words[setting.language].title
    if source is None:
        return say(setting.campaign.title, setting.language)
    words = _told(source, setting)
    if isinstance(words, Words) and words.fields:
        bad = BadTemplate("a supporter's fact cannot stand in a title", "Move it into the words.")
        return template_problem(bad, source)
    return words.text if isinstance(words, Words) else words


def _all_words(words: Words) -> str:
    return " ".join((words.text, *(fallback for _, fallback in words.fields)))


def template_problem(bad: BadTemplate, source: Wording) -> Problem:
    """The fault of a template with the file and line where it stands."""
    where, _, first = source.where.rpartition(":")
    return Problem(f"{where}:{int(first) + bad.line - 1}", bad.what, bad.hint)


def _fewer(hashtags: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for count in range(len(hashtags), -1, -1):
        yield hashtags[:count]


TAG = regex.compile(r"(?<![\p{L}\p{M}\p{N}_&/])[#＃](?=[\p{N}_]*\p{L})([\p{L}\p{M}\p{N}_]+)")


def new_hashtags(hashtags: Sequence[str], words: str, network: Network) -> tuple[str, ...]:
    """Those of `hashtags` that do not stand in the words already, as many as are customary there."""
    there = {f"#{tag}".casefold() for tag in TAG.findall(words)}
    new = tuple(tag for tag in dict.fromkeys(hashtags) if tag.casefold() not in there)
    return new[: max(0, network.hashtags - len(there))]


def turn_hashtags(campaign: Campaign, post: Post, network: Network, turn: int) -> tuple[str, ...]:
    """The hashtags of a post at its `turn`: always, its own, then the rotating ones, each in its turn."""
    tags = campaign.hashtags
    start = turn % len(tags.rotate) if tags.rotate else 0
    wanted = tags.at_most.get(network.name, tags.at_most.get("", network.hashtags))
    unique: dict[str, str] = {}
    for tag in (*tags.always, *post.hashtags, *tags.rotate[start:], *tags.rotate[:start]):
        unique.setdefault(tag.casefold(), tag)
    return tuple(unique.values())[: min(wanted, network.hashtags)]


# Signs that may stand around a link in a sentence.
AROUND = ".,;:!?()\"'“”‘’«»…"


def compose(network: Network, words: str, hashtags: Sequence[str], link: str) -> str:
    """Put the parts together as `network` lays them out; a link that stands in the words is not repeated."""
    there = link != "" and link in words and any(link in (word, word.strip(AROUND)) for word in words.split())
    parts = {"words": words, "hashtags": " ".join(hashtags), "link": "" if there else link}
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
        warning=setting.warning,
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
    """A text that counts no less than the variant does with anybody's facts."""
    if not variant.fields:
        return variant.text
    counting = setting.network.counting
    widest = [(name, _widest(name, fallback, setting)) for name, fallback in variant.fields]
    # A letter of two units never stands in two SMS: each SMS may lose one unit.
    lost = WIDEST * counting.limit if counting.unit == "segments" else ""
    return Words(variant.text, tuple(widest)).fill({}) + lost


def _widest(name: str, fallback: str, setting: Setting) -> str:
    ask = setting.campaign.asks[name]
    choices = [say(phrase, setting.language) for phrase in ask.choices.values()]
    lengths = [_length(value, setting.network.counting) for value in (fallback, *choices)]
    return WIDEST * max(lengths if choices else (ask.longest, *lengths))


def _length(value: str, counting: Counting) -> int:
    """How many of the widest letters count no less than `value`."""
    length = measure(value, UNITS if counting.unit == "segments" else counting) or 0
    return max(length, -(-len(value.encode()) // len(WIDEST.encode()))) if counting.bytes else length


UNITS = Counting(limit=0, unit="utf16")
WIDTHS = (
    Counting(limit=0, unit="weighted", link="full"),
    UNITS,
    Counting(limit=0, unit="emoji bytes"),
)


def width(value: str) -> int:
    """How long a supporter's fact is where it counts most; never less than any network counts it."""
    if value.isascii() or len(value) > CAP:
        return len(value)
    return max(measure(value, counting) or 0 for counting in WIDTHS)


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
