"""What the rest of the program may know about a social network."""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from bot.core.post import Receipt, Variant

Unit = Literal["characters", "graphemes", "weighted", "emoji bytes", "utf16", "segments"]
"""How a network counts: code points; user-perceived characters; X's weights; code points with
each emoji at its UTF-8 bytes; UTF-16 units; SMS segments."""

LinkCost = Literal["full", "shortened"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """How a network counts a text: data, so that the program and a page's script can share it.

    `link` is what a link costs: a number whatever its length, "shortened" as a composer shows
    it (no scheme, long paths cut), or "full". `bare_links`: a domain without scheme is a link
    too. `bytes` is a second limit, in UTF-8 bytes. `local_mentions`: "@ana@example.org" costs
    what "@ana" costs.
    """

    limit: int
    unit: Unit = "characters"
    link: int | LinkCost = "full"
    bare_links: bool = False
    bytes: int | None = None
    local_mentions: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """What a network takes as a picture: at most so many bytes, this width, height, number of pixels; of these types.

    None: no limit but that of `bytes`. `alt` is how many letters its description may have.
    """

    bytes: int = 5_000_000
    width: int | None = None
    height: int | None = None
    pixels: int | None = None
    types: tuple[str, ...] = ("image/jpeg", "image/png")
    alt: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A stretch of a text that a network turns into something to tap; `text` as written, with # or @."""

    kind: Literal["link", "hashtag", "mention", "cashtag"]
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing a person must tell us, such as a server or a token.

    A secret never stands in config.toml: only where it is to be found, NAME_env or NAME_file.
    A `path` counts from the folder of config.toml.
    """

    name: str
    help: str
    example: str = ""
    default: str = ""
    secret: bool = False
    required: bool = True
    path: bool = False


Answers = Mapping[str, str]
"""What an organizer or a supporter told, by the name of the Field."""
Memory = MutableMapping[str, str]
"""What a network remembers of one account from run to run, such as a session; kept encrypted."""
Payload = Mapping[str, Any]
"""A post as it will go over the wire, as JSON can hold it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a network says of an account of ours right now.

    `labelled`: whether it is marked as automated, None where nobody can ask. `ends`: when the
    access ends by itself. `rules`: the server's own, one a string. `notes`: what else a person
    should know, whole sentences.
    """

    handle: str
    url: str = ""
    labelled: bool | None = None
    ends: datetime | None = None
    rules: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A post that stands on an account: its receipt, and its words as they were sent, as far as the network tells.

    `at` is when it was posted, in UTC.
    """

    receipt: Receipt
    text: str
    at: datetime


class Publisher(Protocol):
    """An open door to one account on one network. An ability it lacks is None.

    Every call may raise one of the four errors of `bot.core.problem`; no message of theirs holds
    a secret.
    """

    def whoami(self) -> str:
        """Return the account's lasting id; raise SignedOut if it is not ours any more."""

    def look(self) -> Standing:
        """Ask how the account stands, and refresh what `memory` keeps of the server's limits."""

    def prepare(self, variant: Variant, key: str, at: datetime) -> Payload:
        """Do all that can be done before anything is public; repeatable.

        `key` names the delivery at every try and on every machine, `at` is its slot's instant:
        ids and dates that a network lets us choose are derived from these two.
        """

    def publish(self, payload: Payload, key: str) -> Receipt:
        """Post `payload`, for the first time."""

    @property
    def repeat(self) -> Callable[[Payload, str], Receipt] | None:
        """Post `payload` where an earlier `publish` may have arrived: it is there once afterwards, or not at all."""

    @property
    def find(self) -> Callable[[Payload, str], Receipt | None] | None:
        """Look whether an earlier `publish` of `payload` arrived."""

    @property
    def recent(self) -> Callable[[str], list[Said]] | None:
        """The account's own posts after the one with this id, newest first, at most 40; "" for no bound.

        Answers to others and what it passed on are not among them.
        """

    @property
    def delete(self) -> Callable[[Receipt], None] | None:
        """Take a post back; one that is gone already is no error."""

    @property
    def label(self) -> Callable[[], None] | None:
        """Mark the account as automated."""


class Talk(Protocol):
    """A conversation with the person who connects an account."""

    def ask(self, asked: Field) -> str:
        """Ask for one thing; a secret is not shown while it is typed."""

    def tell(self, words: str) -> None:
        """Say something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A sign-in that waits for a person: the page of `site` on which they say yes; what `finish` needs, secrets too."""

    page: str
    site: str
    kept: Answers = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """How a person gives Handbill a key to an account on a page of its network, which shows them a `code` then.

    `asks`: what they must tell before. `begin` takes that and opens the way; `finish` takes what
    was kept of it and the code, perhaps in another process, and gives the account's answers, by the
    name of the Field. Both raise a NetworkError.
    """

    asks: tuple[Field, ...]
    code: Field
    begin: Callable[[Answers], Begun]
    finish: Callable[[Answers, str], dict[str, str]]


PartName = Literal["words", "hashtags", "link"]
Layout = tuple[tuple[PartName, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """All facts and abilities of one network. An ability it lacks is None.

    `layout` says how a post is put together: lines of parts, parts joined by a space, absent
    ones left out. `hashtags` is how many are customary there. `carries_text` False: the share
    link carries no words, people copy them first. `needs_link`: nothing can be shared without
    a link. `entities` finds what the network would link in a text. `practice`: nobody outside
    reads what is said there. `finds_surely`: what a publisher's `find` does not find was never
    posted. `adapt`: how much room there is for an account's words, and how they count, from its
    memory and its answers (those in config.toml, so none of the secrets). `price`: what a post
    costs there, in US dollars. `reading_cost`: the most that reading cost in a month ("2026-11"), in
    US dollars, from an account's memory. `may_mention`: how many people an automated post may name
    there, `mention_rule` the address of the rule. `client`: the library that `connect` imports.
    `sign_in`: how a person gives a key to an account; without it each Field is asked for.
    `repeat_within`: a publisher's `repeat` is harmless so long after the slot, always if None.
    `label_page`: the network's page on how a person marks an account as automated, where no program can.
    """

    name: str
    label: str
    counting: Counting
    share: Callable[[Variant, Answers], str] | None = None
    share_fields: tuple[Field, ...] = ()
    carries_text: bool = True
    needs_link: bool = False
    layout: Layout = (("words", "hashtags"), ("link",))
    hashtags: int = 3
    entities: Callable[[str], list[Entity]] | None = None
    may_mention: int = 0
    mention_rule: str = ""
    label_page: str = ""
    practice: bool = False
    finds_surely: bool = False
    connect: Callable[[Answers, Memory], Publisher] | None = None
    client: str = ""
    sign_in: SignIn | None = None
    repeat_within: timedelta | None = None
    adapt: Callable[[Mapping[str, str], Answers], Counting] | None = None
    pictures: Pictures = Pictures()
    price: Callable[[Variant], float] | None = None
    reading_cost: Callable[[Mapping[str, str], str], float] | None = None
    fields: tuple[Field, ...] = ()
