"""Heartbeat: show a monitor outside that the engine lives."""

from bot.app import App
from bot.core.notice import Trouble
from bot.core.problem import NetworkError
from bot.http import call

NAME = "heartbeat"
# For the whole call, in seconds.
DEADLINE = 10.0


def show_life(app: App, *, ask: bool) -> str:
    """Touch the file and, if `ask`, the address that the config names; what is wrong with that, in words, told once.

    "" if all is well, or was told before.
    """
    faults = [*_touched(app), *(_asked(app) if ask else ())]
    before, words = app.store.troubles().get(NAME), "; ".join(faults)
    if not words and before and ask:
        app.store.trouble(NAME, None)
    if not words or before:
        return ""
    app.store.trouble(NAME, Trouble(words=words))
    return f"The heartbeat does not work: {words}. Look at [heartbeat] in config.toml; the engine goes on."


def _touched(app: App) -> list[str]:
    named = app.config.heartbeat.file
    try:
        if named:
            (app.config.folder / named).touch()
    except OSError as error:
        return [f"the file {named} cannot be touched ({error.strerror})"]
    return []


def _asked(app: App) -> list[str]:
    """Ask the address, a GET; no answer of it ends or delays the engine."""
    told = app.config.heartbeat
    rows, faults = app.kept_lines("url", told.url_env, told.url_file)
    for url in [*([told.url] if told.url else []), *rows][:1]:
        try:
            answer = call("GET", url, seconds=DEADLINE)
        except NetworkError:
            return [*faults, "its address cannot be reached"]
        if not 200 <= answer.status < 300:
            return [*faults, f"its address answered {answer.status}"]
    return faults
