"""What of a document may be posts: where it says so, there; what is none has a reason beside it."""

import pytest

from bot.core.blocks import blocks_of, rows_of
from bot.core.draft import Row
from bot.core.sift import sift, title

NETWORKS = ("Murmur", "The Square")


def sifted(text: str) -> tuple[list[str], dict[str, str]]:
    chosen, aside = sift(list(blocks_of(rows_of(text))), networks=NETWORKS)
    return [block.text for block in chosen], {one.text: one.why for one in aside}


TOOLKIT = """\
Clean water week

Contents
1. Background
2. Sample posts

Background
The river is the town's, and this tells how you can help.

Key messages
• Nobody asked us.
• The river is ours.

{heading}
• We swim in this river. Will you?
• Two mills, one river.

Graphics
https://example.org/pictures

Contact
Ana Ruiz, ana@example.org
"""


@pytest.mark.parametrize(
    "heading", ["Sample posts", "Mensajes de muestra", "Tweets:", "For Murmur", "Here are example posts to share:"]
)
def test_where_a_document_announces_its_posts_only_those_are(heading: str) -> None:
    chosen, aside = sifted(TOOLKIT.format(heading=heading))
    assert chosen == ["We swim in this river. Will you?", "Two mills, one river."]
    assert aside["Nobody asked us."] == "it stands outside of what the document calls sample posts"
    assert aside["Ana Ruiz, ana@example.org"] == "a heading"


def test_without_an_announcement_each_bullet_is_one() -> None:
    chosen, _ = sifted("The river\n\nWhy we care\n• Nobody asked us.\n• The river is ours.\n")
    assert chosen == ["Nobody asked us.", "The river is ours."]


def test_headings_right_below_an_announcement_are_parts_of_it() -> None:
    text = "Water\n\nSample posts\n\nFacts\n- Two mills.\n- One river.\n\nAction\n- Come.\n- Swim.\n"
    assert sifted(text)[0] == ["Two mills.", "One river.", "Come.", "Swim."]
    assert sifted("# Water\n# Sample posts\n## Facts\n- Two mills.\n# Notes\n- Ask Ana.\n")[0] == ["Two mills."]


def test_a_sentence_may_announce_what_follows_it() -> None:
    leads = "Write to the people who run the mills on our river. Here is a sample post:"
    chosen, aside = sifted(f"We ask for help.\n\n{leads}\n\nDear mill, please stop.\n\nThanks\n\nWe did it.\n")
    assert chosen == ["Dear mill, please stop."]
    assert aside[leads] == "it leads to what follows"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "- Ana Ruiz, River Friends\n- Bo Lee, Mill Street School\n- Somebody, their title",
            "a name, or a list of names",
        ),
        ("12 Mill Street\nSuite 350\nSpringfield", "a name, or a list of names"),
        ("You can help with:\n- swimming in the river\n- counting the mills.", "it ends the sentence above it"),
        ("- Background ......... 3", "from the table of contents"),
        ("Dear Editor,\nThe river is ours.\nSincerely,\nAna Ruiz", "part of a letter"),
        ("(510) 555-0100", "no words"),
        ("The river is ours, and nobody asked. " * 12, "more than 400 letters, so rather part of an article"),
    ],
    ids=["names", "address", "end of a sentence", "contents", "letter", "number", "article"],
)
def test_what_does_not_look_like_a_post_is_left_aside(text: str, why: str) -> None:
    chosen, aside = sifted(f"{text.strip()}\n\nThe end is here.\n")
    assert "The end is here." in chosen and len(chosen) == 1
    assert why in aside.values()


def test_a_letter_goes_from_its_greeting_to_its_farewell() -> None:
    text = "Dear Senator,\n\nThe river is ours.\n\nPlease vote for it.\n\nSincerely,\nAna\n\nWe swim on Sunday.\n"
    chosen, aside = sifted(text)
    assert chosen == ["We swim on Sunday."] and set(aside.values()) == {"part of a letter"}


def test_a_hashtag_or_a_link_at_its_end_makes_a_long_text_a_post() -> None:
    assert len(sifted("The river is ours, and nobody asked. " * 12 + "#River")[0]) == 1


def test_nothing_is_lost() -> None:
    rows = list(blocks_of(rows_of(TOOLKIT.format(heading="Sample posts"))))
    found = [one.text for some in sift(rows, networks=NETWORKS) for one in some]
    assert sorted(" ".join(found).split()) == sorted(" ".join(row.text for row in rows).split())


def called(*rows: Row, posts: tuple[int, ...] = ()) -> str:
    return title(rows, posts, NETWORKS)


def test_the_title_is_the_first_heading_that_names_the_whole() -> None:
    heading = Row(2, "Clean water week", "heading", level=1)
    assert called(Row(1, "top of page"), heading) == "Clean water week"
    assert called(Row(1, "Sample posts"), Row(2, "Murmur"), heading) == "Clean water week"
    assert called(Row(1, "Clean water"), heading) == "Clean water"
    assert called(Row(1, "River Friends"), Row(2, "Clean water", "heading", level=0)) == "Clean water"


def test_what_stands_below_the_first_post_is_no_title() -> None:
    assert called(Row(1, "We swim in this river."), Row(2, "Clean water week"), posts=(1,)) == ""
