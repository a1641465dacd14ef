"""A proxy that harms on purpose: it stands before one server and follows rules.

What a rule can do (`do`):
  pass      forward, as without a rule
  cut       cut the connection before the server hears of the request
  swallow   let the server carry it out, then cut without a byte of answer
  half      let the server carry it out, send the headers and half of the body, then cut
  reset     let the server carry it out, then reset the connection
  exchange  let the server carry it out, then answer `status` and `body` instead of what it said
  delay     wait `seconds`, then forward
  late      let the server carry it out, wait `seconds`, then answer
  answer    answer `status` and `body` at once; the server hears nothing
A rule holds for a `method` (any if empty), a `path` (a regular expression searched for in path and
query) and so many `times` (null for always). The first that fits counts.

GET /_control shows the rules and how often the server took each request; POST /_control/rules adds
one, as {"do": "swallow", "method": "POST", "path": "/2/tweets", "times": 1}; DELETE /_control/rules
and DELETE /_control/taken forget them.

Not imitated: TLS, streams, websockets, half-open connections, slow single bytes. The server behind
sees one connection for each request. Its own /_control is reached at its own address only.
"""

import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from tests.servers.serving import Answer, Request, Served, as_json, options, serve_until_told

DEEDS = ("pass", "cut", "swallow", "half", "reset", "exchange", "delay", "late", "answer")
# Headers that hold for one connection only: <https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1>.
OF_CONNECTION = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What to do with which requests, and how often."""

    do: str
    method: str = ""
    path: str = ""
    times: int | None = 1
    seconds: float = 0
    status: int = 503
    body: str = ""

    def __post_init__(self) -> None:
        if self.do not in DEEDS:
            raise ValueError(f"{self.do!r} is none of: {', '.join(DEEDS)}")
        re.compile(self.path)

    def fits(self, request: Request) -> bool:
        """Whether this request is meant."""
        return self.method in {"", request.method} and re.search(self.path, request.target) is not None

    def answer(self) -> Answer:
        """What this rule says instead of the server."""
        return Answer(status=self.status, body=self.body.encode(), headers={"Content-Type": "application/json"})


class Proxy:
    """Forwards to `to`, an address without a path. `wait` is asked to pass the time."""

    def __init__(self, to: str, wait: Callable[[float], object] | None = None) -> None:
        self.to = to
        self.rules: list[Rule] = []
        self.taken: Counter[tuple[str, str, int]] = Counter()
        self.wait = wait or threading.Event().wait
        self._lock = threading.Lock()

    def add(self, do: str, **more: object) -> None:
        """Add a rule, as add("swallow", method="POST", path="/2/tweets")."""
        with self._lock:
            self.rules.append(Rule(do=do, **more))  # type: ignore[arg-type]

    def times_taken(self, method: str = "", path: str = "") -> int:
        """How often the server behind took such requests; `path` is a regular expression."""
        with self._lock:
            return sum(
                times
                for (taken, where, _), times in self.taken.items()
                if method in {"", taken} and re.search(path, where)
            )

    def answer(self, request: Request) -> Answer:
        """Control, or follow the first rule that fits."""
        if request.path == "/_control" or request.path.startswith("/_control/"):
            return self._control(request)
        rule = self._take(request)
        if rule is None or rule.do == "pass":
            return self._forward(request)
        return self._harm(rule, request)

    def _take(self, request: Request) -> Rule | None:
        with self._lock:
            for at, rule in enumerate(self.rules):
                if rule.fits(request):
                    if rule.times is not None:
                        self.rules[at : at + 1] = [replace(rule, times=rule.times - 1)] if rule.times > 1 else []
                    return rule
        return None

    def _harm(self, rule: Rule, request: Request) -> Answer:
        if rule.do == "cut":
            return Answer(only=0)
        if rule.do == "answer":
            return rule.answer()
        if rule.do == "delay":
            self.wait(rule.seconds)
        answer = self._forward(request)
        if rule.do == "exchange":
            return rule.answer()
        if rule.do in {"swallow", "reset"}:
            return replace(answer, only=0, reset=rule.do == "reset")
        if rule.do == "half":
            head = len(answer.head())
            return replace(answer, only=head + len(answer.body) // 2 if answer.body else head // 2)
        if rule.do == "late":
            self.wait(rule.seconds)
        return answer

    def _forward(self, request: Request) -> Answer:
        try:
            answer = forward(request, self.to)
        except (OSError, HTTPException):
            return as_json({"error": "the server behind this proxy does not answer"}, 502)
        with self._lock:
            self.taken[request.method, request.target, answer.status] += 1
        return answer

    def _control(self, request: Request) -> Answer:
        asked = request.method, request.path.removeprefix("/_control").strip("/")
        if asked == ("GET", ""):
            return as_json(self._shown())
        if asked == ("POST", "rules"):
            try:
                self.add(**request.json())
            except (TypeError, ValueError) as error:
                return as_json({"error": str(error)}, 400)
        elif asked == ("DELETE", "rules"):
            self.rules.clear()
        elif asked == ("DELETE", "taken"):
            self.taken.clear()
        else:
            return as_json({"error": "GET /_control shows what there is"}, 404)
        return as_json(self._shown())

    def _shown(self) -> dict[str, object]:
        with self._lock:
            taken = [
                {"method": method, "target": target, "status": status, "times": times}
                for (method, target, status), times in self.taken.items()
            ]
            return {"to": self.to, "rules": [asdict(rule) for rule in self.rules], "taken": taken}


def forward(request: Request, to: str) -> Answer:
    """The answer of the server at `to`, which sees the same request, its Host too."""
    where = urlsplit(to)
    connection = HTTPConnection(where.hostname or "", where.port, timeout=60)
    try:
        connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers.items():
            if name.lower() not in OF_CONNECTION | {"content-length"}:
                connection.putheader(name, value)
        if request.body or request.method in {"POST", "PUT", "PATCH"}:
            connection.putheader("Content-Length", str(len(request.body)))
        connection.putheader("Connection", "close")
        connection.endheaders(request.body or None)
        with connection.getresponse() as response:
            kept = {
                name: value
                for name, value in response.getheaders()
                if name.lower() not in OF_CONNECTION | {"content-length"}
            }
            return Answer(status=response.status, body=response.read(), headers=kept)
    finally:
        connection.close()


def main(args: list[str]) -> int:
    """Start by hand."""
    parser = options("proxy", __doc__, 8978)
    parser.add_argument("--to", required=True, help="the server behind, as http://127.0.0.1:8977")
    asked = parser.parse_args(args)
    app = Proxy(asked.to.rstrip("/"))
    served = Served(app, asked.port)
    app.wait = served.stopping.wait
    return serve_until_told(served, "proxy", asked)
