"""Site: the share pages as files. The same library on the same day gives the same bytes."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from bot import drawing
from bot.app import App
from bot.core import colour
from bot.core.facts import in_words
from bot.core.network import Network
from bot.core.post import Campaign, Post, language_of, say
from bot.pages import ASSETS, SAID, asset, direction, html, instead, translator
from bot.pages.values import Asked, Card, Head, Sheet, Told, Tongue
from bot.work.cards import action, card, told
from bot.work.share import Tell, Wanted, is_current, page_address, shareable, targets

Files = dict[str, bytes]
"""The bytes of each file by its path from the folder of all pages."""
PAGE, CARD, CODE = "index.html", "card.png", "qr.svg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A campaign in one language, with its cards: each post to its first target, then to the others."""

    campaign: Campaign
    language: str
    cards: tuple[tuple[Card, ...], ...]


def site(app: App, today: date, tell: Tell, silent: Collection[str] = ()) -> Files:
    """Every file of the share pages as of a day; `silent` campaigns have a page that says so."""
    networks = shareable(app, Wanted())
    files: Files = {name: asset(name).encode() for name in ASSETS}
    campaigns = list(app.library.campaigns.values())
    for campaign in campaigns:
        files |= _campaign(app, campaign, networks, today, tell, is_paused=campaign.name in silent)
    files[PAGE] = _doors(campaigns, app.config.site).encode()
    return dict(sorted(files.items()))


def paused(app: App) -> set[str]:
    """The campaigns that are paused."""
    pauses = app.ledger.pauses() if app.ledger else set()
    everything = app.library.paused or "" in pauses
    return {name for name in app.library.campaigns if everything or name in pauses}


def entrances(campaign: Campaign) -> list[str]:
    """The files by which people and feed readers come in, and from which an open page learns what still is."""
    names = (PAGE, "posts.json", "feed.json")
    return [f"{campaign.name}/{language}/{name}" for language in campaign.languages for name in names]


def _campaign(
    app: App, campaign: Campaign, networks: Sequence[Network], today: date, tell: Tell, *, is_paused: bool
) -> Files:
    posts = [] if is_paused else [one for one in app.library.posts[campaign.name] if is_current(campaign, one, today)]
    pictures = _pictures(campaign, posts)
    files: Files = {f"{campaign.name}/{name}": raw for name, raw in pictures.values()}
    files[f"{campaign.name}/colours.css"] = _colours(campaign.colour).encode()
    files[f"{campaign.name}/{PAGE}"] = _door(campaign, app.config.site).encode()
    addresses = {file: quote(f"../{name}") for file, (name, _) in pictures.items()}
    for language in campaign.languages:
        place = Place(
            campaign=campaign,
            language=language,
            cards=tuple(_cards(app, campaign, posts, language, networks, today, tell)),
        )
        files |= _pages(app, place, networks, today, addresses)
    return files


def _cards(
    app: App, campaign: Campaign, posts: Iterable[Post], language: str, networks: Sequence[Network],
    today: date, tell: Tell,
) -> Iterator[tuple[Card, ...]]:  # fmt: skip
    for post in posts:
        if language in post.words:
            found = [
                card(campaign, post, language, target, networks, today, app.config.site, tell)
                for target in targets(campaign, post)
            ]
            if whole := tuple(filter(None, found)):
                yield whole


