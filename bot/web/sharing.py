"""The share side: where the share pages stand, their codes, all of them as an archive, links for a mailing."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from urllib.parse import quote

from starlette.responses import Response

from bot import drawing
from bot.core.post import say
from bot.core.problem import AskedWrongly, HandbillError, Problem
from bot.core.timetable import local_day
from bot.web.frame import Ask, Door, page
from bot.work import people
from bot.work.bundle import bundle
from bot.work.mailing import STYLES, mailing, personal
from bot.work.people import Role
from bot.work.share import Wanted, page_address
from bot.work.site import own_name, paused, site
from bot.work.supporters import Sent

COLUMNS = ("campaign", "language", "url", "supporter", "problem")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A campaign's share page in one language: its address ("" while nobody knows it), and its links for a mailing."""

    language: str
    name: str
    url: str
    mailings: dict[str, str]


def sharing(ask: Ask) -> Response:
    """Every share page with its link and its code."""
    campaigns = [
        (
            campaign.name,
            say(campaign.title, ask.language),
            [_place(ask, campaign.name, one) for one in campaign.languages],
        )
        for campaign in ask.app.library.campaigns.values()
    ]
    return page(
        ask, "sharing.html", campaigns=campaigns, site=ask.app.config.site, can_draw=drawing.can_draw(),
        silent=paused(ask.app),
    )  # fmt: skip


def _place(ask: Ask, name: str, language: str) -> Place:
    url = page_address(ask.app.config.site, ask.app.library.campaigns[name], language)
    links = {
        style: one.url
        for style in STYLES
        if url
        for one in mailing(ask.app, Wanted(campaign=name, language=language), style)
    }
    return Place(language=language, name=own_name(language), url=url, mailings=links)


def code(ask: Ask) -> Response:
    """A share page's address as a code that a phone reads; ?save to keep it as a file."""
    name, language = ask.path["campaign"], ask.path["language"]
    campaign = ask.app.library.campaigns.get(name)
    if campaign is None or language not in campaign.languages:
        raise AskedWrongly("There is no such share page.")
    url = page_address(ask.app.config.site, campaign, language)
    if not url or not drawing.can_draw():
        raise HandbillError("There is no code for this page, as nobody knows where it stands or nothing can draw it.")
    file = quote(f"{name}-{language}.svg", safe="")  # https://www.rfc-editor.org/rfc/rfc6266#section-4.3
    kept = {"Content-Disposition": f"attachment; filename*=UTF-8''{file}"} if "save" in ask.query else {}
    return Response(drawing.code(url), media_type="image/svg+xml", headers=kept)


def pages(ask: Ask) -> Response:
    """All share pages as one archive: what `handbill site build` writes, as of today."""
    today = local_day(ask.app.clock(), ask.app.config.zone)
    raw = bundle(site(ask.app, today, lambda problem: None, paused(ask.app)))
    named = {"Content-Disposition": f'attachment; filename="share-pages-{today}.zip"'}
    return Response(raw, media_type="application/zip", headers=named)


def links(ask: Ask) -> Response:
    """A link of their own for each supporter of a list that was sent; nothing of it is kept."""
    sent = ask.files.get("list")
    if sent is None or not sent.content:
        raise AskedWrongly(ask.say("Choose a file first: a CSV file with one supporter a row."))
    wanted = Wanted(campaign=ask.form.get("campaign") or None)
    rows = _rows(ask, wanted, Sent(_shown(sent.name), sent.content))
    written = StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerows([COLUMNS, *rows])
    people.note(ask.app, ask.who, "made personal links", wanted.campaign or "all campaigns")
    named = {"Content-Disposition": 'attachment; filename="personal-links.csv"'}
    return Response(written.getvalue().encode(), media_type="text/csv; charset=utf-8", headers=named)


def _shown(name: str) -> str:
    """A file's name as it may stand in a sentence."""
    return "".join(letter for letter in name if letter.isprintable())[:80] or "the list"


def _in_cell(words: str) -> str:
    """Words that may quote a supporter's, with no place where a spreadsheet might cut, and find a formula behind it.

    <https://owasp.org/www-community/attacks/CSV_Injection>
    """
    return words.replace(";", ",").replace("\t", " ")


def _rows(ask: Ask, wanted: Wanted, source: Sent) -> Iterator[tuple[object, ...]]:
    """The links, and below them what could not be used, and why."""
    wrong: list[tuple[object, ...]] = []

    def tell(problem: Problem) -> None:
        wrong.append(("", "", "", "", _in_cell(" ".join(filter(None, (problem.what, problem.hint))))))

    def tell_row(number: int, what: str) -> None:
        wrong.append(("", "", "", number, _in_cell(what)))

    for one in personal(ask.app, wanted, source, tell, tell_row):
        yield one.campaign, one.language, one.url, one.supporter, ""
    yield from wrong


DOORS: tuple[Door, ...] = (
    Door("GET", "/sharing", sharing),
    Door("GET", "/sharing/pages.zip", pages),
    Door("GET", "/sharing/code/{campaign}/{language}", code),
    Door("POST", "/sharing/links", links, Role.ORGANIZER),
)
