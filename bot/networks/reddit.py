"""Reddit: a share link to a text post with a title; people choose the community."""

from urllib.parse import quote, urlencode

from bot.core.network import Answers, Counting, Network
from bot.core.post import Variant


def share(variant: Variant, answers: Answers) -> str:
    # `selftext` asks for a text post.
    # <https://github.com/reddit-archive/reddit/blob/master/r2/r2/controllers/front.py>
    params = {"selftext": "true", "title": variant.title, "text": variant.text}
    return "https://www.reddit.com/submit?" + urlencode(params, quote_via=quote, safe="")


NETWORK = Network(
    name="reddit",
    label="Reddit",
    # <https://github.com/reddit-archive/reddit/blob/master/r2/r2/models/link.py>
    counting=Counting(limit=40000),
    share=share,
    hashtags=0,
)