def _pages(app: App, place: Place, networks: Sequence[Network], today: date, pictures: Mapping[str, str]) -> Files:
    """The campaign's page in one language, the pages of its posts, and what the open page asks for: which still are."""
    campaign, language = place.campaign, place.language
    folder, first = f"{campaign.name}/{language}/", [cards[0] for cards in place.cards]
    values: dict[str, Any] = {
        "head": _head(place, networks, pictures),
        "pictures": pictures,
        "day": today.isoformat(),
        "say": _say(language),
        "speaks": instead(language),
        "turns": {one.name: number for number, one in enumerate(first)},
    }
    sheet = _sheet(app, campaign, language, "")
    others = {cards[0].name: [(one.target, one.folder) for one in cards[1:]] for cards in place.cards}
    files: Files = {
        f"{folder}{PAGE}": html("campaign.html", language, sheet=sheet, cards=first, others=others, **values).encode(),
        f"{folder}posts.json": json.dumps([one.name for one in first], ensure_ascii=False).encode(),
    }
    files |= _beside(place, sheet, folder, say(campaign.title, language))
    if sheet.absolute:
        files[f"{folder}feed.json"] = _feed(place, sheet)
    for cards in place.cards:
        for one in cards:
            below, sheet = folder + unquote(one.folder), _sheet(app, campaign, language, one.folder, cards[0].languages)
            around = [(other.target, other.folder) for other in cards if other is not one]
            files[f"{below}{PAGE}"] = html(
                "post.html", language, sheet=sheet, card=one, others={one.name: around}, **values
            ).encode()
            files |= _beside(place, sheet, below, one.title or one.wordings[0][0].words)
    return files


def _beside(place: Place, sheet: Sheet, folder: str, words: str) -> Files:
    """What a page shows elsewhere, where it has an address: a picture for link previews, a code for phones."""
    if not sheet.card:
        return {}
    campaign = place.campaign
    title = say(campaign.title, place.language)
    below = " · ".join(filter(None, (title if title != words else "", campaign.organizer)))
    return {
        f"{folder}{CARD}": drawing.card(words, below, campaign.colour),
        f"{folder}{CODE}": drawing.code(sheet.absolute),
    }


def _feed(place: Place, sheet: Sheet) -> bytes:
    """The posts for programs that read feeds: https://www.jsonfeed.org/version/1.1/."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": say(place.campaign.title, place.language),
        "description": say(place.campaign.about, place.language),
        "home_page_url": sheet.absolute,
        "feed_url": f"{sheet.absolute}feed.json",
        "language": place.language,
        "items": [_item(cards[0], sheet) for cards in place.cards],
    }
    return (json.dumps(feed, ensure_ascii=False, indent=1) + "\n").encode()


def _item(one: Card, sheet: Sheet) -> dict[str, object]:
    address = sheet.absolute + one.folder
    box = one.wordings[0][0]
    item: dict[str, object] = {"id": address, "url": address, "title": one.heading, "content_text": box.said.said}
    if one.action:
        item["external_url"] = one.action.address
    if sheet.card:
        item["image"] = address + CARD
    return item


def _head(place: Place, networks: Sequence[Network], pictures: Mapping[str, str]) -> Head:
    campaign, language = place.campaign, place.language
    return Head(
        title=told(campaign, campaign.title, language),
        about=told(campaign, campaign.about, language),
        organizer=campaign.organizer,
        paid_by=campaign.paid_by,
        goal=campaign.goal,
        reached=campaign.reached,
        until=campaign.until.isoformat() if campaign.until else "",
        until_in_words=in_words(campaign.until, language) if campaign.until else "",
        action=action(campaign, language, "sign" if "sign" in campaign.links else ""),
        asks=tuple(_asks(campaign, language)),
        servers=tuple(_servers(networks, language)),
        counting=_counting(networks),
        logo=pictures.get(campaign.logo, ""),
    )


def _asks(campaign: Campaign, language: str) -> Iterator[Asked]:
    for name, ask in campaign.asks.items():
        choices = tuple((key, told(campaign, phrases, language)) for key, phrases in ask.choices.items())
        yield Asked(
            name=name, label=told(campaign, ask.label, language), hint=told(campaign, ask.hint, language),
            longest=ask.longest, choices=choices,
        )  # fmt: skip


def _servers(networks: Iterable[Network], language: str) -> Iterator[Asked]:
    speak = translator(language)
    for network in networks:
        for field in network.share_fields[:1]:
            label = Told(words=f"{network.label}: {speak(field.help)}", language=instead(language))
            yield Asked(name=field.name, label=label, hint=Told(words=field.example), longest=253)


def _counting(networks: Iterable[Network]) -> str:
    """How each network counts, as JSON for the page's script: what is usual left out."""
    found = {}
    for network in networks:
        counting = {key: value for key, value in asdict(network.counting).items() if value not in (None, False)}
        found[network.name] = {"name": network.label, **counting}
    return json.dumps(found, sort_keys=True, separators=(",", ":"))


