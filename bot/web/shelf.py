"""The library: posts found and seen, tried, written and changed, with everything that is wrong in them."""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from unicodedata import normalize
from urllib.parse import quote, urlencode

from starlette.responses import Response

from bot.core.blanks import as_read
from bot.core.post import Campaign, say
from bot.core.preview import pieces
from bot.core.problem import AskedWrongly, Problem
from bot.library.campaign import FILE
from bot.library.files import is_post, language_of, name_of
from bot.web.frame import Ask, Door, go, page, picture
from bot.work import people
from bot.work.attempt import Attempt, by_account, by_accounts, by_supporter
from bot.work.edit import Draft, campaign_draft, campaign_of, campaign_sheet, draft, save, sheet
from bot.work.people import Role
from bot.work.put import Changed
from bot.work.review import all_campaigns, place
from bot.work.shelf import LEFT_OUT, READ, STATES, Item, Seek, apart, browse, items, take
from bot.work.site import own_name
from bot.work.write import check_name, own_library

# Of a text that is in no file: the name that it is tried under.
UNSAVED = "unsaved"
# So many previews stand on a page.
SHOWN = 12


def library(ask: Ask) -> Response:
    """The posts that somebody looks for, a page at a time."""
    seek = _seek(ask.query)
    found = browse(ask.app, seek, _start(ask.query))
    return page(
        ask,
        "shelf.html",
        seek=seek,
        shelf=found,
        states=STATES,
        campaigns=_titles(ask),
        networks=_networks(ask),
        first=first_words,
        further=_further(ask.query, found.passed) if found.passed < found.found else "",
        held=_held,
        facts=partial(_facts, ask),
        own_name=own_name,
    )


def _seek(query: Mapping[str, str]) -> Seek:
    return Seek(**{name: query.get(name, "").strip() for name in Seek.__dataclass_fields__})


def _start(query: Mapping[str, str]) -> int:
    written = query.get("start", "0")
    if not (written.isascii() and written.isdigit() and len(written) < 7):
        raise AskedWrongly(f'"{written}" is no place in the list. Begin with its first page.')
    return int(written)


def _further(query: Mapping[str, str], start: int) -> str:
    """The address of the page that goes on at `start`."""
    return "?" + urlencode({**{name: value for name, value in query.items() if value}, "start": start})


def _titles(ask: Ask) -> dict[str, str]:
    """Every campaign with its title in the interface's language."""
    return {name: say(campaign.title, ask.language) for name, campaign in sorted(all_campaigns(ask.app).items())}


def _networks(ask: Ask) -> dict[str, str]:
    """Every network that is shared to or spoken on, by its name."""
    used = {account.network for account in ask.app.config.accounts.values()}
    return {name: one.label for name, one in sorted(ask.app.networks.items()) if one.share or name in used}


def _held(item: Item) -> dict[tuple[tuple[str, ...], str], list[str]]:
    """Which accounts cannot say a post in its days, but for a rest, by what it asks for and why."""
    found: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for part in item.parts if item.state not in ("not yet", "expired", LEFT_OUT) else ():
        if part.why and not part.rests_until:
            found.setdefault((part.asks, part.why), []).append(f"{part.account} ({part.network})")
    return found


def _facts(ask: Ask, campaign: Campaign, names: Iterable[str]) -> str:
    """Facts of supporters as the campaign's form names them."""
    return ", ".join(say(campaign.asks[name].label, ask.language) if name in campaign.asks else name for name in names)


def first_words(one: Item, language: str) -> tuple[str, str]:
    """How a post begins as people read it, in the language if it speaks it, and the language of these words."""
    if (post := one.post) is None:
        return "", ""
    chosen = language if language in post.words else next(iter(post.words))
    read = as_read(post.words[chosen].wordings[0].text, one.campaign.links, chosen)
    return "".join(said.text for said in read), chosen


def _edit(ask: Ask, problem: Problem) -> str:
    """Where the file with a problem is changed; "" if that is no file of a campaign."""
    path = Path(place(problem)[0])
    if path.parent.name not in ask.app.library.stamps:
        return ""
    if path.name == FILE:
        return _path(path.parent.name, FILE)
    campaign = campaign_of(ask.app, normalize("NFC", path.parent.name))
    language = language_of(path) or campaign.languages[0]
    return _path(campaign.name, name_of(path), language) if is_post(path) else ""


def _path(*parts: str) -> str:
    """A path of this room."""
    return "/".join(["/library", *(quote(part, safe="") for part in parts)])


