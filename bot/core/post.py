"""The nouns of the program: campaigns, posts, their exact words."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

Texts = Mapping[str, str]
"""One text in several languages, by language; the key "" holds for all of them."""


def say(texts: Texts, language: str) -> str:
    """The text in `language`, else the one for all, else the first there is, else ""."""
    if language in texts:
        return texts[language]
    return texts.get("") or next(iter(texts.values()), "")


def language_of(texts: Texts, language: str, first: str) -> str:
    """The language of what `say` gives for `language`; what is written once is in the `first`."""
    if language in texts or not texts:
        return language
    return first if "" in texts else next(iter(texts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A fact that a supporter may tell; choices are whole phrases by key."""

    label: Texts
    hint: Texts = field(default_factory=dict)
    longest: int = 30
    choices: Mapping[str, Texts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Somebody in public office, or a public body, that a campaign speaks to."""

    name: Texts
    handles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashtags:
    """A campaign's hashtags, with their #: `always` first, then `rotate` taking turns."""

    always: tuple[str, ...] = ()
    rotate: tuple[str, ...] = ()
    at_most: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A cause with its facts; `languages` holds the source language first.

    `reached` is how much of the goal there is. `colour` ("#1f6f6b") and `logo` (a path) are what
    its share pages look like.
    """

    name: str
    title: Texts
    languages: tuple[str, ...]
    where: str
    about: Texts = field(default_factory=dict)
    organizer: str = ""
    paid_by: str = ""
    goal: int | None = None
    reached: int | None = None
    colour: str = ""
    logo: str = ""
    links: Mapping[str, Texts] = field(default_factory=dict)
    hashtags: Hashtags = field(default_factory=Hashtags)
    asks: Mapping[str, Ask] = field(default_factory=dict)
    targets: Mapping[str, Target] = field(default_factory=dict)
    starts: date | None = None
    until: date | None = None
    networks: tuple[str, ...] = ()
    utm: Mapping[str, str] | None = None
    sample: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One way to word a post: a template, and where it was written."""

    text: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A post's words in one language: its wordings, and what may stand in for them."""

    wordings: tuple[Wording, ...]
    short: Wording | None = None
    own: Mapping[str, Wording] = field(default_factory=dict)
    title: Wording | None = None
    alt: str = ""

    @property
    def all(self) -> tuple[Wording, ...]:
        """Everything in it that is worded."""
        return (*self.wordings, *self.own.values(), *filter(None, (self.short, self.title)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture: its file (a path), and its words for those who do not see it."""

    file: str
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a post's facts come from."""

    text: str
    url: str = ""
    date: datetime.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One thing to say, in one or more languages."""

    campaign: str
    name: str
    words: Mapping[str, Words]
    where: str
    digest: str = ""
    tags: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    link: str = ""
    image: str = ""
    source: Source | None = None
    rest: timedelta | None = None
    at_most: int | None = None
    starts: date | None = None
    until: date | None = None
    weight: int = 1
    only: tuple[str, ...] = ()
    never: tuple[str, ...] = ()

    def is_for(self, network: str) -> bool:
        """Whether it may stand on a network, by the network's name."""
        return (not self.only or network in self.only) and network not in self.never


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One post in its exact words for one network, ready to go out.

    `text` is what will stand there, link and hashtags in it; `words`, `link` and `hashtags`
    are its parts. `warning` is what readers see first, where the network hides the rest behind
    it until they ask for more. Until a supporter's facts are filled in, `text` and `words` hold
    a mark for each, and `fields` its name and fallback.
    """

    text: str
    words: str = ""
    link: str = ""
    hashtags: tuple[str, ...] = ()
    title: str = ""
    language: str = "en"
    warning: str = ""
    image: Image | None = None
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a network gives back for a post it took."""

    id: str
    url: str = ""
