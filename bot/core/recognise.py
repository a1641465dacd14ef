"""Tell which post of a library a text on an account is."""

from collections.abc import Iterable
from dataclasses import replace

from bot.core.choice import Speaker
from bot.core.facts import Setting
from bot.core.fit import candidates, told
from bot.core.post import Campaign, Post, Variant
from bot.core.render import BadTemplate
from bot.core.rotate import sameness


def recognise(
    text: str, speaker: Speaker, setting: Setting, campaign: Campaign, posts: Iterable[Post]
) -> tuple[Post, int, Variant] | None:
    """The post and wording (from 1) of `campaign` that a text is, links and hashtags aside; None if it is none.

    `setting` holds the day on which it was said; its campaign is replaced.
    """
    wanted, language = sameness(text), speaker.voice.language
    if wanted == sameness(""):
        return None
    here = replace(setting, campaign=campaign, target=next(iter(campaign.targets.values()), None))
    for post in posts:
        words = post.words.get(language)
        for wording in range(1, len(words.wordings) + 1) if words else ():
            if any(sameness(one) == wanted for one in _texts(post, wording, here)):
                return post, wording, Variant(text=text, words=text, language=language)
    return None


def _texts(post: Post, wording: int, setting: Setting) -> Iterable[str]:
    for source in candidates(post, wording, setting):
        try:
            yield told(source, setting).text
        except BadTemplate:
            continue
