"""Answers that fail on demand: the next so many requests of a kind get a status of your choice."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.servers.serving import Answer, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """`after`: the request is carried out all the same, and only its answer is exchanged."""

    status: int
    times: int = 1
    method: str = ""
    path: str = ""
    after: bool = False
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def fits(self, request: Request) -> bool:
        """Whether this request is meant; `path` is a regular expression searched for in the path."""
        return self.method in {"", request.method} and re.search(self.path, request.path) is not None


class Failures:
    """The failures still to come, the oldest first. `usual` makes the answer for a status."""

    def __init__(self, usual: Callable[[int], Answer]) -> None:
        self.coming: list[Failure] = []
        self._usual = usual

    def add(self, failure: Failure) -> None:
        """Let requests fail from now on."""
        self.coming.append(failure)

    def take(self, request: Request) -> Failure | None:
        """The failure for this request; it has then one time less to go."""
        for at, failure in enumerate(self.coming):
            if failure.fits(request):
                self.coming[at : at + 1] = [replace(failure, times=failure.times - 1)] if failure.times > 1 else []
                return failure
        return None

    def shown(self, failure: Failure) -> Answer:
        """The answer of a failure."""
        usual = self._usual(failure.status)
        body = usual.body if failure.body is None else json.dumps(failure.body).encode()
        return replace(usual, body=body, headers={**usual.headers, **failure.headers})
