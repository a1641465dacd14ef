"""WhatsApp: a share link only; there is no account to post to."""

from urllib.parse import quote, urlencode

from bot.core.network import Answers, Counting, Network
from bot.core.post import Variant


def share(variant: Variant, answers: Answers) -> str:
    # Without a number people choose the chat: <https://faq.whatsapp.com/5913398998672934>.
    return "https://wa.me/?" + urlencode({"text": variant.text}, quote_via=quote, safe="")


NETWORK = Network(
    name="whatsapp",
    label="WhatsApp",
    # <https://developers.sinch.com/docs/conversation/message-types/text-message>
    counting=Counting(limit=4096, unit="utf16"),
    share=share,
    hashtags=0,
)
