"""What a text says of itself: advice, letters, calls, parts of web pages; a post says nothing of the kind."""

import pytest

from bot.core.says import ADVICE, CALL, MADE, NAMES, PAGE, PRINT, TO_COME, says, says_of_rest


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Recent Posts\nSearch by tags\nBottom of page", PAGE),
        ("Photo by Ana Ruiz/River News", MADE),
        ("Ana María Ruiz is a nurse in Springfield. She serves on the board.", MADE),
        ("The text of our solution goes here.", TO_COME),
        ("© 2026 River Friends. All rights reserved.", PRINT),
        ("Hello, my name is [NAME], and I am a constituent from [CITY].", CALL),
        ("Hola, me llamo [NOMBRE] y estoy llamando por el río.", CALL),
        ("Please share these with your friends.", ADVICE),
        ("Comparte estos mensajes con tus amistades.", ADVICE),
        ("Copy and paste what follows.", ADVICE),
    ],
)
def test_what_is_no_post_says_so(text: str, why: str) -> None:
    assert says(text) == why


@pytest.mark.parametrize(
    "text",
    [
        "Share your story, and tell the council what you saw.",
        "My name is [NAME], and I swim in this river.",
        "Home is where the river is.",
        "Use the bus. It is for all of us.",
        "Ana Ruiz is right: the river is ours.",
        "Tell the mayor to read our petition: https://example.org/sign",
    ],
)
def test_a_post_does_not(text: str) -> None:
    assert says(text) == ""


def test_a_heading_tells_what_stands_below_it() -> None:
    assert (says_of_rest("Call script:"), says_of_rest("Our partners")) == (CALL, NAMES)
    assert says_of_rest("Sample posts") == says_of_rest("The river") == ""
