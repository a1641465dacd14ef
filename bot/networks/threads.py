"""Threads: a share link only."""

from urllib.parse import quote

from bot.core.network import Answers, Counting, Network
from bot.core.post import Variant


def share(variant: Variant, answers: Answers) -> str:
    # <https://developers.facebook.com/documentation/threads/threads-web-intents>
    return "https://www.threads.com/intent/post?text=" + quote(variant.text, safe="")


NETWORK = Network(
    name="threads",
    label="Threads",
    # An emoji costs its bytes: <https://developers.facebook.com/documentation/threads/posts>.
    counting=Counting(limit=500, unit="emoji bytes"),
    share=share,
    # A post has one topic: <https://developers.facebook.com/documentation/threads/threads-web-intents>.
    hashtags=1,
)
