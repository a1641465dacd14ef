"""LinkedIn: a share link for an address only; people paste the words themselves."""

from urllib.parse import quote, urlencode

from bot.core.network import Answers, Counting, Network
from bot.core.post import Variant


def share(variant: Variant, answers: Answers) -> str:
    # Title and summary are dropped without a word: <https://github.com/nygardk/react-share/issues/313>.
    query = urlencode({"url": variant.link}, quote_via=quote, safe="")
    return "https://www.linkedin.com/sharing/share-offsite/?" + query


NETWORK = Network(
    name="linkedin",
    label="LinkedIn",
    # <https://www.ayrshare.com/docs/apis/post/social-networks/linkedin>
    counting=Counting(limit=3000),
    share=share,
    carries_text=False,
    needs_link=True,
    hashtags=3,
)
