"""How a share link is made around its words: learnt from the network itself, for a page to put others in."""

from dataclasses import dataclass, replace
from urllib.parse import quote

from bot.core.fit import compose
from bot.core.measure import measure
from bot.core.network import Answers, Counting, Network
from bot.core.post import Variant

MARK = "\ue000"
"""Stands for the words; no words of ours hold it."""
QUOTED = quote(MARK)
# So many UTF-16 units surely go into one of several SMS: 67, less one that a letter of two would lose.
UNITS_PER_SMS = 66


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A share link around the words: `head` and `tail`, and how it writes a new line."""

    head: str
    newline: str
    tail: str

    def around(self, words: str) -> str:
        """The link with these words in it."""
        encoded = quote(words, safe="").replace("%0A", self.newline)
        return self.head + encoded + self.tail


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """What stands around the words of a variant.

    `text` is what will be said, with MARK for the words. `link` is None where the share link
    carries no words. `other` is the link where the words hold the post's address already, if that
    is not `link` without it. `room`: how many units of the network's counting the words may have,
    and how many if they hold the address. `bytes`: the same in UTF-8 bytes where there is such a
    limit. `asked` is the head of the link to a supporter's own server, MARK for its name.
    """

    text: str
    link: Link | None = None
    other: str = ""
    room: tuple[int, int] = (0, 0)
    bytes: tuple[int, int] | None = None
    asked: str = ""


def pattern(network: Network, variant: Variant) -> Pattern:
    """Take a network's text and link apart; raises ValueError where its link cannot be."""
    text, bare = (compose(network, MARK, variant.hashtags, link) for link in (variant.link, ""))
    room, in_bytes = (_room(text, network.counting), _room(bare, network.counting)), None
    if limit := network.counting.bytes:
        in_bytes = (limit - _bytes(text), limit - _bytes(bare))
    found = Pattern(text=text, room=room, bytes=in_bytes)
    if network.share is None or not network.carries_text:
        return found
    whole, without = (_apart(network, variant, link, {}) for link in (variant.link, ""))
    other = "" if without == less(whole, variant.link) else without.head + MARK + without.tail
    return replace(found, link=whole, other=other, asked=_asked(network, variant, whole))


def less(link: Link, address: str) -> Link:
    """The link without the row in which the post's address stands, before or after the words."""
    row = quote(address, safe="")
    return replace(
        link,
        head=link.head.removesuffix(row + link.newline),
        tail=link.tail.replace(link.newline + row, "", 1) if address else link.tail,
    )


def _apart(network: Network, variant: Variant, address: str, answers: Answers) -> Link:
    words = f"{MARK}\n{MARK}"
    probe = replace(variant, words=words, text=compose(network, words, variant.hashtags, address), fields=())
    assert network.share is not None
    pieces = network.share(probe, answers).split(QUOTED)
    if len(pieces) != 3:
        raise ValueError(f"the share link of {network.label} does not hold the words as they are")
    return Link(head=pieces[0], newline=pieces[1], tail=pieces[2])


ANYWHERE = "answer.invalid"


def _asked(network: Network, variant: Variant, usual: Link) -> str:
    if not network.share_fields:
        return ""
    own = _apart(network, variant, variant.link, {network.share_fields[0].name: ANYWHERE})
    if (own.newline, own.tail) != (usual.newline, usual.tail):
        raise ValueError(f"the share links of {network.label} differ in more than where they lead")
    return own.head.replace(ANYWHERE, MARK)


def _room(text: str, counting: Counting) -> int:
    """How many units are left for the words."""
    one, whole = "o", text.replace(MARK, "o")
    if counting.unit == "segments":
        return counting.limit * UNITS_PER_SMS - (measure(whole, UTF16) or 0) + 1
    return counting.limit - (measure(whole, counting) or 0) + (measure(one, counting) or 0)


UTF16 = Counting(limit=0, unit="utf16")


def _bytes(text: str) -> int:
    return len(text.replace(MARK, "").encode())
