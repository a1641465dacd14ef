"""How the X server says no, in the shapes that X documents; the details are mostly in our own words.

<https://docs.x.com/x-api/fundamentals/response-codes-and-errors>
"""

from collections.abc import Mapping

from tests.servers.serving import Answer, as_json

TYPES = "https://api.twitter.com/2/problems/"
TITLES = {400: "Invalid Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}
# The sentence is known from reports of users only.
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."


class Problem(Exception):
    """A request is refused. `kind` is the last word of the type, empty for about:blank."""

    def __init__(
        self,
        status: int,
        detail: str,
        kind: str = "",
        *,
        title: str = "",
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.kind, self.more = status, detail, kind, more
        self.title = title or TITLES.get(status, "Service Unavailable")
        self.headers = headers or {}

    def answer(self) -> Answer:
        """The problem as it goes over the wire."""
        body = {
            **self.more,
            "title": self.title,
            "type": TYPES + self.kind if self.kind else "about:blank",
            "status": self.status,
            "detail": self.detail,
        }
        return as_json(body, self.status, self.headers)


class Unsigned(Problem):
    """Nobody known asks. `why` is for the person at the server; the client is told nothing, as by X."""

    def __init__(self, why: str) -> None:
        super().__init__(401, "Unauthorized")
        self.why = why


class BadField(Problem):
    """A field or a parameter is not as the documentation wants it."""

    def __init__(self, name: str, value: object, why: str) -> None:
        fault = {"parameters": {name: [str(value)[:80]]}, "message": why}
        super().__init__(400, "One or more parameters to your request was invalid.", "invalid-request", errors=[fault])


class OldProblem(Problem):
    """A refusal of the OAuth 1.0a addresses, in the shape of version 1.1."""

    def answer(self) -> Answer:
        """A code and a message."""
        return as_json({"errors": [{"code": 32, "message": self.detail}]}, self.status)


class GrantProblem(Problem):
    """A refusal of the OAuth 2.0 token address: <https://www.rfc-editor.org/rfc/rfc6749#section-5.2>."""

    def answer(self) -> Answer:
        """An error and its description."""
        return as_json({"error": self.kind, "error_description": self.detail}, self.status)


def usual(status: int) -> Answer:
    """The answer for a failure on demand."""
    known = {
        401: Problem(401, "Unauthorized"),
        402: Problem(402, "The account has no credits left for this request.", "credits", title="CreditsDepleted"),
        403: Problem(403, "You are not permitted to perform this action."),
        429: Problem(429, "Too Many Requests", "rate-limit-exceeded"),
    }
    return known.get(status, Problem(status, "Service Unavailable")).answer()
