"""Share pages per second under `up`, beside the same server with a bare body of the same size."""

import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from time import perf_counter

from bot.app import open_app
from bot.core.timetable import local_day
from bot.web.pages import Pages, Served
from bot.work.site import site

PATH = "/families-belong-together/en/my-town/"
HEADERS = {"Accept-Encoding": "gzip"}


def pages(rounds: int, requests: int) -> float:
    """How many pages a second, as a share of what the bare server gives."""
    with _running("pages") as (own, size), _running("bare") as (bare, _):
        assert size
        rates = [(_rate(own, requests), _rate(bare, requests)) for _ in range(rounds)]
    return median(one / other for one, other in rates)


class _running:
    """A server in a process of its own: its port, and the size of its answer."""

    def __init__(self, what: str) -> None:
        command = [sys.executable, "-m", "tests.bench.pages", what]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> tuple[int, int]:
        assert self.process.stdout
        port, size = self.process.stdout.readline().split()
        return int(port), int(size)

    def __exit__(self, *_: object) -> None:
        self.process.communicate()  # it ends with its standard input


def _rate(port: int, requests: int) -> float:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    begun = perf_counter()
    for _ in range(requests):
        connection.request("GET", PATH, headers=HEADERS)
        connection.getresponse().read()
    taken = perf_counter() - begun
    connection.close()
    return requests / taken


def serve(what: str) -> None:
    """Serve until standard input ends."""
    import socket
    import threading

    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    served = Served(lambda problem: None)
    app = open_app(Path("config.example.toml"))
    served.put(site(app, local_day(app.clock(), app.config.zone), lambda problem: None))
    body = served.files[PATH.strip("/") + "/index.html"].packed

    async def bare(request: object) -> Response:
        return Response(body)

    asked = Pages(served) if what == "pages" else Starlette(routes=[Route("/{path:path}", bare)])
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(16)
    server = uvicorn.Server(uvicorn.Config(asked, log_level="critical", lifespan="off"))
    threading.Thread(target=server.run, args=([listening],), daemon=True).start()
    print(listening.getsockname()[1], len(body), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    serve(sys.argv[1])
