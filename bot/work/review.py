"""Review: everything that `check` can find before anybody else does."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import regex

from bot.app import App
from bot.core.facts import Setting, context, known, varies
from bot.core.fit import candidates, fit, template_problem, width
from bot.core.links import links
from bot.core.network import Network
from bot.core.post import Campaign, Post, Wording
from bot.core.problem import Problem, SignedOut
from bot.core.render import BadTemplate, compile_words, render, unknown
from bot.core.rotate import sameness
from bot.core.schema import HASHTAG, near
from bot.core.timetable import local_day
from bot.work.plan import plan
from bot.work.share import targets

Watch = Callable[[list[Post]], Iterable[Post]]
# How far ahead words that change with the day are tried.
AHEAD = 400


def review(app: App, watch: Watch = iter) -> list[Problem]:
    """Every problem in config and library, files in order."""
    problems = [*app.problems, *app.library.problems]
    today = local_day(app.clock(), app.config.zone)
    networks = _networks(app)
    posts = [post for posts in app.library.posts.values() for post in posts]
    for campaign in app.library.campaigns.values():
        problems += review_campaign(campaign)
    for post in watch(posts):
        problems += review_post(app.library.campaigns[post.campaign], post, networks, today)
    problems += _copies(posts)
    return [*problems, *_review_config(app)]


def _networks(app: App) -> list[Network]:
    used = {account.network for account in app.config.accounts.values()}
    return [network for name, network in app.networks.items() if network.share or name in used]


def review_campaign(campaign: Campaign) -> Iterator[Problem]:
    """What is unwise in a campaign's own file."""
    for tag in (*campaign.hashtags.always, *campaign.hashtags.rotate):
        yield from _tag_shape(tag, campaign.where)


def review_post(campaign: Campaign, post: Post, networks: Iterable[Network], today: date) -> list[Problem]:
    """Every fault in a post's words: templates, lengths on every network, what networks would misread."""
    problems: dict[Problem, None] = {}
    facts = known(campaign)
    for language, words in post.words.items():
        sources = [*words.wordings, *words.own.values(), *filter(None, (words.short, words.title))]
        bad = [problem for source in sources for problem in _template(source, facts)]
        if words.title and not bad:
            bad += _title(words.title)
        problems |= dict.fromkeys(bad)
        if not bad:
            problems |= dict.fromkeys(_read(campaign, post, language, networks, today))
    for tag in post.hashtags:
        problems |= dict.fromkeys(_tag_shape(tag, post.where))
    return list(problems)


def _template(source: Wording, facts: dict[str, object]) -> list[Problem]:
    try:
        compiled = compile_words(source.text)
    except BadTemplate as bad:
        return [template_problem(bad, source)]
    return [template_problem(bad, source) for bad in unknown(compiled, facts)]


def _title(source: Wording) -> list[Problem]:
    if compile_words(source.text).asks():
        return [
            template_problem(
                BadTemplate("a supporter's fact cannot stand in a title", "Move it into the words."), source
            )
        ]
    return []


def _read(campaign: Campaign, post: Post, language: str, networks: Iterable[Network], today: date) -> Iterator[Problem]:
    """Fit every wording for every network, target and day; look once at what each wording says."""
    for target in targets(campaign, post):
        for wording in range(1, len(post.words[language].wordings) + 1):
            looked = False
            for network in networks:
                setting = Setting(
                    campaign=campaign,
                    network=network,
                    language=language,
                    today=today,
                    target=campaign.targets.get(target),
                )
                if not looked:
                    yield from _look(post.words[language].wordings[wording - 1], setting)
                    looked = True
                if _is_meant(post, network):
                    yield from _fits(post, wording, setting)


def _is_meant(post: Post, network: Network) -> bool:
    return (not post.only or network.name in post.only) and network.name not in post.never


def _fits(post: Post, wording: int, setting: Setting) -> Iterator[Problem]:
    for day in _days(post, wording, setting):
        found = fit(post, wording, replace(setting, today=day), ())
        if isinstance(found, Problem):
            yield found
            return


def _days(post: Post, wording: int, setting: Setting) -> list[date]:
    """The days on which the words could differ: today alone, or all until the post ends."""
    if not any(varies(compile_words(source.text).uses) for source in candidates(post, wording, setting)):
        return [setting.today]
    last = min(filter(None, (post.until, setting.campaign.until, setting.today + timedelta(days=AHEAD))))
    return [setting.today + timedelta(days=number) for number in range(max(0, (last - setting.today).days) + 1)]


CASHTAG = regex.compile(r"(?<![\w$])\$[A-Za-z]{1,6}\b")
TAG = regex.compile(r"(?<!\S)([#＃]\S*)")
GLUED = regex.compile(r"(?<=[^\s\w&/])[#＃]\p{L}[\p{L}\p{N}_]*")


