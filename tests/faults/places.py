"""Places where stories are set: a fresh account on a real server, behind a door that can harm.

What was said is counted at the server.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from threading import Lock

from tests.publishing.stage import X_KEYS, unfolded
from tests.servers import mastodon, pds
from tests.servers.fixtures import Running, running
from tests.servers.proxy import Proxy
from tests.servers.serving import Answer, Request
from tests.servers.x import X

# The request that posts, by network.
WRITES: Mapping[str, str] = {"x": "/2/tweets$", "bluesky": "putRecord$", "mastodon": "/api/v1/statuses$"}
PLENTY = 1_000_000
# mastodon-mock makes its tables with a library that can do so for one at a time.
ONE_BY_ONE = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What is done once, "before" or "after" the server has taken a request that posts; the line is cut then."""

    when: str
    act: Callable[[], None]


class Door(Proxy):
    """A proxy that can also do a deed of the test's while a post is on its way; it notes the secrets that pass."""

    def __init__(self, to: str, network: str) -> None:
        super().__init__(to)
        self._path = WRITES[network]
        self.deed: Deed | None = None
        self.secrets: set[str] = set()

    def answer(self, request: Request) -> Answer:
        self._note(request.headers.get("Authorization", ""))
        deed = self.deed if request.method == "POST" and re.search(self._path, request.path) else None
        if deed is None:
            answer = super().answer(request)
            self._note_tokens(answer)
            return answer
        self.deed = None
        if deed.when == "before":
            deed.act()
            return Answer(only=0)
        answer = super().answer(request)
        deed.act()
        return replace(answer, only=0)

    def _note(self, credentials: str) -> None:
        kind, _, rest = credentials.partition(" ")
        if kind == "Bearer":
            self.secrets.add(rest)

    def _note_tokens(self, answer: Answer) -> None:
        found = re.findall(rb'"(?:accessJwt|refreshJwt|access_token|refresh_token)":\s*"([^"]+)"', answer.body)
        self.secrets |= {token.decode() for token in found}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An account called town. `rows` is its part of config.toml, `said` gives the words that stand at the server."""

    name: str
    network: str
    door: Running[Door]
    rows: str
    environ: Mapping[str, str]
    said: Callable[[], list[str]]
    delete: Callable[[str], None]
    deleted: list[str] = field(default_factory=list)

    def ever_said(self) -> Counter[str]:
        """How often each text was ever posted, also what its owner has deleted."""
        return Counter([*self.said(), *self.deleted])

    def delete_as_owner(self, words: str) -> None:
        """Delete a post by hand."""
        self.delete(words)
        self.deleted.append(words)

    @property
    def is_sure(self) -> bool:
        """Whether it can always be known what became of a post."""
        return self.name in ("bluesky", "mastodon")


def _rows(network: str, **rows: str) -> str:
    told = {"network": network, "language": "en", **rows}
    return "[accounts.town]\n" + "".join(f'{name} = "{value}"\n' for name, value in told.items())


@contextmanager
def on_x() -> Iterator[Place]:
    """A server of its own, since it is made in no time."""
    with running(X()) as server, running(Door(server.url, "x")) as door:
        server.app.change(limits=dict.fromkeys(server.app.settings.limits, PLENTY))
        names = {"api_key_env": "X_API_KEY", "api_secret_env": "X_API_SECRET"}
        names |= {"access_token_env": "X_ACCESS", "access_secret_env": "X_ACCESS_SECRET"}

        def delete(words: str) -> None:
            (id,) = (post.id for post in server.app.posts.values() if post.sent == words)
            del server.app.posts[id]

        yield Place(
            name="x",
            network="x",
            door=door,
            rows=_rows("x", server=door.url, **names),
            environ=X_KEYS,
            said=lambda: [post.sent for post in server.app.posts.values()],
            delete=delete,
        )


@contextmanager
def on_bluesky() -> Iterator[Place]:
    """An account of its own on the one server of this process."""
    server = pds.shared()
    account = server.account()

    def said() -> dict[str, str]:
        return {post["uri"]: unfolded(post["value"])[0] for post in server.posts(account)}

    def delete(words: str) -> None:
        (uri,) = (uri for uri, found in said().items() if found == words)
        server.delete(account, uri)

    with running(Door(server.url, "bluesky")) as door:
        yield Place(
            name="bluesky",
            network="bluesky",
            door=door,
            rows=_rows("bluesky", server=door.url, handle=account.handle, password_env="BLUESKY_PASSWORD"),
            environ={"BLUESKY_PASSWORD": account.password},
            said=lambda: list(said().values()),
            delete=delete,
        )


@contextmanager
def on_mastodon(*, honours_keys: bool = True) -> Iterator[Place]:
    """A server of its own; one that does not honour keys says that it runs something else."""
    with ExitStack() as stack:
        with ONE_BY_ONE:
            served = stack.enter_context(mastodon.served())
            served.start()
        server: Running[mastodon.Mastodon] = Running(served, served.app)
        server.app.change(
            limit=PLENTY, idempotency=honours_keys, **({} if honours_keys else {"version": "takahe/0.11"})
        )
        try:
            with running(Door(server.url, "mastodon")) as door:
                yield _at_mastodon(server, door, "mastodon" if honours_keys else "mastodon without keys")
        finally:
            served.stop()


def _at_mastodon(server: Running[mastodon.Mastodon], door: Running[Door], name: str) -> Place:
    def delete(words: str) -> None:
        (id,) = (post["id"] for post in server.app.posts() if post["source"] == words)
        server.app.delete(id)

    return Place(
        name=name,
        network="mastodon",
        door=door,
        rows=_rows("mastodon", server=door.url, token_env="MASTODON_TOKEN"),
        environ={"MASTODON_TOKEN": mastodon.TOKENS["campaign"]},
        said=lambda: [post["source"] for post in server.app.posts()],
        delete=delete,
    )


PLACES: Mapping[str, Callable[[], AbstractContextManager[Place]]] = {
    "bluesky": on_bluesky,
    "mastodon": on_mastodon,
    "mastodon without keys": lambda: on_mastodon(honours_keys=False),
    "x": on_x,
}
