"""Instagram: no share link exists; people copy the words, save the picture and open it."""

from bot.core.network import Answers, Counting, Network
from bot.core.post import Variant


def share(variant: Variant, answers: Answers) -> str:
    return "https://www.instagram.com/"


NETWORK = Network(
    name="instagram",
    label="Instagram",
    # <https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media>
    counting=Counting(limit=2200),
    share=share,
    carries_text=False,
    # <https://www.socialmediatoday.com/news/instagrams-implementing-new-limits-on-hashtag-use/808309/>
    hashtags=5,
)
