"""Deal: each supporter of a file gets one wording for each network, all wordings equally often."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import regex

from bot.app import App
from bot.core.measure import measure
from bot.core.network import Answers, Counting, Network
from bot.core.post import Campaign, Post
from bot.core.problem import Problem
from bot.core.render import MARK
from bot.core.rotate import Voice, shuffle
from bot.work.share import Offer, Shared, Tell, Wanted, current, link, may_share, offer, shareable, shared, targets
from bot.work.supporters import Supporter, TellRow, open_supporters

# How many different values are kept with their cost and their quoted form.
KEPT = 4096
Watch = Callable[[Iterable[Supporter], int], Iterable[Supporter]]


def all_of(supporters: Iterable[Supporter], count: int) -> Iterable[Supporter]:
    """Go through supporters with nobody watching."""
    return supporters


def share_with(
    app: App, wanted: Wanted, file: Path, today: date, tell: Tell, tell_row: TellRow, watch: Watch = all_of
) -> Iterator[Shared]:
    """A link for each supporter of a CSV file and each network, in constant memory.

    `tell_row` hears of each row that cannot be used, by number; the rest go on. Raises
    HandbillError where the file as a whole cannot be read.
    """
    dealer = Dealer(app, wanted, today, tell)
    sheet = open_supporters(app, wanted, file, tell)
    return (one for supporter in watch(sheet.supporters(tell_row), sheet.rows) for one in dealer.deal(supporter))


@dataclass(frozen=True, slots=True)
class Mould:
    """An offer's text and link cut at the supporter's facts; `base` is the length without them.

    Each offer is taken apart once, and a row only puts its facts between the parts. Without
    `urls` the network writes its link in a way that cannot be cut: it is asked each time.
    """

    offer: Offer
    answers: Answers
    texts: tuple[str, ...]
    urls: tuple[str, ...]
    base: int | None

    def cast(self, me: Mapping[str, str], supporter: int) -> Shared:
        """The link for one supporter."""
        if not self.urls:
            return replace(shared(self.offer, me, self.answers), supporter=supporter)
        values = [me.get(name) or fallback for name, fallback in self.offer.variant.fields]
        text = _between(self.texts, values)
        url = self.urls[0] if len(self.urls) == 1 else _between(self.urls, [_quoted(value) for value in values])
        return Shared(self.offer, text, url, self._length(text, values), supporter)

    def _length(self, text: str, values: Sequence[str]) -> int | None:
        counting, length = self.offer.network.counting, self.base
        for value in values:
            cost = _cost(value, counting)
            if cost is None or length is None:
                return measure(text, counting)
            length += cost
        return length


def mould(one: Offer, answers: Answers) -> Mould:
    """Take an offer apart, and make sure that what is put together is what the network itself writes."""
    texts = tuple(MARK.split(one.variant.text))
    urls = tuple(_MARK_IN_LINK.split(link(one.network, replace(one.leads, fields=()), answers)))
    made = Mould(one, answers, texts, urls, _base(texts, one.network.counting))
    probe = dict.fromkeys((name for name, _ in one.variant.fields), "Peña & Co, 50% o'clock")
    whole = len(urls) in (1, len(texts)) and made.cast(probe, 0).url == shared(one, probe, answers).url
    return made if whole else replace(made, urls=())


_MARK_IN_LINK = re.compile("|".join(("%EE%8[0-9A-F]%[89AB][0-9A-F]", MARK.pattern)))
# Words of which a text's length is simply the sum, wherever they stand free: none of their letters
# joins with what stands before or after it.
_PLAIN = regex.compile(
    r"(?![\p{GCB=Extend}\p{GCB=SpacingMark}\p{GCB=V}\p{GCB=T}])"
    r"[\p{L}\p{Nd}](?:[\p{L}\p{Nd}' ,-]*[\p{L}\p{Nd}])?(?<!\p{GCB=Prepend})"
)


def _base(texts: Sequence[str], counting: Counting) -> int | None:
    if counting.unit == "segments" and len(texts) > 1:
        return None
    whole = measure("a".join(texts), counting)
    return None if whole is None else whole - (len(texts) - 1)


@lru_cache(maxsize=KEPT)
def _cost(value: str, counting: Counting) -> int | None:
    return measure(value, counting) if _PLAIN.fullmatch(value) else None


@lru_cache(maxsize=KEPT)
def _quoted(value: str) -> str:
    return quote(value, safe="")


def _between(parts: Sequence[str], values: Sequence[str]) -> str:
    pieces = [parts[0]]
    for value, part in zip(values, parts[1:], strict=True):
        pieces += (value, part)
    return "".join(pieces)


Deal = tuple[Campaign, Post, int]


class Dealer:
    """Deals offers out by rotation: for each network and language every wording comes as often as any other."""

    def __init__(self, app: App, wanted: Wanted, today: date, tell: Tell) -> None:
        self._today, self._tell, self._answers = today, tell, wanted.answers
        self._site = app.config.site
        self._networks = shareable(app, wanted)
        self._posts = current(app, wanted, today)
        self._stacks: dict[tuple[str, str], list[Deal]] = {}
        self._places: Counter[tuple[str, str]] = Counter()
        self._moulds: dict[tuple[str, str, str, int, str], Mould | None] = {}

    def deal(self, supporter: Supporter) -> Iterator[Shared]:
        """One link for each network."""
        for network in self._networks:
            stack = self._stack(network, supporter.language)
            key = (network.name, supporter.language)
            while stack:
                place = self._places[key] % len(stack)
                campaign, post, wording = stack[place]
                found = self._mould(network, supporter, campaign, post, wording)
                if found is None:
                    # The place stays: the next deal moves into it, and all before it have come once more.
                    del stack[place]
                    self._places[key] = place
                    continue
                self._places[key] = place + 1
                yield found.cast(supporter.me[campaign.name], supporter.number)
                break

    def _stack(self, network: Network, language: str) -> list[Deal]:
        key = (network.name, language)
        if key not in self._stacks:
            self._stacks[key] = _deals(self._posts, network, language)
            if not self._stacks[key]:
                self._tell(
                    Problem(
                        network.label, f'no post in "{language}" can be shared there now', _remedy(network), "warning"
                    )
                )
        return self._stacks[key]

    def _mould(
        self, network: Network, supporter: Supporter, campaign: Campaign, post: Post, wording: int
    ) -> Mould | None:
        known = targets(campaign, post)
        target = supporter.target if supporter.target in known else known[0]
        key = (network.name, supporter.language, f"{campaign.name}/{post.name}", wording, target)
        if key not in self._moulds:
            found = offer(campaign, post, wording, network, supporter.language, target, self._today, self._site)
            if isinstance(found, Problem):
                self._tell(found)
            self._moulds[key] = None if isinstance(found, Problem) else mould(found, self._answers)
        return self._moulds[key]


def _remedy(network: Network) -> str:
    return "Only posts with a `link` can." if network.needs_link else "See: handbill post list"


def _deals(posts: Iterable[tuple[Campaign, Post]], network: Network, language: str) -> list[Deal]:
    """What is dealt for a network and language: every post once, then its next wording; each round shuffled."""
    voice = Voice(account="", network=network.name, handle="share", language=language)
    found = [
        (campaign, post, wording)
        for campaign, post in posts
        if may_share(post, network) and language in post.words
        for wording in range(1, len(post.words[language].wordings) + 1)
    ]
    return sorted(found, key=lambda deal: (deal[2], shuffle(voice, f"{deal[0].name}/{deal[1].name}")))
