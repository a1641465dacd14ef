"""E-mail: a draft in the supporter's own mail program; nothing is sent from here."""

from urllib.parse import quote, urlencode

from bot.core.network import Answers, Counting, Network
from bot.core.post import Variant


def share(variant: Variant, answers: Answers) -> str:
    # A line ends in CR and LF: <https://www.rfc-editor.org/rfc/rfc6068#section-5>.
    params = {"subject": variant.title, "body": variant.text.replace("\n", "\r\n")}
    return "mailto:?" + urlencode(params, quote_via=quote, safe="")


NETWORK = Network(
    name="email",
    label="E-mail",
    # Browsers cut a longer draft: <https://newbedev.com/effective-maximum-mailto-body-lengths>.
    counting=Counting(limit=2000),
    share=share,
    hashtags=0,
)