def problems(ask: Ask) -> Response:
    """Everything that `check` would find; where there are many posts, a part at a time, as ?start or ?ahead say."""
    is_part = len(items(ask.app)) > READ
    is_reading = "start" in ask.query or not is_part
    found = browse(ask.app, Seek(state="problem"), _start(ask.query)) if is_reading else None
    beside: list[Problem] = []
    if not is_part or not is_reading:
        beside = apart(ask.app, is_ahead=not is_part or "ahead" in ask.query)
    passed = found.passed if found else 0
    return page(
        ask,
        "shelf-problems.html",
        beside=beside,
        shelf=found,
        is_part=is_part,
        further=_further({}, passed) if found is None or passed < found.found else "",
        edit=partial(_edit, ask),
    )


# --- one post -------------------------------------------------------------------------------------------


def post(ask: Ask) -> Response:
    """A post whole: its words side by side, its use, its problems, and how its accounts would say it."""
    one = take(ask.app, ask.path["campaign"], ask.path["post"])
    attempts: list[Attempt] = []
    if one.post:
        for language in one.post.words:
            attempts += by_accounts(ask.app, one.campaign, one.post, language)
    return page(
        ask,
        "shelf-post.html",
        one=one,
        path=_path(one.campaign.name, one.name),
        attempts=attempts[:SHOWN],
        pieces=pieces,
        own_name=own_name,
        edit=partial(_edit, ask),
        title=say(one.campaign.title, ask.language),
        facts=partial(_facts, ask, one.campaign),
        networks=ask.app.networks,
    )


def shown(ask: Ask) -> Response:
    """The picture of a post."""
    one = take(ask.app, ask.path["campaign"], ask.path["post"])
    return picture(ask, one.post.image if one.post else "")


# --- writing --------------------------------------------------------------------------------------------


def new(ask: Ask) -> Response:
    """A form for the name of a new post; once it is sent, the page to write on."""
    own_library(ask.app)
    campaign = ask.query.get("begun", "").strip() or ask.query.get("campaign", "")
    name, language = (ask.query.get(key, "").strip() for key in ("name", "language"))
    if campaign and name and language:
        for given in (campaign, name):
            check_name(given)
        there = sheet(ask.app, campaign, name, language)
        said = ask.say("This post is there already. These are its words.") if there.seen else ""
        return go(_path(campaign, name, language), said)
    return page(ask, "shelf-new.html", campaigns=_titles(ask), campaign=campaign, tongues=_tongues(ask, campaign))


def _tongues(ask: Ask, campaign: str) -> list[str]:
    spoken = [language for one in all_campaigns(ask.app).values() for language in one.languages]
    return list(dict.fromkeys([*campaign_of(ask.app, campaign).languages, *spoken, "en", "es"]))


def write(ask: Ask) -> Response:
    """The words of a post in one language, to be changed."""
    own_library(ask.app)
    there = sheet(ask.app, ask.path["campaign"], ask.path["post"], ask.path["language"])
    made = draft(ask.app, there.campaign, there.post, there.language, there.text, there.seen)
    return _sheet(ask, made, is_shown=False)


def change(ask: Ask) -> Response:
    """What a change would come to: nothing is saved yet."""
    return _sheet(ask, _drafted(ask), is_shown=True)


def keep(ask: Ask) -> Response:
    """Save a change that was shown; where somebody else was faster, both are shown."""
    made = _drafted(ask)
    if made.is_late:
        return _sheet(ask, made, is_shown=True, status=409)
    try:
        save(ask.app, made)
    except Changed:
        return _sheet(ask, _drafted(ask), is_shown=True, status=409)
    there = made.sheet
    about = f"{there.campaign}/{there.post}.{there.language}" if there.post else f"{there.campaign}/{FILE}"
    people.note(ask.app, ask.who, "edited" if there.seen else "wrote", about)
    return go(_path(there.campaign, there.post or FILE), ask.say("Saved."))


def write_campaign(ask: Ask) -> Response:
    """A campaign's own file, to be changed like a post."""
    own_library(ask.app)
    there = campaign_sheet(ask.app, ask.path["campaign"])
    return _sheet(ask, campaign_draft(ask.app, there.campaign, there.text, there.seen), is_shown=False)


def _drafted(ask: Ask) -> Draft:
    text, seen = ask.form.get("text", ""), ask.form.get("seen", "")
    if "post" not in ask.path:
        return campaign_draft(ask.app, ask.path["campaign"], text, seen)
    return draft(ask.app, ask.path["campaign"], ask.path["post"], ask.path["language"], text, seen)


