"""The proxy that harms on purpose, asked by httpx."""

import json
from collections.abc import Callable, Iterator

import pytest

from tests.servers.fixtures import Running, running
from tests.servers.proxy import Proxy, Rule
from tests.servers.serving import Answer, Request

httpx = pytest.importorskip("httpx")


class Echo:
    """Answers with what it was asked, and remembers it."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def answer(self, request: Request) -> Answer:
        self.asked.append(request)
        if request.path == "/nothing":
            return Answer(status=204)
        return Answer(status=201, body=request.body or b"empty", headers={"X-Own": "yes", "Content-Type": "text/plain"})


@pytest.fixture
def echo() -> Iterator[Running[Echo]]:
    with running(Echo()) as server:
        yield server


@pytest.fixture
def between(echo: Running[Echo], proxy: Callable[[str], Running[Proxy]]) -> Running[Proxy]:
    return proxy(echo.url)


@pytest.fixture
def web(between: Running[Proxy]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=between.url, timeout=20) as client:
        yield client


def test_a_request_passes_unharmed(echo: Running[Echo], web: httpx.Client) -> None:
    answer = web.post("/a?b=c", content=b"\x00\xff", headers={"X-Mine": "1", "Content-Type": "application/x-odd"})
    (asked,) = echo.app.asked
    assert (answer.status_code, answer.content, answer.headers["x-own"]) == (201, b"\x00\xff", "yes")
    assert (asked.target, asked.headers["X-Mine"], asked.kind) == ("/a?b=c", "1", "application/x-odd")
    assert asked.headers["Host"] == web.base_url.netloc.decode()


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
def test_every_method_passes(echo: Running[Echo], web: httpx.Client, method: str) -> None:
    assert web.request(method, "/nothing").status_code == 204
    assert [asked.method for asked in echo.app.asked] == [method]


def test_a_body_in_chunks_passes_whole(echo: Running[Echo], web: httpx.Client) -> None:
    assert web.post("/", content=iter([b"one", b"two"])).content == b"onetwo"


def test_a_cut_keeps_the_request_from_the_server(
    echo: Running[Echo], between: Running[Proxy], web: httpx.Client
) -> None:
    between.app.add("cut")
    with pytest.raises(httpx.RemoteProtocolError):
        web.post("/a")
    assert echo.app.asked == []
    assert web.post("/a").status_code == 201


def test_a_swallowed_answer_was_taken_by_the_server(
    echo: Running[Echo], between: Running[Proxy], web: httpx.Client
) -> None:
    between.app.add("swallow", method="POST")
    with pytest.raises(httpx.RemoteProtocolError):
        web.post("/a")
    assert (len(echo.app.asked), between.app.times_taken("POST", "^/a$")) == (1, 1)


def test_a_reset_line_ends_with_an_error_after_the_server_took_the_request(
    echo: Running[Echo], between: Running[Proxy], web: httpx.Client
) -> None:
    between.app.add("reset", method="POST")
    with pytest.raises(httpx.ReadError):
        web.post("/a")
    assert len(echo.app.asked) == 1
    assert web.post("/a").status_code == 201


def test_an_answer_may_be_exchanged_after_the_server_took_the_request(
    echo: Running[Echo], between: Running[Proxy], web: httpx.Client
) -> None:
    between.app.add("exchange", status=500, body="nonsense")
    answer = web.post("/a")
    assert (answer.status_code, answer.text, len(echo.app.asked)) == (500, "nonsense", 1)


def test_half_an_answer_has_its_headers_and_half_its_body(between: Running[Proxy], web: httpx.Client) -> None:
    between.app.add("half")
    with web.stream("POST", "/a", content=b"12345678") as answer:
        assert answer.status_code == 201
        with pytest.raises(httpx.RemoteProtocolError, match="received 4 bytes, expected 8"):
            answer.read()


def test_an_answer_may_come_from_the_proxy(echo: Running[Echo], between: Running[Proxy], web: httpx.Client) -> None:
    between.app.add("answer", status=502, body='{"error": "away"}')
    answer = web.get("/a")
    assert (answer.status_code, answer.json()) == (502, {"error": "away"})
    assert echo.app.asked == []


@pytest.mark.parametrize(("do", "asked"), [("delay", 0), ("late", 1)])
def test_a_wait_comes_before_or_after_the_server(
    echo: Running[Echo], between: Running[Proxy], web: httpx.Client, do: str, asked: int
) -> None:
    waited = []
    between.app.wait = lambda seconds: waited.append((seconds, len(echo.app.asked)))
    between.app.add(do, seconds=30)
    assert web.get("/a").status_code == 201
    assert waited == [(30, asked)]


def test_a_hanging_answer_ends_with_the_proxy(echo: Running[Echo]) -> None:
    with running(Proxy(echo.url)) as between:
        between.app.add("delay", seconds=3600)
        with httpx.Client(timeout=httpx.Timeout(20, read=0.2)) as web, pytest.raises(httpx.ReadTimeout):
            web.get(between.url + "/a")


def test_a_rule_holds_for_its_method_and_path_and_number_of_times(between: Running[Proxy], web: httpx.Client) -> None:
    between.app.add("answer", method="POST", path=r"^/a\b", status=500, times=2)
    answers = [web.request(*asked).status_code for asked in [("GET", "/a"), ("POST", "/ab"), *3 * [("POST", "/a?b")]]]
    assert answers == [201, 201, 500, 500, 201]


def test_a_rule_may_hold_for_ever_and_an_earlier_one_counts_first(between: Running[Proxy], web: httpx.Client) -> None:
    between.app.add("pass", times=1)
    between.app.add("answer", status=503, times=None)
    assert [web.get("/").status_code for _ in range(4)] == [201, 503, 503, 503]


def test_rules_are_set_and_shown_over_the_wire(between: Running[Proxy], web: httpx.Client) -> None:
    between.control("/rules", json.dumps({"do": "answer", "path": "/a", "status": 418}))
    assert web.get("/a").status_code == 418
    web.get("/b")
    shown = json.loads(between.control())
    assert (shown["rules"], shown["taken"]) == ([], [{"method": "GET", "target": "/b", "status": 201, "times": 1}])
    assert json.loads(between.control("/taken", method="DELETE"))["taken"] == []


def test_a_deed_that_is_none_is_refused(between: Running[Proxy]) -> None:
    assert "none of" in between.control("/rules", '{"do": "explode"}')
    with pytest.raises(ValueError, match="none of"):
        Rule(do="explode")


def test_a_server_that_is_away_is_a_502(proxy: Callable[[str], Running[Proxy]]) -> None:
    assert httpx.get(proxy("http://127.0.0.1:1").url, timeout=20).status_code == 502
