"""What the rest of the program may know about a social network."""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Literal, Protocol

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
Memory = MutableMapping[str, str]


class Publisher(Protocol):
    """An open door to one account on one network."""

    def whoami(self) -> str:
        """Return the account's lasting id; raise SignedOut if it is not ours any more."""

    def prepare(self, variant: Variant, key: str) -> Mapping[str, object]:
        """Do all that can be done before anything is public; repeatable. The result is JSON."""

    def publish(self, payload: Mapping[str, object], key: str) -> Receipt:
        """Post `payload` once; `key` is the same each time the same delivery is tried."""

    def find(self, payload: Mapping[str, object], key: str) -> Receipt | None:
        """Look whether an earlier `publish` with this key arrived."""


PartName = Literal["words", "hashtags", "link"]
Layout = tuple[tuple[PartName, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """All facts and abilities of one network. An ability it lacks is None.

    `layout` says how a post is put together: lines of parts, parts joined by a space, absent
    ones left out. `hashtags` is how many are customary there. `carries_text` False: the share
    link carries no words, people copy them first. `needs_link`: nothing can be shared without
    a link. `practice`: nobody outside reads what is said there. `finds_surely`: what a
    publisher's `find` does not find was never posted. `entities` finds what the network would link in a text.
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
    practice: bool = False
    finds_surely: bool = False
    connect: Callable[[Answers, Memory], Publisher] | None = None
    fields: tuple[Field, ...] = ()
