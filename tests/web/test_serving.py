"""Listening: on this machine only, on the port that was asked for or a free one, to no more people than have room."""

import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from select import select
from typing import Any

import httpx
import pytest

from bot.core.problem import HandbillError
from bot.web.serving import AT_ONCE, address, listen, start


@pytest.fixture
def served() -> Iterator[str]:
    """Where a page with one word is served."""

    async def word(
        scope: object,
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"word"})

    listening = listen(0, 0, "--port")
    stop = start(word, listening)
    yield address(listening)
    stop()


@pytest.mark.parametrize(
    "begun",
    [b"", b"GET / HTTP/1.1\r\nHost: here\r\nSlow: ", b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\nhalf"],
    ids=["nothing", "half a header", "half a form"],
)  # fmt: skip
def test_whoever_comes_and_says_no_more_keeps_nobody_else_out(served: str, begun: bytes) -> None:
    port = httpx.URL(served).port
    with ExitStack() as stack:
        idle = []
        for _ in range(AT_ONCE + 20):
            idle.append(stack.enter_context(socket.create_connection(("127.0.0.1", port))))
            idle[-1].sendall(begun)
        assert httpx.get(served, trust_env=False).text == "word"
        while len(idle) > AT_ONCE:
            heard, _, _ = select(idle, [], [], 10)
            assert heard, "more are connected than have room"
            idle = [one for one in idle if one not in heard or not _is_over(one)]


def _is_over(line: socket.socket) -> bool:
    """Whether the other side has ended a connection; reads what else has come."""
    try:
        return line.recv(10_000) == b""
    except ConnectionError:
        return True


def test_a_taken_port_is_replaced_unless_it_was_asked_for() -> None:
    with listen(0, 0, "--port") as first:
        port = first.getsockname()[1]
        with listen(None, port, "--port") as second:
            assert second.getsockname()[1] != port
        with pytest.raises(HandbillError, match=f"handbill up --desk-port {port + 1}"):
            listen(port, 0, "--desk-port")


def test_an_address_that_this_machine_does_not_have_is_told() -> None:
    with pytest.raises(HandbillError, match=r"no address 192\.0\.2\.1"):
        listen(0, 0, "--desk-port", "192.0.2.1")


def test_only_this_machine_is_listened_to_unless_told_otherwise() -> None:
    with listen(0, 0, "--port") as listening:
        assert address(listening).startswith("http://127.0.0.1:")
