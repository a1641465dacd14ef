"""Share: posts become links that supporters open with the words prefilled."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import regex

from bot.app import App
from bot.core.facts import Setting
from bot.core.fit import filled, fit, turn_hashtags, width
from bot.core.measure import measure
from bot.core.network import Counting, Network
from bot.core.post import Ask, Campaign, Post, Variant, say
from bot.core.problem import AskedWrongly, HandbillError, Problem
from bot.core.render import MARK, tidy
from bot.core.rotate import Voice, shuffle, within


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for: everything, or only these campaigns, networks, languages, posts."""

    campaign: str | None = None
    networks: Sequence[str] = ()
    language: str | None = None
    post: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One wording of a post for one network: what a supporter may share."""

    campaign: Campaign
    post: Post
    wording: int
    network: Network
    target: str
    variant: Variant


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
    for campaign in campaigns(app, wanted):
        for post in app.library.posts[campaign.name]:
            if wanted.post in (None, post.name) and is_current(campaign, post, today):
                for network in networks:
                    if may_share(post, network):
                        yield from _offers(campaign, post, network, wanted, today, tell)


def campaigns(app: App, wanted: Wanted) -> list[Campaign]:
    """The campaigns asked for; raises AskedWrongly where there is no such campaign, post or language."""
    whole = app.library.campaigns
    if wanted.campaign and wanted.campaign not in whole:
        known = ", ".join(sorted(whole)) or "none"
        raise AskedWrongly(
            f'There is no whole campaign "{wanted.campaign}" here. There are: {known}. See: handbill check'
        )
    found = [whole[wanted.campaign]] if wanted.campaign else list(whole.values())
    posts = {post.name: post for campaign in found for post in app.library.posts[campaign.name]}
    if wanted.post and wanted.post not in posts:
        raise AskedWrongly(f'There is no whole post "{wanted.post}" here. See: handbill post list')
    return found


def shareable(app: App, wanted: Wanted) -> list[Network]:
    """The networks asked for that have share links; raises AskedWrongly for an unknown one."""
    for name in wanted.networks:
        if name not in app.networks:
            raise AskedWrongly(f'There is no network "{name}". Known: {", ".join(sorted(app.networks))}.')
        if app.networks[name].share is None:
            raise AskedWrongly(f"{app.networks[name].label} has no share links.")
    names = wanted.networks or [name for name, network in app.networks.items() if network.share]
    return [app.networks[name] for name in dict.fromkeys(names)]


def is_current(campaign: Campaign, post: Post, today: date) -> bool:
    """Whether a post may be said today."""
    return within(campaign.starts, campaign.until, today) and within(post.starts, post.until, today)


def may_share(post: Post, network: Network) -> bool:
    """Whether a post is meant for a network, and the network can carry it."""
    if (post.only and network.name not in post.only) or network.name in post.never:
        return False
    return bool(network.share) and (bool(post.link) or not network.needs_link)


def targets(campaign: Campaign, post: Post) -> list[str]:
    """The targets a post speaks to, one at a time; [""] if to none."""
    speaks = any(
        "target." in source.text for words in post.words.values() for source in (*words.wordings, *words.own.values())
    )
    return list(campaign.targets) if speaks and campaign.targets else [""]


def _offers(
    campaign: Campaign, post: Post, network: Network, wanted: Wanted, today: date, tell: Tell
) -> Iterator[Offer]:
    for language, words in post.words.items():
        if wanted.language not in (None, language):
            continue
        for wording in range(1, len(words.wordings) + 1):
            for target in targets(campaign, post):
                found = offer(campaign, post, wording, network, language, target, today)
                if isinstance(found, Problem):
                    tell(found)
                else:
                    yield found


def offer(
    campaign: Campaign, post: Post, wording: int, network: Network, language: str, target: str, today: date
) -> Offer | Problem:
    """One wording fitted for one network, with room for every supporter's facts."""
    setting = Setting(
        campaign=campaign, network=network, language=language, today=today, target=campaign.targets.get(target)
    )
    variant = fit(post, wording, setting, turn_hashtags(campaign, post, network, wording - 1))
    if isinstance(variant, Problem):
        return variant
    return Offer(campaign=campaign, post=post, wording=wording, network=network, target=target, variant=variant)


