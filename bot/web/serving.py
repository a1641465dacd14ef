"""Serve an application from a thread of its own, on this machine only unless told otherwise."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import closing
from threading import Thread
from typing import Any

from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.core.problem import HandbillError

HOST = "127.0.0.1"
# So many are connected to one server at once: a process has not many open files, and the engine needs some of them.
AT_ONCE = 100


class Line(H11Protocol):
    """A connection. Where there are too many, the one goes whose turn to speak, or to listen, has lasted longest."""

    since: float

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody has come."""
        super().connection_made(transport)
        self.since = self.loop.time()
        if len(self.connections) > AT_ONCE:
            waiting = [one for one in self.connections if isinstance(one, Line) and one.waits_for_them]
            gone = min(waiting, key=lambda one: one.since)
            self.connections.discard(gone)
            gone.transport.abort()

    @property
    def waits_for_them(self) -> bool:
        """Whether it is not we who work: the request is not whole yet, or they do not take the answer."""
        asked = self.cycle
        return asked is None or asked.response_complete or asked.more_body or self.flow.write_paused

    def on_response_complete(self) -> None:
        """They may ask for something else."""
        super().on_response_complete()
        self.since = self.loop.time()


def start(application: Any, listening: socket.socket) -> Callable[[], None]:
    """Serve an ASGI application on a socket that listens; what stops it."""
    server = Server(
        Config(
            application, http=Line, log_level="critical", lifespan="off", ws="none", server_header=False,
            proxy_headers=False, backlog=AT_ONCE,
        )
    )  # fmt: skip
    thread = Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()

    def stop() -> None:
        server.should_exit = True
        with closing(listening):
            thread.join(5)

    return stop


def listen(port: int | None, usual: int, option: str, host: str = HOST) -> socket.socket:
    """A socket that listens on `port`; without one on the `usual`, or any other if that is taken.

    Raises HandbillError if a port that was asked for (by `option`) is taken, or this machine has no such `host`.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for wanted in [usual, 0] if port is None else [port]:
        listening = socket.socket(family)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, wanted))
        except OSError:
            listening.close()
            continue
        listening.listen(128)  # who comes before the server is ready waits
        return listening
    if not _is_here(host):
        raise HandbillError(f"This machine has no address {host}.")
    raise HandbillError(
        f"Port {port} is taken by another program. Name another one: handbill up {option} {(port or 0) + 1}"
    )


def address(listening: socket.socket) -> str:
    """Where a socket is reached: http://127.0.0.1:8000/."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def _is_here(host: str) -> bool:
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.bind((host, 0))
    except OSError:
        return False
    return True
