"""Each server as a program that a person starts."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from importlib.util import find_spec
from urllib.parse import urlsplit

import pytest

PROGRAMS = [
    pytest.param("x", id="x"),
    pytest.param("proxy --to http://127.0.0.1:1", id="proxy"),
    pytest.param(
        "mastodon", id="mastodon", marks=pytest.mark.skipif(not find_spec("mastodon_mock"), reason="no mastodon-mock")
    ),
]


@contextmanager
def started(line: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program, and the address that it said."""
    command = [sys.executable, "-m", "tests.servers", *line.split(), "--port", "0"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout
            yield program, program.stdout.readline().split()[-1]
        finally:
            program.kill()


def status(url: str) -> int:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.request("GET", "/_control")
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("line", PROGRAMS)
def test_a_server_says_its_address_and_ends_when_told(line: str) -> None:
    with started(line) as (program, url):
        assert status(url) == 200
        program.send_signal(signal.SIGTERM)
        assert program.wait(20) == 0


def test_ctrl_c_ends_a_server() -> None:
    with started("x") as (program, _):
        program.send_signal(signal.SIGINT)
        assert program.wait(20) == 0


def test_a_server_may_end_with_its_standard_input() -> None:
    with started("x --with-stdin") as (program, _):
        assert program.stdin
        program.stdin.close()
        assert program.wait(20) == 0


@pytest.mark.parametrize(("line", "code"), [("", 2), ("nothing", 2), ("-h", 0), ("x -h", 0), ("mastodon -h", 0)])
def test_help_names_what_there_is(line: str, code: int) -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "tests.servers", *line.split()], capture_output=True, text=True, check=False
    )
    assert asked.returncode == code
    assert "python -m tests.servers" in asked.stdout + asked.stderr
