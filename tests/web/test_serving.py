"""Listening: on this machine only, on the port that was asked for or a free one."""

import pytest

from bot.core.problem import HandbillError
from bot.web.serving import address, listen


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
