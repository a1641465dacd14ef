"""Serve an application from a thread of its own, on this machine only unless told otherwise."""

import socket
from collections.abc import Callable
from contextlib import closing
from threading import Thread
from typing import Any

from bot.core.problem import HandbillError

HOST = "127.0.0.1"


def start(application: Any, listening: socket.socket) -> Callable[[], None]:
    """Serve an ASGI application on a socket that listens; what stops it."""
    import uvicorn

    server = uvicorn.Server(
        uvicorn.Config(
            application, log_level="critical", lifespan="off", ws="none", server_header=False, proxy_headers=False
        )
    )
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
