"""Telegram: a share link only; the message is the address, a line break, then the words."""

from urllib.parse import quote, urlencode

from bot.core.network import Answers, Counting, Network
from bot.core.post import Variant


def share(variant: Variant, answers: Answers) -> str:
    # `url` stands first and must be there, `text` need not: <https://core.telegram.org/api/links#share-links>.
    return "https://t.me/share/url?" + urlencode(_apart(variant), quote_via=quote, safe="")


def _apart(variant: Variant) -> dict[str, str]:
    """The link and what follows it; a text that does not begin with the link stays in one piece."""
    first = variant.link + "\n"
    if variant.link and variant.text.startswith(first):
        return {"url": variant.link, "text": variant.text.removeprefix(first)}
    return {"url": variant.text}


NETWORK = Network(
    name="telegram",
    label="Telegram",
    # <https://core.telegram.org/bots/api#sendmessage>, counted as <https://core.telegram.org/api/entities>
    counting=Counting(limit=4096, unit="utf16"),
    share=share,
    layout=(("link",), ("words", "hashtags")),
    hashtags=0,
)