def shared(one: Offer, me: Mapping[str, str], answers: Mapping[str, str]) -> Shared:
    """The link for one supporter's facts ({} for a stranger's)."""
    variant = filled(one.variant, me)
    assert one.network.share is not None
    return Shared(one, variant.text, one.network.share(variant, answers), measure(variant.text, one.network.counting))


# For supporters in a file: each offer is taken apart once, and a row only puts its facts between the parts.


@dataclass(frozen=True, slots=True)
class Mould:
    """An offer's text and link cut at the supporter's facts; `base` is the length without them.

    Without `urls` the network writes its link in a way that cannot be cut: it is asked each time.
    """

    offer: Offer
    texts: tuple[str, ...]
    urls: tuple[str, ...]
    base: int | None

    def cast(self, me: Mapping[str, str], supporter: int) -> Shared:
        """The link for one supporter."""
        if not self.urls:
            return replace(shared(self.offer, me, {}), supporter=supporter)
        values = [me.get(name) or fallback for name, fallback in self.offer.variant.fields]
        text, url = _between(self.texts, values), _between(self.urls, [_quoted(value) for value in values])
        return Shared(self.offer, text, url, self._length(text, values), supporter)

    def _length(self, text: str, values: Sequence[str]) -> int | None:
        counting, length = self.offer.network.counting, self.base
        for value in values:
            cost = _cost(value, counting)
            if cost is None or length is None:
                return measure(text, counting)
            length += cost
        return length


def mould(one: Offer) -> Mould:
    """Take an offer apart, and make sure that what is put together is what the network itself writes."""
    assert one.network.share is not None
    texts = tuple(MARK.split(one.variant.text))
    urls = tuple(_MARK_IN_LINK.split(one.network.share(replace(one.variant, fields=()), {})))
    base = _base(texts, one.network.counting)
    made = Mould(one, texts, urls, base)
    probe = dict.fromkeys((name for name, _ in one.variant.fields), "Peña & Co, 50% o'clock")
    if len(texts) != len(urls) or made.cast(probe, 0).url != shared(one, probe, {}).url:
        return Mould(one, texts, (), base)
    return made


_MARK_IN_LINK = re.compile("|".join(("%EE%8[0-9A-F]%[89AB][0-9A-F]", MARK.pattern)))
# Words of which a text's length is simply the sum, wherever they stand free.
_PLAIN = regex.compile(r"[\p{L}\p{Nd}](?:[\p{L}\p{Nd}' ,-]*[\p{L}\p{Nd}])?")


def _base(texts: Sequence[str], counting: Counting) -> int | None:
    if counting.unit == "segments" and len(texts) > 1:
        return None
    whole = measure("a".join(texts), counting)
    return None if whole is None else whole - (len(texts) - 1)


@lru_cache(maxsize=65_536)
def _cost(value: str, counting: Counting) -> int | None:
    return measure(value, counting) if _PLAIN.fullmatch(value) else None


@lru_cache(maxsize=65_536)
def _quoted(value: str) -> str:
    return quote(value, safe="")


def _between(parts: Sequence[str], values: Sequence[str]) -> str:
    if not values:
        return parts[0]
    pieces = [parts[0]]
    for value, part in zip(values, parts[1:], strict=True):
        pieces += (value, part)
    return "".join(pieces)


