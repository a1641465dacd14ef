"""SMS: a draft in the supporter's own phone; nothing is sent from here."""

from urllib.parse import quote, urlencode

from bot.core.network import Answers, Counting, Network
from bot.core.post import Variant


def share(variant: Variant, answers: Answers) -> str:
    # One phone reads what follows "?", another what follows "&": <https://github.com/flutter/flutter/issues/18823>.
    return "sms:?&" + urlencode({"body": variant.text}, quote_via=quote, safe="")


NETWORK = Network(
    name="sms",
    label="SMS",
    # About 1,600 letters: <https://www.twilio.com/docs/glossary/what-sms-character-limit>.
    counting=Counting(limit=10, unit="segments"),
    share=share,
    hashtags=0,
)
