"""The facts that personalize a post: which exist, and what they are on a day, for a network."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from bot.core.network import Network
from bot.core.post import Campaign, Target, say

# What a link gets, if the campaign wants it, to tell visits apart by network:
# https://support.google.com/analytics/answer/10917952
UTM = ("source", "medium", "campaign", "content", "term")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where and when words will stand: all that a template may ask for.

    `me` None: a supporter whose facts are not known yet. `target` None: the campaign's first.
    `mentions`: a handle may be written where the target has one on this network. `warning`: what
    the account puts before all its posts there.
    """

    campaign: Campaign
    network: Network
    language: str
    today: date
    target: Target | None = None
    me: Mapping[str, str] | None = None
    mentions: bool = True
    warning: str = ""


def known(campaign: Campaign) -> dict[str, object]:
    """Every dotted name that a template of this campaign may use."""
    names = ["today", "campaign.title"]
    names += [f"campaign.{name}" for name in ("organizer", "paid_by", "goal") if getattr(campaign, name)]
    names += [f"links.{name}" for name in campaign.links] + [f"me.{name}" for name in campaign.asks]
    if campaign.targets:
        names += ["target.name", "target.handle"]
    if campaign.until:
        names += ["campaign.until", "campaign.days_to_go"]
    return dict.fromkeys(names)


def context(setting: Setting, uses: Mapping[str, object]) -> dict[str, Any]:
    """The values of the facts in `uses`, as a template reads them."""
    spaces: dict[str, dict[str, Any]] = {}
    for name in uses:
        space, _, attribute = name.partition(".")
        if attribute and space != "me":
            spaces.setdefault(space, {})[attribute] = _value(setting, space, attribute)
    facts: dict[str, Any] = {space: SimpleNamespace(**values) for space, values in spaces.items()}
    if "today" in uses:
        facts["today"] = in_words(setting.today, setting.language)
    return facts


def _value(setting: Setting, space: str, attribute: str) -> object:
    if space == "links":
        return link(setting.campaign, attribute, setting.language, setting.network)
    if space == "target":
        return _target(setting, attribute)
    campaign = setting.campaign
    match attribute:
        case "title":
            return say(campaign.title, setting.language)
        case "until":
            return in_words(campaign.until or setting.today, setting.language)
        case "days_to_go":
            return max(0, ((campaign.until or setting.today) - setting.today).days)
        case _:
            return getattr(campaign, attribute)


def _target(setting: Setting, attribute: str) -> str:
    target = setting.target or next(iter(setting.campaign.targets.values()))
    handle = target.handles.get(setting.network.name, "") if setting.mentions else ""
    name = say(target.name, setting.language)
    return (handle or name) if attribute == "handle" else name


def varies(uses: Mapping[str, object]) -> bool:
    """Whether words with these facts can differ from day to day."""
    return "today" in uses or "campaign.days_to_go" in uses


def in_words(day: date, language: str) -> str:
    """A day as people write it there: "December 1, 2026", "1 de diciembre de 2026"."""
    from babel import Locale, UnknownLocaleError
    from babel.dates import format_date

    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return day.isoformat()
    return format_date(day, "long", locale)


def link(campaign: Campaign, name: str, language: str, network: Network) -> str:
    """The address that `name` stands for, with the campaign's UTM parameters where it wants them."""
    if not name:
        return ""
    address = say(campaign.links[name], language)
    return address if campaign.utm is None else _with_utm(address, campaign, network)


def _with_utm(address: str, campaign: Campaign, network: Network) -> str:
    values = {"source": network.name, "medium": "social", "campaign": campaign.name} | dict(campaign.utm or {})
    parts = urlsplit(address)
    there = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    added = {f"utm_{name}": value for name, value in values.items() if f"utm_{name}" not in there}
    query = "&".join(filter(None, (parts.query, urlencode(added, quote_via=quote, safe=""))))
    return urlunsplit(parts._replace(query=query))
