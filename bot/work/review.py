"""Review: everything that `check` can find before anybody else does."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path

import regex

from bot import media
from bot.app import App
from bot.core.facts import Setting, context, known, varies
from bot.core.fit import fit, template_problem
from bot.core.network import Network
from bot.core.post import Campaign, Post, Wording
from bot.core.problem import Problem
from bot.core.render import BadTemplate, compile_words, render, unknown
from bot.core.rotate import NOT_WORD, sameness
from bot.core.timetable import local_day
from bot.work.look import look, tag_shape, warning
from bot.work.ready import ready
from bot.work.share import targets

Watch = Callable[[list[Post]], Iterable[Post]]
# How far ahead words that change with the day are tried.
AHEAD = timedelta(days=400)
# So many networks that a wording does not fit are named one by one.
FEW = 3
# The one fact that is told otherwise where nobody may be mentioned.
HANDLE = "handle"
DIGIT = regex.compile(r"\p{Nd}")


def review(app: App, watch: Watch = iter) -> list[Problem]:
    """Every problem in config and library, files in order."""
    problems = dict.fromkeys([*app.problems, *app.library.problems])
    today = local_day(app.clock(), app.config.zone)
    networks = all_networks(app)
    campaigns = all_campaigns(app)
    posts = [post for posts in app.library.posts.values() for post in posts]
    posts += [post for _, posts in app.library.drafts for post in posts]
    for campaign in campaigns.values():
        problems |= dict.fromkeys(review_campaign(campaign))
    for post in watch(posts):
        problems |= dict.fromkeys(review_post(campaigns[post.campaign], post, networks, today))
    problems |= dict.fromkeys([*left_out(app), *copies(posts), *ready(app)])
    return _in_order(problems)


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    """File by file as they were found, and by line within a file."""
    places = [(*place(problem), problem) for problem in problems]
    files = {file: number for number, file in reversed(list(enumerate(dict.fromkeys(file for file, _, _ in places))))}
    return [problem for _, _, problem in sorted(places, key=lambda found: (files[found[0]], found[1]))]


def place(problem: Problem) -> tuple[str, int]:
    """The file that a problem is in, and its row there, 0 for the whole of it."""
    file, _, row = problem.where.rpartition(":")
    return (file, int(row)) if file and row.isdigit() else (problem.where, 0)


def all_campaigns(app: App) -> dict[str, Campaign]:
    """All campaigns by name, those too that are left out for faults of their own."""
    return {**app.library.campaigns, **{campaign.name: campaign for campaign, _ in app.library.drafts}}


def left_out(app: App) -> Iterator[Problem]:
    """Faults in templates of files that have other faults too, and so belong to no whole post."""
    campaigns = all_campaigns(app)
    for name, words in app.library.broken:
        if campaign := campaigns.get(name):
            for source in words.all:
                yield from _template(source, known(campaign))


def all_networks(app: App) -> list[Network]:
    """Every network that is shared to or spoken on, the latter as each account's own server counts; each once."""
    used = [app.speaker(name).network for name in app.config.accounts]
    shared = [network for network in app.networks.values() if network.share]
    known = {one.counting for one in shared}
    more = {(one.name, one.counting, one.may_mention): one for one in used if one.counting not in known}
    return [*shared, *more.values()]


def review_campaign(campaign: Campaign) -> Iterator[Problem]:
    """What is unwise in a campaign's own file."""
    for tag in (*campaign.hashtags.always, *campaign.hashtags.rotate):
        yield from tag_shape(tag, campaign.where)
    yield from _pages(campaign)


def _pages(campaign: Campaign) -> Iterator[Problem]:
    """Languages in which the share pages' own words are missing."""
    from bot.pages import untranslated

    for language in campaign.languages:
        if missing := untranslated(language):
            shown = ", ".join(f'"{one}"' for one in missing[:FEW]) + (" …" if len(missing) > FEW else "")
            what = f'{len(missing)} of the share pages\' own words are missing in "{language}": {shown}'
            yield Problem(campaign.where, what, "They stand there in English. Translations are welcome.", "warning")


def review_post(campaign: Campaign, post: Post, networks: Iterable[Network], today: date) -> Iterator[Problem]:
    """Every fault in a post's words: templates, lengths on every network, what networks would misread."""
    facts = known(campaign)
    networks = [network for network in networks if post.is_for(network.name)]
    for language, words in post.words.items():
        bad = [problem for source in words.all for problem in _template(source, facts)]
        if words.title and not bad:
            bad += _title(words.title)
        yield from bad
        if not bad:
            yield from _read(campaign, post, language, networks, today)
    for tag in post.hashtags:
        yield from tag_shape(tag, post.where)
    if post.image:
        yield from _picture(post, networks)


