"""Mailing: the one link that an organization puts into its newsletter, and that is each reader's own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from bot.app import App
from bot.core.post import Campaign
from bot.core.problem import HandbillError
from bot.work.share import Tell, Wanted, campaigns, page_address
from bot.work.supporters import Source, TellRow, open_supporters

# How a mailing program writes a place to fill; what stands after "#" never reaches a server:
# <https://mailchimp.com/help/getting-started-with-merge-tags/>, <https://www.rfc-editor.org/rfc/rfc3986#section-3.5>.
STYLES = {"mailchimp": "*|{}|*", "plain": "[{}]"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """A link to a campaign's share page that fills in who opens it; `supporter` is the row, None for a mailing's."""

    campaign: str
    language: str
    url: str
    supporter: int | None = None

    def line(self) -> dict[str, object]:
        """The link as a JSON line."""
        return {
            "campaign": self.campaign,
            "language": self.language,
            "url": self.url,
            "supporter": self.supporter,
        }


def mailing(app: App, wanted: Wanted, style: str) -> Iterator[Personal]:
    """One link for each campaign and language, with the mailing program's own places to fill.

    Raises HandbillError without the address of the share pages.
    """
    for campaign in campaigns(app, wanted):
        for language in campaign.languages:
            if wanted.language in (None, language):
                places = {name: STYLES[style].format(_place(name, style)) for name in campaign.asks}
                yield Personal(
                    campaign=campaign.name, language=language, url=_link(app, campaign, language, places, safe="*|[]")
                )


def _place(name: str, style: str) -> str:
    return name.upper() if style == "mailchimp" else name


def personal(app: App, wanted: Wanted, file: Source, tell: Tell, tell_row: TellRow) -> Iterator[Personal]:
    """A link of their own for each supporter in a CSV file or one that was sent, for each campaign."""
    known = {campaign.name: campaign for campaign in campaigns(app, wanted)}
    for supporter in open_supporters(app, wanted, file, tell).supporters(tell_row):
        for name, campaign in known.items():
            if supporter.language in campaign.languages:
                yield Personal(
                    campaign=name,
                    language=supporter.language,
                    url=_link(app, campaign, supporter.language, supporter.me[name]),
                    supporter=supporter.number,
                )


def _link(app: App, campaign: Campaign, language: str, facts: Mapping[str, str], safe: str = "") -> str:
    address = page_address(app.config.site, campaign, language)
    if not address:
        raise HandbillError(
            "A link for a mailing needs the address where the share pages stand. "
            'Say it on the desk\'s page "Settings", or in config.toml:\n'
            '  [site]\n  url = "https://share.example.org"'
        )
    rest = "&".join(f"{name}={quote(value, safe=safe)}" for name, value in facts.items())
    return f"{address}#{rest}" if rest else address