class Dealer:
    """Deals offers out by rotation: for each network and language every wording comes as often as any other."""

    def __init__(self, app: App, wanted: Wanted, today: date, tell: Tell) -> None:
        self._today, self._tell = today, tell
        self._networks = shareable(app, wanted)
        self._deals = {
            (network.name, language): _deals(app, wanted, network, language, today)
            for network in self._networks
            for language in _languages(app, wanted)
        }
        self._moulds: dict[tuple[str, str, str, int, str], Mould | None] = {}
        self._turns: Counter[tuple[str, str]] = Counter()

    def deal(self, row: "Row") -> Iterator[Shared]:
        """One link for each network."""
        for network in self._networks:
            place = (network.name, row.language)
            for _ in range(len(self._deals[place])):
                campaign, post, wording = self._deals[place][self._turns[place] % len(self._deals[place])]
                found = self._mould(network, row, campaign, post, wording)
                if found is None:
                    self._deals[place].remove((campaign, post, wording))
                    continue
                self._turns[place] += 1
                yield found.cast(row.me, row.number)
                break

    def _mould(self, network: Network, row: "Row", campaign: Campaign, post: Post, wording: int) -> Mould | None:
        known = targets(campaign, post)
        target = row.target if row.target in known else known[0]
        key = (network.name, row.language, f"{campaign.name}/{post.name}", wording, target)
        if key not in self._moulds:
            found = offer(campaign, post, wording, network, row.language, target, self._today)
            if isinstance(found, Problem):
                self._tell(found)
            self._moulds[key] = None if isinstance(found, Problem) else mould(found)
        return self._moulds[key]


def _languages(app: App, wanted: Wanted) -> list[str]:
    found = {language: None for campaign in campaigns(app, wanted) for language in campaign.languages}
    return [wanted.language] if wanted.language else list(found)


