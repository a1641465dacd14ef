"""Edit: a file of the library as somebody would change it, shown before it is saved; nobody's edit is lost."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import unified_diff
from hashlib import sha256
from pathlib import Path

from bot.app import App, here
from bot.core.post import Campaign, Post
from bot.core.problem import AskedWrongly, HandbillError, Problem
from bot.core.timetable import local_day
from bot.library.campaign import FILE, read_campaign
from bot.library.files import is_post, language_of, name_of, shown
from bot.library.post import read_post, read_posts
from bot.work.put import put
from bot.work.review import all_campaigns, all_networks, copies, review_campaign, review_post
from bot.work.write import begin_campaign, check_language, check_name, own_library

BOM = b"\xef\xbb\xbf"
# A post is a few hundred letters; what is longer is no text to be edited in a form.
MOST = 100_000
LONG = f"This text has more than {MOST:,} letters, and a post a few hundred. Edit it with a program for texts."


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What stands in the file of a post's language now: its text with \\n as line break, "" if there is no file.

    Without `post` it is the campaign's own file. `where`: the file as a person would write it.
    `seen` names its bytes, "" if there is none.
    """

    campaign: str
    post: str
    language: str
    path: Path
    where: str
    text: str = ""
    seen: str = ""
    raw: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A text as it would stand in the place of `sheet`.

    `read`: the post it would make, None if it makes none. `diff`: rows that begin with " ", "+", "-"
    or "@". `is_late`: somebody else has changed the file since the writer saw it; the diff tells
    what saving would make of their words.
    """

    sheet: Sheet
    text: str
    read: Post | None
    problems: tuple[Problem, ...]
    diff: tuple[str, ...]
    is_late: bool = False


def files(app: App, campaign: str, post: str) -> dict[str, Path]:
    """The files of a post by language; empty where there is none."""
    folder = _folder(app, campaign)
    if folder is None:
        return {}
    first = _first(app, campaign)
    paths = sorted(path for path in folder.iterdir() if path.name[0] not in "._~" and is_post(path))
    return {language_of(path) or first: path for path in paths if name_of(path) == post and path.is_file()}


def sheet(app: App, campaign: str, post: str, language: str) -> Sheet:
    """What stands in a post's file now. Raises AskedWrongly for what can be no file of the library."""
    campaign, post = (unicodedata.normalize("NFC", name) for name in (campaign, post))
    there = files(app, campaign, post)
    path = there.get(language) or _new(app, campaign, post, language, is_known=bool(there))
    _stays_inside(app, path)
    there_now = Sheet(campaign=campaign, post=post, language=language, path=path, where=shown(path, here()))
    return _filled(there_now) if language in there else there_now


def campaign_sheet(app: App, campaign: str) -> Sheet:
    """What stands in a campaign's own file now. Raises AskedWrongly where there is no such campaign."""
    folder = _folder(app, unicodedata.normalize("NFC", campaign))
    if folder is None:
        raise AskedWrongly(f'There is no campaign "{campaign}" any more. Look for it in the library.')
    path = folder / FILE
    _stays_inside(app, path)
    there_now = Sheet(campaign=campaign, post="", language="", path=path, where=shown(path, here()))
    return _filled(there_now) if path.is_file() else there_now


def _filled(empty: Sheet) -> Sheet:
    """The sheet with what stands in its file."""
    try:
        with empty.path.open("rb") as file:
            raw = file.read(4 * MOST + 1)
    except OSError as error:
        raise HandbillError(f"{empty.where} cannot be read ({error.strerror}). Check its permissions.") from error
    return replace(empty, text=_text(raw, empty.where), seen=sha256(raw).hexdigest(), raw=raw)


def draft(app: App, campaign: str, post: str, language: str, text: str, seen: str | None = None) -> Draft:
    """A text in the place of what stands there, with every problem it would have.

    `seen`: what `Sheet.seen` was when the writer began. Raises AskedWrongly.
    """
    before, text = sheet(app, campaign, post, language), _typed(text)
    read, problems = _read(app, before, text)
    return _draft(before, text, seen, read, problems)


def campaign_draft(app: App, campaign: str, text: str, seen: str | None = None) -> Draft:
    """A text in the place of a campaign's own file, with every problem that it, or a post by it, would have."""
    before, text = campaign_sheet(app, campaign), _typed(text)
    folder, networks = before.path.parent, sorted(app.networks)
    read, problems = read_campaign(folder, networks, here(), _bytes(text, before))
    _, _, faults = read_posts(folder, read, networks, here())
    known = set(app.library.problems)
    if read:
        problems += [*review_campaign(read), *(fault for fault in faults if fault not in known)]
    return _draft(before, text, seen, None, problems)