def _sheet(ask: Ask, made: Draft, *, is_shown: bool, status: int = 200) -> Response:
    there, read = made.sheet, made.read
    whole = read if read and there.language in read.words else None
    campaign = campaign_of(ask.app, there.campaign, there.language or "en")
    post = _path(there.campaign, there.post) if there.post and there.campaign in ask.app.library.stamps else ""
    return page(
        ask,
        "shelf-edit.html",
        status,
        made=made,
        is_shown=is_shown,
        campaign=campaign,
        title=say(campaign.title, ask.language),
        back=post or "/library",
        here=_path(there.campaign, *((there.post, there.language) if there.post else (FILE,))),
        attempts=by_accounts(ask.app, campaign, whole, there.language)[:SHOWN] if whole and is_shown else [],
        pieces=pieces,
        own_name=own_name,
    )


# --- trying ---------------------------------------------------------------------------------------------


def try_page(ask: Ask) -> Response:
    """A form to try words on a network, with the words of a post if one is named."""
    told = dict(ask.query)
    campaign, name, language = (told.get(key, "") for key in ("campaign", "post", "language"))
    if campaign and name and language and "text" not in told:
        told["text"] = sheet(ask.app, campaign, name, language).text
    return _tried(ask, told)


def try_words(ask: Ask) -> Response:
    """What words come to on a network; a script asks for this while somebody types."""
    return _tried(ask, ask.form)


def _tried(ask: Ask, told: Mapping[str, str]) -> Response:
    campaigns = _titles(ask)
    name = told.get("campaign") or next(iter(campaigns), "")
    campaign = campaign_of(ask.app, name)
    language = told.get("language") or campaign.languages[0]
    found: Attempt | None = None
    made: Draft | None = None
    sentence = ""
    try:
        if told.get("text", "").strip():
            made = draft(ask.app, name, told.get("post") or UNSAVED, language, told["text"])
            found = _attempt(ask, campaign, made, told, language)
    except AskedWrongly as error:
        sentence = str(error)
    return page(
        ask,
        "shelf-try.html",
        told=told,
        campaigns=campaigns,
        campaign=campaign,
        tongue=language,
        tongues=list(dict.fromkeys([*campaign.languages, language])),
        own_name=own_name,
        accounts=sorted(ask.app.config.accounts),
        networks=_networks(ask),
        attempt_found=found,
        made=made,
        problems=[one for one in made.problems if place(one)[0] == made.sheet.where] if made else [],
        sentence=sentence,
        pieces=pieces,
        say=say,
    )


def _attempt(ask: Ask, campaign: Campaign, made: Draft, told: Mapping[str, str], language: str) -> Attempt | None:
    """What the words come to where somebody wants them; None if they make no post."""
    if made.read is None:
        return None
    on, wording = told.get("on", ""), _number(told.get("wording", ""))
    if on.startswith("account:"):
        return by_account(ask.app, campaign, made.read, on.removeprefix("account:"), wording=wording)
    facts = {name.removeprefix("me."): value for name, value in told.items() if name.startswith("me.")}
    network = on or next(iter(_networks(ask)))
    return by_supporter(
        ask.app, campaign, made.read, network, language, wording=wording, target=told.get("target", ""), told=facts
    )


def _number(written: str) -> int:
    return int(written) if written.isascii() and written.isdigit() and len(written) < 4 else 1


DOORS: tuple[Door, ...] = (
    Door("GET", "/library", library),
    Door("GET", "/library/problems", problems),
    Door("GET", "/library/new", new, Role.ORGANIZER),
    Door("GET", "/library/try", try_page),
    Door("POST", "/library/try", try_words),
    Door("GET", f"/library/{{campaign}}/{FILE}", write_campaign, Role.ORGANIZER),
    Door("POST", f"/library/{{campaign}}/{FILE}", change, Role.ORGANIZER),
    Door("POST", f"/library/{{campaign}}/{FILE}/save", keep, Role.ORGANIZER),
    Door("GET", "/library/{campaign}/{post}", post),
    Door("GET", "/library/{campaign}/{post}/picture", shown),
    Door("GET", "/library/{campaign}/{post}/{language}", write, Role.ORGANIZER),
    Door("POST", "/library/{campaign}/{post}/{language}", change, Role.ORGANIZER),
    Door("POST", "/library/{campaign}/{post}/{language}/save", keep, Role.ORGANIZER),
)
