"""Values of the pages answer what templates ask."""

from bot.pages.values import Box, Button


def button(name: str, room: str = "") -> Button:
    return Button(network=name, label=name.title(), url="", text="", said="", room=room)


def test_a_box_names_its_networks_and_copies_what_carries_words() -> None:
    box = Box(words="", template="", first=(button("one"),), more=(button("two", "10 10"),), adds=())
    assert box.names == "One, Two" and box.said.network == "two"


def test_a_box_of_networks_that_carry_no_words_copies_the_first() -> None:
    assert Box(words="", template="", first=(), more=(button("one"),), adds=()).said.network == "one"
