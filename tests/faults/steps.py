"""Where a worker can be struck: one table of what is watched while it works, and the watching itself.

A step is named "before …" or "after …" one of
  commit of METHOD         a commit that writes, by the method of the ledger whose it is
  call of VERB             one call of the network's publisher, or of what tells people
  request METHOD PATH      one request over the wire
"""

import re
import sys
import threading
from collections.abc import Callable, Mapping
from functools import reduce
from importlib import import_module
from types import CodeType, FrameType, FunctionType
from urllib.parse import urlsplit

# THE TABLE: what is watched, and where it stands in the program. Look here first when a name has changed.
COMMIT = "sqlalchemy.engine.default:DefaultDialect.do_commit"
REQUEST = "bot.http:call"
CALL = "bot.networks.{network}:Account.{verb}"
VERBS = ("whoami", "prepare", "publish", "find", "repeat")
OTHERS = {"notify": "bot.work.notify:notify", "send": "bot.notices:send"}
# The ledger's class, and the one of its methods through which every change of the others goes.
LEDGER, WRITING = "Store.", "Store._writing"
# The patience of a call with a silent server.
PATIENCE = ("bot.http:call", "seconds")
# How long a writer waits for another one; from one notice to the next, and how long one may take on its way.
SHORTER = {"bot.store.engine:WAIT": 0.5, "bot.work.notify:PAUSE": 0.2, "bot.notices:DEADLINE": 5.0}
# Each of these is reached, before and after, while posts are said on a network and workers die …
NAMED = (
    *(f"call of {verb}" for verb in VERBS),
    *(f"commit of {method}" for method in ("note", "lease", "begin", "save", "release", "remember", "looked")),
    "request",
)
# … except what a network cannot do, or has no need of.
NEVER: Mapping[str, tuple[str, ...]] = {
    "x": ("call of repeat",),
    "mastodon": ("call of repeat",),  # its repeat is a second call of publish
}


def strike_points(network: str) -> Mapping[CodeType, str]:
    """What is watched: the code of each function, and a name for its calls. Raises AttributeError if one is gone."""
    calls = {verb: _found(CALL.format(network=network, verb=verb)) for verb in VERBS}
    calls |= {name: _found(where) for name, where in OTHERS.items()}
    functions = {"commit": _found(COMMIT), "request": _found(REQUEST)}
    functions |= {f"call of {name}": function for name, function in calls.items()}
    return {one.__code__: name for name, one in functions.items() if isinstance(one, FunctionType)}


def _found(where: str) -> object:
    module, _, name = where.partition(":")
    return reduce(getattr, name.split("."), import_module(module))


def hasten(patience: float) -> None:
    """Let the patience of calls, and whatever else waits, last only so many seconds in this process."""
    for where, seconds in SHORTER.items():
        module, _, name = where.partition(":")
        assert isinstance(_found(where), float)
        setattr(import_module(module), name, seconds)
    call, name = _found(PATIENCE[0]), PATIENCE[1]
    assert isinstance(call, FunctionType) and call.__kwdefaults__[name]
    call.__kwdefaults__[name] = patience


def watch(network: str, tell: Callable[[str], None]) -> None:
    """From now on, in this thread and all that it starts, `tell` is called at each step, in the midst of it."""
    points = strike_points(network)

    def profile(frame: FrameType, event: str, _: object) -> None:
        if event in ("call", "return") and (what := points.get(frame.f_code)) and (name := _name(what, frame)):
            tell(f"{'before' if event == 'call' else 'after'} {name}")

    threading.setprofile(profile)
    sys.setprofile(profile)


def _name(what: str, frame: FrameType) -> str:
    if what == "commit":
        method = _writer(frame)
        return f"commit of {method}" if method else ""
    if what == "request":
        path = urlsplit(frame.f_locals["url"]).path
        return f"request {frame.f_locals['method']} {re.sub('[0-9]+', 'N', path)}"
    return what


def _writer(frame: FrameType | None) -> str:
    """The method of the ledger whose transaction writes in this frame; empty if it only reads."""
    is_writing = False
    while frame is not None:
        name = frame.f_code.co_qualname
        if is_writing and name.startswith(LEDGER):
            return name.removeprefix(LEDGER)
        is_writing = is_writing or name == WRITING
        frame = frame.f_back
    return ""


def is_named(step: str) -> bool:
    """Whether this is one of the table's, and not merely where a life or a look begins."""
    return step.startswith(("before ", "after "))


def kind(step: str) -> str:
    """A step without what differs from network to network: every request is a request."""
    return re.sub(r"(request) .*", r"\1", step)