def _picture(post: Post, networks: Iterable[Network]) -> Iterator[Problem]:
    """What is wrong with a post's picture, and where its description is longer than a network takes."""
    if find_spec("PIL") and (what := media.problem(Path(post.image))):
        yield Problem(post.where, what, "Save it again as PNG or JPEG, or take `image` out.")
    longest = max(len(words.alt) for words in post.words.values())
    if short := [network.label for network in networks if network.connect and longest > network.pictures.alt]:
        yield warning(
            post.where, f"the picture's description is too long for {', '.join(short)}", "Say it in fewer words."
        )


def _template(source: Wording, facts: dict[str, object]) -> list[Problem]:
    try:
        compiled = compile_words(source.text)
    except BadTemplate as bad:
        return [template_problem(bad, source)]
    return [template_problem(bad, source) for bad in unknown(compiled, facts)]


def _title(source: Wording) -> list[Problem]:
    if compile_words(source.text).asks():
        bad = BadTemplate("a supporter's fact cannot stand in a title", "Move it into the words.")
        return [template_problem(bad, source)]
    return []


def _read(campaign: Campaign, post: Post, language: str, networks: list[Network], today: date) -> Iterator[Problem]:
    """Look once at what each text says, then fit every wording for every network, target and day."""
    for target in targets(campaign, post):
        settings = [
            Setting(
                campaign=campaign, network=network, language=language, today=today, target=campaign.targets.get(target)
            )
            for network in networks
        ]
        for source in post.words[language].all if settings else ():
            yield from _look(source, settings[0])
        for wording in range(1, len(post.words[language].wordings) + 1):
            days = _days(post, wording, settings[0]) if settings else []
            misfits = {one.network.label: problem for one in settings for problem in _fits(post, wording, one, days)}
            yield from _together(misfits, language)


def _look(source: Wording, setting: Setting) -> Iterator[Problem]:
    compiled = compile_words(source.text)
    try:
        text = render(compiled, context(setting, compiled.uses)).text
    except BadTemplate as bad:
        yield template_problem(bad, source)
        return
    yield from look(text, source.where)


def _fits(post: Post, wording: int, setting: Setting, days: Iterable[date]) -> Iterator[Problem]:
    """The first day on which the words do not fit, whether or not a mention may stand there."""
    is_same = setting.network.may_mention or not any(HANDLE in one.text for one in post.words[setting.language].all)
    for day in days:
        for mentions in (True,) if is_same else (True, False):
            found = fit(post, wording, replace(setting, today=day, mentions=mentions), ())
            if isinstance(found, Problem):
                yield found
                return


def _together(misfits: Mapping[str, Problem], language: str) -> list[Problem]:
    """The problems of one wording by network; many are said as one, with the shortest way out."""
    problems = list(dict.fromkeys(misfits.values()))
    if len(problems) <= FEW:
        return problems
    what = f"no wording fits {len(misfits)} networks ({', '.join(misfits)}; in {language})"
    hint = "Shorten it, or add a shorter one (short = '…'): what X takes, 280 with the link, fits nearly everywhere."
    return [replace(problems[0], what=what, hint=hint)]


def _days(post: Post, wording: int, setting: Setting) -> list[date]:
    """Days enough to see all lengths the words can have until the post ends: today alone, if they never vary."""
    words = post.words[setting.language]
    sources = [
        source
        for source in (words.wordings[wording - 1], *words.own.values(), words.short, words.title)
        if source and varies(compile_words(source.text).uses)
    ]
    if not sources:
        return [setting.today]
    first = max(filter(None, (setting.today, post.starts, setting.campaign.starts)))
    last = min(filter(None, (post.until, setting.campaign.until, first + AHEAD)))
    shapes: dict[tuple[str, ...], date] = {}
    for number in range(max(0, (last - first).days) + 1):
        day = first + timedelta(days=number)
        shapes.setdefault(tuple(_shape(source, replace(setting, today=day)) for source in sources), day)
    return list(shapes.values())


def _shape(source: Wording, setting: Setting) -> str:
    """The words of a day; digits count alike everywhere."""
    compiled = compile_words(source.text)
    try:
        return DIGIT.sub("0", render(compiled, context(setting, compiled.uses)).text)
    except BadTemplate:
        return ""


def copies(posts: Iterable[Post]) -> Iterator[Problem]:
    """Wordings that differ from an earlier one only in marks, hashtags or case."""
    seen: dict[tuple[str, str, str], str] = {}
    for post in posts:
        for language, words in post.words.items():
            for source in words.wordings:
                same = (post.campaign, language, sameness(source.text))
                if same in seen and NOT_WORD.sub("", source.text):
                    yield warning(
                        source.where,
                        f"these words stand in {seen[same]} already",
                        "Reword one of them; networks count copies as spam.",
                    )
                seen.setdefault(same, source.where)
