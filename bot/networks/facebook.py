"""Facebook: a share link for an address only; people paste the words themselves."""

from urllib.parse import quote, urlencode

from bot.core.network import Answers, Counting, Network
from bot.core.post import Variant


def share(variant: Variant, answers: Answers) -> str:
    # One hashtag, with its #, is all that the dialog takes beside the address.
    # <https://developers.facebook.com/docs/sharing/reference/share-dialog>
    params = {"u": variant.link}
    if variant.hashtags:
        params["hashtag"] = variant.hashtags[0]
    return "https://www.facebook.com/sharer/sharer.php?" + urlencode(params, quote_via=quote, safe="")


NETWORK = Network(
    name="facebook",
    label="Facebook",
    # Facebook publishes no number; others measured it: <https://ferryman.io/character-limits/facebook>.
    counting=Counting(limit=63206),
    share=share,
    carries_text=False,
    needs_link=True,
    hashtags=2,
)