def _look(source: Wording, setting: Setting) -> Iterator[Problem]:
    """What networks would make of the words that their writer did not mean."""
    compiled = compile_words(source.text)
    try:
        text = render(compiled, context(setting, compiled.uses)).text
    except BadTemplate as bad:
        yield template_problem(bad, source)
        return
    where = source.where
    if text.startswith(("@", "＠")):
        yield _warning(
            where, "the words begin with a mention, so X shows them to few", "Put a word or a dot before it."
        )
    if "$" in text and len(CASHTAG.findall(text)) > 1:
        yield _warning(where, "there is more than one $TAG, which X refuses", "Keep one.")
    if "." in text:
        yield from _bare_links(text, where)
    if "#" in text or "＃" in text:
        yield from _tags(text, where)


def _bare_links(text: str, where: str) -> Iterator[Problem]:
    for start, end in links(text):
        if not text[start:end].lower().startswith(("http://", "https://")):
            yield _warning(
                where,
                f'networks take "{text[start:end]}" for a link',
                "Put a space after the full stop, or write the whole address with https://.",
            )


def _tags(text: str, where: str) -> Iterator[Problem]:
    for tag in TAG.findall(text):
        bare = tag.rstrip(".,;:!?)\"'”’…")
        if len(bare) > 1 and not HASHTAG.fullmatch(bare):
            yield _warning(
                where,
                f'"{bare}" is not linked whole on every network',
                "Use only letters, digits and _, a letter first.",
            )
        else:
            yield from _tag_shape(bare, where)
    for tag in GLUED.findall(text):
        yield _warning(
            where, f'"{tag}" is not linked everywhere, for a sign stands right before it', "Put a space before the #."
        )


def _tag_shape(tag: str, where: str) -> Iterator[Problem]:
    letters = [sign for sign in tag if sign.isalpha()]
    if len(letters) < 12 or not all(sign.isascii() for sign in letters):
        return
    if all(sign.islower() for sign in letters) or all(sign.isupper() for sign in letters):
        yield _warning(
            where, f'"{tag}" is hard to read aloud', "Begin each word with a capital: #FamiliesBelongTogether."
        )


def _warning(where: str, what: str, hint: str) -> Problem:
    return Problem(where, what, hint, "warning")


def _copies(posts: Iterable[Post]) -> Iterator[Problem]:
    """Wordings that differ from an earlier one only in marks, hashtags or case."""
    seen: dict[tuple[str, str], str] = {}
    for post in posts:
        for words in post.words.values():
            for source in words.wordings:
                same = (post.campaign, sameness(source.text))
                if same in seen:
                    yield _warning(
                        source.where,
                        f"these words stand in {seen[same]} already",
                        "Reword one of them; networks count copies as spam.",
                    )
                seen.setdefault(same, source.where)


def _review_config(app: App) -> Iterator[Problem]:
    where = "config.toml"
    whole, languages = (
        app.library.campaigns,
        {name: campaign.languages for name, campaign in app.library.campaigns.items()},
    )
    broken = {problem.where.split("/")[-2] for problem in app.library.problems if "/" in problem.where}
    for schedule in app.config.schedules:
        if schedule.campaign not in whole and schedule.campaign not in broken:
            yield Problem(
                where,
                f'a [[schedule]] names the campaign "{schedule.campaign}", which the library does not have',
                near(schedule.campaign, sorted(whole)),
            )
        for name in schedule.accounts if schedule.campaign in whole else ():
            language = app.config.accounts[name].language
            if language not in languages[schedule.campaign]:
                yield Problem(
                    where,
                    f'account "{name}" speaks {language}, and "{schedule.campaign}" has no posts in it',
                    f"It has: {', '.join(languages[schedule.campaign])}.",
                )
    for account in app.config.accounts.values():
        yield from _review_account(app, account.name)
    yield from _rhythm(app)


def _review_account(app: App, name: str) -> Iterator[Problem]:
    account = app.config.accounts[name]
    asks = {ask: limit for campaign in app.library.campaigns.values() for ask, limit in campaign.asks.items()}
    for fact, value in account.me.items():
        if fact in asks and width(value) > asks[fact].longest:
            yield Problem(
                "config.toml",
                f'account "{name}": me.{fact} is longer than {asks[fact].longest} letters',
                "Shorten it, or raise `longest` in campaign.toml.",
            )
    if app.networks[account.network].connect is None:
        yield _warning(
            "config.toml",
            f'account "{name}": this version cannot post to {app.networks[account.network].label} yet',
            "plan and rehearse show its words; share links work.",
        )
        return
    try:
        app.answers(account)
    except SignedOut as error:
        yield _warning("config.toml", str(error), "Until then the account stays silent.")


def _rhythm(app: App) -> Iterator[Problem]:
    """Whether the library is large enough for the timetable: four weeks are planned."""
    empty: dict[tuple[str, str], tuple[int, str]] = {}
    for planned in plan(app, app.clock(), 28):
        if planned.state == "skipped" and planned.reason.startswith("no post"):
            slot = planned.choice.slot
            count, _ = empty.get((slot.account, slot.campaign), (0, ""))
            empty[slot.account, slot.campaign] = (count + 1, planned.reason)
    for (account, campaign), (count, reason) in empty.items():
        yield _warning(
            "config.toml",
            f'account "{account}" has nothing to say for "{campaign}" at {count} of its times '
            f"in the next four weeks ({reason})",
            "Write more posts, shorten `rest`, or take times out of the timetable.",
        )
