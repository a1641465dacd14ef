"""Places where stories are set: a fresh account on a real server, behind a door that can harm.

What was said is counted at the server.
"""

import re
import ssl
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Lock
from time import time

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.publishing.stage import X_KEYS, unfolded
from tests.servers import mastodon, pds
from tests.servers.fixtures import Running, running
from tests.servers.proxy import Proxy, Rule
from tests.servers.serving import Answer, Request, Served, as_json
from tests.servers.x import X

# The request that posts, by network.
WRITES: Mapping[str, str] = {"x": "/2/tweets$", "bluesky": "putRecord$", "mastodon": "/api/v1/statuses$"}
PLENTY = 1_000_000
# mastodon-mock makes its tables, and what checks its answers, in ways that bear one at a time only.
ONE_BY_ONE = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What is done once, "before" or "after" the server has taken a request that posts; the line is cut then."""

    when: str
    act: Callable[[], None]


class Door(Proxy):
    """A proxy that can also do a deed of the test's while a post is on its way; it notes the secrets that pass.

    `quotes`: a status with which it answers all that comes, or that posts if `quotes_posts`, and quotes it.
    """

    def __init__(self, to: str, network: str) -> None:
        super().__init__(to)
        self._path = WRITES[network]
        self._goes_away = False
        self.deed: Deed | None = None
        self.quotes, self.quotes_posts = 0, False
        self.secrets: set[str] = set()

    def harm(self, path: str, *, away: bool = False, **rule: object) -> None:
        """Harm one request, that which posts if no `path` is given; `away`: afterwards all that come."""
        self.add(path=path or self._path, **rule)  # type: ignore[arg-type]
        self._goes_away = away

    def open(self) -> None:
        """Harm nobody any more."""
        self.deed, self._goes_away, self.quotes, self.quotes_posts = None, False, 0, False
        self.rules.clear()

    def answer(self, request: Request) -> Answer:
        self._note(request.headers.get("Authorization", ""))
        is_post = request.method == "POST" and re.search(self._path, request.path) is not None
        if self.quotes and (is_post or not self.quotes_posts):
            return _quoted(request, self.quotes)
        deed = self.deed if is_post else None
        if deed is None:
            return self._noted(super().answer(request))
        self.deed = None
        if deed.when == "before":
            deed.act()
            return Answer(only=0)
        answer = self._noted(super().answer(request))
        deed.act()
        return replace(answer, only=0)

    def _harm(self, rule: Rule, request: Request) -> Answer:
        if self._goes_away:
            self._goes_away = False
            self.add("cut", times=None)
        return super()._harm(rule, request)

    def _note(self, credentials: str) -> None:
        kind, _, rest = credentials.partition(" ")
        if kind == "Bearer":
            self.secrets.add(rest)

    def _noted(self, answer: Answer) -> Answer:
        found = re.findall(rb'"(?:accessJwt|refreshJwt|access_token|refresh_token)":\s*"([^"]+)"', answer.body)
        self.secrets |= {token.decode() for token in found}
        return answer


def _quoted(request: Request, status: int) -> Answer:
    said = f"cannot do this: {request.headers.get('Authorization', '')} {request.body.decode(errors='replace')}"
    names = ("error", "error_description", "message", "detail", "title")
    return as_json({**dict.fromkeys(names, said), "errors": [{"message": said}]}, status)


class Opened:
    """A door that stands open: its `app`, and the address by a name, so that the name can be lost."""

    def __init__(self, served: Served, app: Door, scheme: str) -> None:
        self.app, self.url = app, f"{scheme}://localhost:{served.server_address[1]}"


class Secure(Served):
    """A server behind TLS; a line that broke off is no fault."""

    def __init__(self, app: Door, certificate: Path) -> None:
        super().__init__(app)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        # Whoever is slow, or refuses the certificate, holds up nobody else.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


@contextmanager
def opened(to: str, network: str, certificate: Path | None) -> Iterator[Opened]:
    """A door before a server, behind TLS with a certificate of its own if one is given."""
    app = Door(to, network)
    served = Secure(app, certificate) if certificate else Served(app)
    app.wait = served.stopping.wait
    served.start()
    try:
        yield Opened(served, app, "https" if certificate else "http")
    finally:
        served.stop()
    assert not served.faults, "\n".join(served.faults)


def certificate(folder: Path) -> Path:
    """A file with a key and a certificate for localhost that nobody has signed."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.fromtimestamp(time(), UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    shown = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (file := folder / "certificate.pem").write_bytes(shown + made.public_bytes(Encoding.PEM))
    return file


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An account called town. `rows` is its part of config.toml, `said` gives the words that stand at the server."""

    name: str
    network: str
    door: Opened
    rows: str
    environ: Mapping[str, str]
    said: Callable[[], list[str]]
    delete: Callable[[str], None]
    forget_keys: Callable[[], None] = lambda: None
    deleted: list[str] = field(default_factory=list)

    def ever_said(self) -> Counter[str]:
        """How often each text was ever posted, also what its owner has deleted."""
        return Counter([*self.said(), *self.deleted])

    def delete_as_owner(self, words: str) -> None:
        """Delete a post by hand."""
        self.delete(words)
        self.deleted.append(words)

    def times_asked(self) -> int:
        """How often the server was asked to post something."""
        return self.door.app.times_taken("POST", WRITES[self.network])

    @property
    def is_sure(self) -> bool:
        """Whether it can always be known what became of a post."""
        return self.name in ("bluesky", "mastodon")


def _rows(network: str, **rows: str) -> str:
    told = {"network": network, "language": "en", **rows}
    return "[accounts.town]\n" + "".join(f'{name} = "{value}"\n' for name, value in told.items())


@contextmanager
def on_x(certificate: Path | None) -> Iterator[Place]:
    """A server of its own, since it is made in no time."""
    with running(X()) as server, opened(server.url, "x", certificate) as door:
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
def on_bluesky(certificate: Path | None) -> Iterator[Place]:
    """An account of its own on the one server of this process."""
    server = pds.shared()
    account = server.account()

    def said() -> dict[str, str]:
        return {post["uri"]: unfolded(post["value"])[0] for post in server.posts(account)}

    def delete(words: str) -> None:
        (uri,) = (uri for uri, found in said().items() if found == words)
        server.delete(account, uri)

    with opened(server.url, "bluesky", certificate) as door:
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
def on_mastodon(certificate: Path | None, *, honours_keys: bool = True) -> Iterator[Place]:
    """A server of its own; one that does not honour keys says that it runs something else."""
    with ExitStack() as stack:
        with ONE_BY_ONE:
            served = stack.enter_context(mastodon.served())
            served.start()
            _warm(served)
        server: Running[mastodon.Mastodon] = Running(served, served.app)
        server.app.change(
            limit=PLENTY, idempotency=honours_keys, **({} if honours_keys else {"version": "takahe/0.11"})
        )
        try:
            with opened(server.url, "mastodon", certificate) as door:
                yield _at_mastodon(server, door, "mastodon" if honours_keys else "mastodon without keys")
        finally:
            served.stop()


def _warm(served: Served) -> None:
    """Let a server answer once whatever it will be asked."""
    token = {"Authorization": f"Bearer {mastodon.TOKENS['campaign']}"}
    with httpx.Client(base_url=served.url, headers=token, timeout=60) as web:
        me = web.get("/api/v1/accounts/verify_credentials").json()["id"]
        post = web.post("/api/v1/statuses", json={"status": "Hello"}, headers={"Idempotency-Key": "one"}).json()["id"]
        asked = [f"/api/v1/statuses/{post}", f"/api/v1/statuses/{post}/source", f"/api/v1/accounts/{me}/statuses"]
        for path in (*asked, "/api/v2/instance", "/.well-known/nodeinfo", "/nodeinfo/2.0"):
            web.get(path).raise_for_status()
        web.delete(f"/api/v1/statuses/{post}").raise_for_status()
    served.app.reset()


def _at_mastodon(server: Running[mastodon.Mastodon], door: Opened, name: str) -> Place:
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
        forget_keys=server.app.forget_keys,
    )


# With a certificate, the door speaks TLS.
PLACES: Mapping[str, Callable[[Path | None], AbstractContextManager[Place]]] = {
    "bluesky": on_bluesky,
    "mastodon": on_mastodon,
    "mastodon without keys": partial(on_mastodon, honours_keys=False),
    "x": on_x,
}
