"""Tumblr: a share link to a text post whose hashtags are tags of their own."""

from urllib.parse import quote, urlencode

from bot.core.network import Answers, Counting, Network
from bot.core.post import Variant


def share(variant: Variant, answers: Answers) -> str:
    # <https://help.tumblr.com/share-button-documentation>
    params = {
        "posttype": "text",
        "canonicalUrl": variant.link,
        "content": _without_tags(variant),
        "tags": ",".join(tag.removeprefix("#") for tag in variant.hashtags),
    }
    return "https://www.tumblr.com/widgets/share/tool?" + urlencode(params, quote_via=quote, safe="")


def _without_tags(variant: Variant) -> str:
    """The text without its last row, which Tumblr makes itself from the tags."""
    row = " ".join(variant.hashtags)
    return variant.text.removesuffix(row).removesuffix("\n")


NETWORK = Network(
    name="tumblr",
    label="Tumblr",
    # One text block: <https://github.com/tumblr/docs/blob/master/npf-spec.md>.
    counting=Counting(limit=4096),
    share=share,
    needs_link=True,
    layout=(("words",), ("link",), ("hashtags",)),
    hashtags=3,
)
