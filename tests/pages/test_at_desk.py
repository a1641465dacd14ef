"""On the desk a reason names no command, for the button that does it stands beside."""

import pytest

from bot.pages import _environment
from bot.pages.at_desk import at_desk


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("paused", "paused"),
        ("nobody has let this account begin; if its week is right: handbill account start town",
         "nobody has let this account begin"),
        ("nobody let this account begin (handbill account start town) in time",
         "nobody let this account begin in time"),
        ("nadie puso en marcha esta cuenta a tiempo (handbill account start town)",
         "nadie puso en marcha esta cuenta a tiempo"),
        ("nobody was running at its time, and now it is too late for it (`late` in config.toml)",
         "nobody was running at its time, and now it is too late for it"),
        ("a su hora Handbill no estaba funcionando (`late` en config.toml)",
         "a su hora Handbill no estaba funcionando"),
        ("That time is past. To say it at once: handbill delivery now 7", "That time is past."),
        ("There is no delivery 7. See: handbill delivery list", "There is no delivery 7."),
        ("Delivery 7 is sent: to take it back: handbill delivery withdraw 7", "Delivery 7 is sent"),
        ('"x" names no delivery. Write the number that `handbill delivery list` shows, or a time: A/B',
         '"x" names no delivery.'),
        ("its keys are another's. Put the right ones back; or look at its week and run: handbill account start town.",
         "its keys are another's. Put the right ones back."),
        ("It is not there:\nhandbill delivery settle 7\nGo on.", "It is not there:\nGo on."),
        ("Handbill runs. Look at [heartbeat] in config.toml.", "Handbill runs. Look at [heartbeat] in config.toml."),
        ("See: handbill post list", ""),
    ],
)  # fmt: skip
def test_what_only_leads_to_a_command_is_left_out(words: str, said: str) -> None:
    assert at_desk(words) == said


def test_a_page_says_reasons_so_in_either_language() -> None:
    reason = "nobody has let this account begin; if its week is right: handbill account start town"
    shown = {language: _environment(language).from_string("{{ words|sentence }}") for language in ("en", "es")}
    assert shown["en"].render(words=reason) == "nobody has let this account begin"
    assert shown["es"].render(words=reason) == "nadie ha puesto en marcha esta cuenta"
    assert shown["es"].render(words="See: handbill post list") == ""
