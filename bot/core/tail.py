"""Tail: the links and hashtags behind the words of a post, told apart from those inside its sentences."""

from dataclasses import dataclass

import regex

from bot.core.links import links_with_scheme
from bot.core.schema import HASHTAG

# What stands between the parts of a tail, or around one, without being a word.
AROUND = "|,;·•–—()-"
# Letters of an address, and how many links and hashtags a tail has at most.
LONGEST, MOST = 2_000, 60
# Words that are whole without what follows them: a sentence, a hashtag, a picture.
WHOLE = regex.compile(r"[.!?…][\"”’»)\]*_]*\Z|(?:\p{Extended_Pictographic}|\p{Emoji_Modifier})\uFE0F?\Z")
POINTS = regex.compile(r"[:,;>→➡👉👇⬇🔗]\uFE0F?\Z|[-–—]\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """A text without its tail, the one link in the tail, and its hashtags."""

    words: str
    link: str = ""
    hashtags: tuple[str, ...] = ()

    @property
    def has_tail(self) -> bool:
        """Whether there is a link or a hashtag at the end, inside of a sentence or behind it."""
        return bool(self.link or self.hashtags or _ending(self.words)[0])


def apart(text: str) -> Tail:
    """Take the tail off: as much of it as leaves words that are whole, and no more than one link."""
    rest, link, tags = text.rstrip(), "", list[str]()
    best = Tail(words=rest)
    for _ in range(MOST):
        token, before = _ending(rest)
        if not token or (not token.startswith("#") and link):
            break
        if token.startswith("#"):
            tags.insert(0, token)
        else:
            link = token
        rest = before
        if _is_whole(rest, text):
            best = Tail(words=rest.rstrip(), link=link, hashtags=tuple(dict.fromkeys(tags)))
    return best


def is_tail(text: str) -> bool:
    """Whether a text is nothing but links and hashtags."""
    words = text.split()
    return 0 < len(words) <= MOST and all(_ending(word)[0] or not word.strip(AROUND) for word in words)


def _ending(text: str) -> tuple[str, str]:
    """(the hashtag or address at the end of a text or "", what stands before it)."""
    before, last = _last(text)
    bare = last.strip(AROUND)
    if len(bare) > LONGEST or not (HASHTAG.fullmatch(bare) or links_with_scheme(bare) == [(0, len(bare))]):
        return "", text
    rest, sign = _last(before)
    return bare, rest if sign and not sign.strip(AROUND) else before


def _last(text: str) -> tuple[str, str]:
    """(what stands before the last word, the last word)."""
    last = text.rsplit(None, 1)[-1] if text and not text.isspace() else ""
    rest = text.rstrip()
    return rest[: len(rest) - len(last)].rstrip(), last


def _is_whole(words: str, text: str) -> bool:
    """Whether words stand well without what followed them in `text`."""
    end = words[-20:]
    if not words or (WHOLE.search(end) and not POINTS.search(end)):
        return True
    if _ending(words)[0]:
        return True
    return text[len(words) :].lstrip(" ").startswith("\n") and not POINTS.search(end)
