"""Pinterest: a share link that pins a picture of the page behind the link."""

from urllib.parse import quote, urlencode

from bot.core.network import Answers, Counting, Network
from bot.core.post import Variant


def share(variant: Variant, answers: Answers) -> str:
    # Without `media` people choose a picture of the page: <https://developers.pinterest.com/docs/web-features/buttons/>.
    params = {"url": variant.link, "description": variant.text}
    return "https://www.pinterest.com/pin/create/button/?" + urlencode(params, quote_via=quote, safe="")


NETWORK = Network(
    name="pinterest",
    label="Pinterest",
    # <https://bulkpublish.com/blog/pinterest-character-limit/>
    counting=Counting(limit=500),
    share=share,
    needs_link=True,
    layout=(("words", "hashtags"),),  # The link is the pin's own; it does not stand in the description.
    hashtags=3,
)