def _say(language: str) -> str:
    """What the page's script says, as JSON."""
    speak = translator(language)
    return json.dumps({key: speak(words) for key, words in SAID.items()}, ensure_ascii=False)


def _sheet(app: App, campaign: Campaign, language: str, below: str, spoken: Collection[str] = ()) -> Sheet:
    """Where a page stands that lies `below` its campaign's in one language: "", or its folder with a "/" at the end.

    `spoken`: the languages in which it exists; in the others the campaign's own page does.
    """
    up = "../" * below.count("/")
    where = page_address(app.config.site, campaign, language)
    tongues = tuple(_tongues(app, campaign, f"{up}../", below, spoken))
    return Sheet(
        language=language,
        direction=direction(language),
        root=f"{up}../../",
        home=up,
        campaign=f"{up}../",
        tongues=tongues,
        absolute=where and where + below,
        card=where and where + below + CARD if drawing.can_draw() else "",
        qr=where and CODE if drawing.can_draw() else "",
    )


def _tongues(app: App, campaign: Campaign, up: str, below: str, spoken: Collection[str]) -> Iterator[Tongue]:
    for language in campaign.languages:
        rest = below if language in spoken else ""
        whole = page_address(app.config.site, campaign, language) if rest == below else ""
        yield Tongue(
            code=language,
            name=own_name(language),
            address=f"{up}{language}/{rest}{PAGE}",
            absolute=whole and whole + rest,
        )


def own_name(language: str) -> str:
    """What a language calls itself: "Español"."""
    from babel import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return language
    name = locale.get_display_name(language.replace("-", "_")) or language
    return name[:1].upper() + name[1:]


def _door(campaign: Campaign, site: str) -> str:
    """The page that leads to a campaign in the visitor's language."""
    language = campaign.languages[0]
    links = [(Told(words=own_name(one), language=one), f"{one}/{PAGE}", one) for one in campaign.languages]
    absolute = page_address(site, campaign, language)
    return html(
        "door.html", language, title=told(campaign, campaign.title, language), links=links, root="../",
        language=language, direction=direction(language), absolute=absolute, colours="colours.css",
    )  # fmt: skip


def _doors(campaigns: Sequence[Campaign], site: str) -> str:
    """The page that leads to every campaign."""
    language = campaigns[0].languages[0] if campaigns else "en"
    links = [(_title(one), f"{quote(one.name)}/{PAGE}", "") for one in campaigns]
    title = Told(words=translator(language)("Our campaigns"), language=instead(language))
    colours = f"{quote(campaigns[0].name)}/colours.css" if campaigns else ""
    return html(
        "door.html", language, title=title, links=links, root="", language=language, direction=direction(language),
        absolute=site, colours=colours,
    )  # fmt: skip


def _title(campaign: Campaign) -> Told:
    """A campaign's title in its own first language, on a page in any."""
    first = campaign.languages[0]
    return Told(words=say(campaign.title, first), language=language_of(campaign.title, first, first))


def _pictures(campaign: Campaign, posts: Iterable[Post]) -> dict[str, tuple[str, bytes]]:
    """Each picture by its file: where it will stand in the campaign's folder, and its bytes."""
    files = dict.fromkeys(filter(None, (campaign.logo, *(post.image for post in posts))))
    found = {}
    for file in files:
        path = Path(file)
        raw = path.read_bytes()
        found[file] = (f"images/{path.stem}-{sha256(raw).hexdigest()[:8]}{path.suffix.lower()}", raw)
    return found


def _colours(chosen: str) -> str:
    light, dark = colour.for_light(chosen), colour.for_dark(chosen)
    return (
        f":root {{ --campaign: {light}; --on-campaign: #ffffff; }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ --campaign: {dark}; --on-campaign: #101416; }} }}\n"
        f"@media print {{ :root {{ --campaign: {light}; --on-campaign: #ffffff; }} }}\n"
    )