def _deals(app: App, wanted: Wanted, network: Network, language: str, today: date) -> list[tuple[Campaign, Post, int]]:
    """What is dealt for a network and language: every post once, then its next wording; each round shuffled."""
    voice = Voice(account="", network=network.name, handle="share", language=language)
    found = [
        (campaign, post, wording)
        for campaign in campaigns(app, wanted)
        for post in app.library.posts[campaign.name]
        if wanted.post in (None, post.name)
        and is_current(campaign, post, today)
        and may_share(post, network)
        and language in post.words
        for wording in range(1, len(post.words[language].wordings) + 1)
    ]
    return sorted(found, key=lambda deal: (deal[2], shuffle(voice, f"{deal[0].name}/{deal[1].name}")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One supporter of a file: the number of the row (the first below the header is 1), and what it tells."""

    number: int
    language: str
    target: str
    me: Mapping[str, str]


def share_with(
    app: App, wanted: Wanted, file: Path, today: date, tell: Tell, tell_bad: Callable[[int, str], None]
) -> Iterator[Shared]:
    """A link for each supporter of a CSV file and each network, in constant memory.

    `tell_bad` hears of each row that cannot be used, by number; the rest go on. Raises
    HandbillError where the file as a whole cannot be read.
    """
    dealer = Dealer(app, wanted, today, tell)
    for row in read_supporters(app, wanted, file, tell, tell_bad):
        yield from dealer.deal(row)


def read_supporters(
    app: App, wanted: Wanted, file: Path, tell: Tell, tell_bad: Callable[[int, str], None]
) -> Iterator[Row]:
    """The rows of a CSV file, their facts tidied and checked."""
    found = campaigns(app, wanted)
    asks = {name: ask for campaign in found for name, ask in campaign.asks.items()}
    languages = _languages(app, wanted)
    rows = _cells(file)
    header = next(rows, (0, []))[1]
    columns = _columns(file, header, asks, tell)
    for number, cells in rows:
        try:
            yield _row(
                number,
                cells,
                header,
                columns,
                asks,
                languages,
                {name for campaign in found for name in campaign.targets},
            )
        except BadRow as bad:
            tell_bad(number, str(bad))


class BadRow(ValueError):
    """A supporter's row cannot be used, and why."""


def _cells(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not empty with its number; the header is row 0."""
    check_encoding(file)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        first = lines.readline()
        delimiter = max(",;\t", key=first.count)
        lines.seek(0)
        reader = csv.reader(lines, delimiter=delimiter)
        number = 0
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise HandbillError(f"{file}, row {number}: {error}. Save the file again as CSV.") from error
            if any(cell.strip() for cell in cells):
                yield number, cells
                number += 1


def check_encoding(file: Path) -> None:
    """Raise HandbillError unless the whole file is UTF-8 text; reads it in pieces."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with file.open("rb") as source:
            while piece := source.read(1 << 20):
                if b"\0" in piece:
                    raise HandbillError(f'{file} is not a CSV file in UTF-8. Save it again as "CSV UTF-8".')
                decoder.decode(piece)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise HandbillError(f'{file} is not in UTF-8. Save it again as "CSV UTF-8".') from error
    except OSError as error:
        raise HandbillError(f"{file} cannot be read ({error.strerror}).") from error


def _columns(file: Path, header: Sequence[str], asks: Mapping[str, Ask], tell: Tell) -> dict[int, str]:
    """Which column holds which fact; tells once of those that nothing asks for."""
    named = {place: _fact_name(cell) for place, cell in enumerate(header)}
    wanted = {*asks, "language", "target"}
    columns = {place: name for place, name in named.items() if name in wanted}
    if not header:
        raise HandbillError(
            f"{file} is empty. Its first row names the columns: {', '.join(sorted(asks)) or 'language'}."
        )
    if asks and not columns:
        raise HandbillError(
            f"{file} has no header with a column that is asked for. "
            f"Its first row must name at least one of: {', '.join(sorted(wanted))}."
        )
    if twice := [name for name, count in Counter(columns.values()).items() if count > 1]:
        raise HandbillError(f'{file} has two columns named "{twice[0]}". Rename or remove one.')
    if ignored := [cell.strip() for place, cell in enumerate(header) if place not in columns and cell.strip()]:
        tell(Problem(str(file), f"no post asks for {', '.join(ignored)}: ignored", severity="warning"))
    return columns


def _fact_name(cell: str) -> str:
    return re.sub(r"\W+", "_", cell.strip().casefold().removeprefix("me."))


def _row(
    number: int,
    cells: list[str],
    header: Sequence[str],
    columns: Mapping[int, str],
    asks: Mapping[str, Ask],
    languages: Sequence[str],
    known_targets: Collection[str],
) -> Row:
    if len(cells) != len(header):
        raise BadRow(f"it has {len(cells)} cells, the header {len(header)}")
    told = {name: cells[place].strip() for place, name in columns.items()}
    language, target = told.pop("language", ""), told.pop("target", "")
    if language and language not in languages:
        raise BadRow(f'there are no posts in "{language}", only in {", ".join(languages)}')
    if target and target not in known_targets:
        raise BadRow(f'there is no target "{target}"; campaign.toml has {", ".join(sorted(known_targets)) or "none"}')
    language = language or languages[0]
    me = {name: value for name, typed in told.items() if (value := _told(name, typed, asks[name], language))}
    return Row(number=number, language=language, target=target, me=me)


def _told(name: str, typed: str, ask: Ask, language: str) -> str:
    """A supporter's fact as it will stand in the words; raises BadRow."""
    if ask.choices and typed:
        return _chosen(name, typed, ask, language)
    value = tidy(typed)
    if width(value) > ask.longest:
        raise BadRow(f'{name} "{value}" is longer than {ask.longest} letters')
    return value


def _chosen(name: str, typed: str, ask: Ask, language: str) -> str:
    for key, phrases in ask.choices.items():
        if typed.casefold() in {key.casefold(), *(phrase.casefold() for phrase in phrases.values())}:
            return say(phrases, language)
    raise BadRow(f'{name} "{typed}" is not among the choices: {", ".join(ask.choices)}')