def _typed(text: str) -> str:
    """What came in a form, with \\n as line break; raises AskedWrongly if it is too much."""
    if len(text) > MOST:
        raise AskedWrongly(LONG)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _draft(before: Sheet, text: str, seen: str | None, read: Post | None, problems: Iterable[Problem]) -> Draft:
    old, new = (one.removesuffix("\n").split("\n") for one in (before.text, text))
    return Draft(
        sheet=before,
        text=text,
        read=read,
        problems=tuple(dict.fromkeys(problems)),
        diff=tuple(unified_diff(old, new, n=2, lineterm=""))[2:],
        is_late=seen is not None and seen != before.seen,
    )


def save(app: App, made: Draft) -> Path:
    """Put a draft in its place; where it stands. Raises Changed if its file is not what the draft was shown against."""
    own_library(app)
    if not made.text.strip():
        raise AskedWrongly("There are no words yet. Write some, then save.")
    path = made.sheet.path
    try:
        path.parent.mkdir(exist_ok=True)
        if path.name != FILE and not (path.parent / FILE).exists():
            begin_campaign(path.parent)
    except OSError as error:
        raise HandbillError(
            f"{made.sheet.where} cannot be written ({error.strerror}). See that you may write there."
        ) from error
    _stays_inside(app, path)
    put(path, _bytes(made.text, made.sheet), made.sheet.seen)
    return path


def campaign_of(app: App, name: str, language: str = "en") -> Campaign:
    """A campaign, also one with faults, or one that a first post would begin."""
    unwritten = Campaign(name=name, title={"": name}, languages=(language,), where=name)
    return all_campaigns(app).get(name) or unwritten


def _first(app: App, campaign: str) -> str:
    return campaign_of(app, campaign).languages[0]


def _folder(app: App, campaign: str) -> Path | None:
    """A campaign's folder by its name: looked up, never put together."""
    library = app.config.library
    folders = library.iterdir() if library.is_dir() else ()
    return next((path for path in folders if _is_folder_of(path, campaign)), None)


def _is_folder_of(path: Path, campaign: str) -> bool:
    return path.name[0] not in "._" and unicodedata.normalize("NFC", path.name) == campaign and path.is_dir()


def _new(app: App, campaign: str, post: str, language: str, *, is_known: bool) -> Path:
    """Where a file that is not there yet would stand. Raises AskedWrongly."""
    folder = _folder(app, campaign)
    if folder is None:
        check_name(campaign)
    if not is_known:
        check_name(post)
    check_language(language)
    return (folder or app.config.library / campaign) / f"{post}.{language}.txt"


def _stays_inside(app: App, path: Path) -> None:
    """Raise AskedWrongly for a path that leads out of the library by a link."""
    try:
        inside = path.resolve().is_relative_to(app.config.library.resolve())
    except (OSError, RuntimeError):  # a name too long; a link that leads to itself
        inside = False
    if not inside:
        raise AskedWrongly(
            f"{shown(path, here())} leads out of the library. Edit it where it is, or put the file itself here."
        )


def _text(raw: bytes, where: str) -> str:
    """The text of a file, nothing changed but its line breaks, which are \\n."""
    if len(raw) > 4 * MOST:
        raise HandbillError(f"{where}: {LONG}")
    try:
        return raw.removeprefix(BOM).decode().replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise HandbillError(
            f'{where} is not UTF-8 text. Save it again as "UTF-8" in the program that it was written with.'
        ) from error


def _bytes(text: str, before: Sheet) -> bytes:
    """A text as the file keeps it: its byte order mark and its way to end a line stay, and the last line ends."""
    ending = next((end for end in (b"\r\n", b"\n", b"\r") if end in before.raw), b"\n")
    try:
        raw = f"{text.rstrip()}\n".encode() if not before.seen else text.encode()
    except UnicodeEncodeError as error:
        raise AskedWrongly("These words hold a sign that is no letter of any alphabet. Type them anew.") from error
    return (BOM if before.raw.startswith(BOM) else b"") + raw.replace(b"\n", ending)


def _read(app: App, before: Sheet, text: str) -> tuple[Post | None, list[Problem]]:
    """The post that a text would make, and every problem it would have then."""
    campaign = campaign_of(app, before.campaign, before.language)
    instead = {before.path.name: _bytes(text, before)}
    post, problems = read_post(before.path.parent, before.post, campaign, sorted(app.networks), here(), instead)
    return post, [*problems, *(_reviewed(app, campaign, post) if post else ())]


def _reviewed(app: App, campaign: Campaign, post: Post) -> Iterator[Problem]:
    yield from review_post(campaign, post, all_networks(app), local_day(app.clock(), app.config.zone))
    others = [other for other in app.library.posts.get(campaign.name, ()) if other.name != post.name]
    ours = {wording.where for words in post.words.values() for wording in words.wordings}
    yield from (problem for problem in copies([*others, post]) if problem.where in ours)
