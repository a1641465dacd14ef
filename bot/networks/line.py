"""LINE: a share link only; it opens the app and people choose the chat."""

from urllib.parse import quote, urlencode

from bot.core.network import Answers, Counting, Network
from bot.core.post import Variant


def share(variant: Variant, answers: Answers) -> str:
    # <https://developers.line.biz/en/docs/line-login/using-line-url-scheme/>
    return "https://line.me/R/share?" + urlencode({"text": variant.text}, quote_via=quote, safe="")


NETWORK = Network(
    name="line",
    label="LINE",
    # <https://developers.line.biz/en/reference/messaging-api/#text-message>, in the unit of
    # <https://developers.line.biz/en/docs/messaging-api/text-character-count/>
    counting=Counting(limit=5000, unit="utf16"),
    share=share,
    hashtags=0,
)
