"""One exchange: the way to a server, its deadline, what is read of the answer, and TLS."""

import gzip
import socket
import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

from bot.wire import Reply, Way, before_sending, exchange, faults, our_headers
from tests.servers.site import (
    Reply as Does,
)
from tests.servers.site import (
    Site,
    closed_port,
    drips,
    drips_body,
    gibberish,
    half,
    half_a_refusal,
    hangs_up,
    never_begins,
    serving,
    silent,
)


def get(url: str, *, seconds: float = 20, most: int = 1000, content: bytes | None = None, **more: Any) -> Reply:
    request = httpx.Request("GET", url, headers=our_headers("*/*"), content=content)
    return exchange(request, Way(ends=monotonic() + seconds, **more), most)


def test_a_reply_holds_what_came(site: Site) -> None:
    reply = get(site.says("/", "yes", {"X-Town": "Springfield"}))
    assert (reply.status, reply.host, reply.body) == (200, "127.0.0.1", b"yes")
    assert reply.headers["x-town"] == "Springfield"


def test_the_next_address_is_tried(site: Site) -> None:
    url = site.says("/", "yes").replace("127.0.0.1", "town.example")
    assert get(url, resolve=lambda host, port: ["127.0.0.2", "127.0.0.1"]).body == b"yes"


def test_a_name_is_looked_up_once_on_one_way(site: Site) -> None:
    url, asked = site.says("/", "yes").replace("127.0.0.1", "town.example"), list[str]()

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    way = Way(ends=monotonic() + 20, resolve=resolve)
    assert [exchange(httpx.Request("GET", url), way, 10).body for _ in range(2)] == [b"yes", b"yes"]
    assert asked == ["town.example"]


def test_a_name_that_leads_elsewhere_when_asked_again_leads_where_it_was_admitted(site: Site) -> None:
    url, answers = site.says("/", "yes").replace("127.0.0.1", "town.example"), [["127.0.0.1"], ["127.0.0.2"]]
    admitted: list[str] = []

    def admit(host: str, port: int, addresses: Sequence[str]) -> None:
        admitted.extend(addresses)

    way = Way(ends=monotonic() + 20, resolve=lambda host, port: answers.pop(0), admit=admit)
    way.addresses("town.example", site.server_port)
    assert exchange(httpx.Request("GET", url), way, 10).body == b"yes"
    assert set(admitted) == {"127.0.0.1"} and answers == [["127.0.0.2"]]


def test_whoever_is_not_admitted_is_not_called(site: Site) -> None:
    seen = []

    def admit(host: str, port: int, addresses: Sequence[str]) -> None:
        seen.append((host, port, list(addresses)))
        raise ValueError("not there")

    with pytest.raises(ValueError, match="not there"):
        get(site.says("/", "no"), admit=admit)
    assert (seen, site.requests) == ([("127.0.0.1", site.server_port, ["127.0.0.1"])], [])


def test_a_closed_door_is_a_fault_before_sending() -> None:
    with pytest.raises(before_sending()):
        get(f"http://127.0.0.1:{closed_port()}/")


@pytest.mark.parametrize("reply", [hangs_up, half, gibberish, silent, drips, drips_body, never_begins])
def test_whatever_the_server_does_the_exchange_ends(site: Site, reply: Does) -> None:
    with pytest.raises(faults()):
        get(site.does("/", reply), seconds=0.5)


def test_a_server_that_does_not_read_holds_nobody() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        with pytest.raises(faults()):
            get(f"http://127.0.0.1:{deaf.getsockname()[1]}/", seconds=0.5, content=b"a" * 50_000_000)


def test_a_refusal_without_its_words_is_still_one(site: Site) -> None:
    reply = get(site.does("/", half_a_refusal))
    assert (reply.status, reply.body) == (422, b"")


# --- bodies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("coding", ["", "gzip", "x-gzip", "identity"])
def test_only_the_beginning_of_a_body_is_read(site: Site, coding: str) -> None:
    body = b"a" * 5000
    sent = gzip.compress(body) if "gzip" in coding else body
    headers = {"Content-Encoding": coding} if coding else {}
    assert get(site.says("/", sent, headers), most=100).body == b"a" * 100
    assert get(site.says("/", sent, headers), most=9000).body == body


@pytest.mark.parametrize(("coding", "body"), [("br", b"a"), ("gzip, gzip", b"a"), ("gzip", b"no gzip")])
def test_an_unknown_or_broken_packing_is_a_fault(site: Site, coding: str, body: bytes) -> None:
    with pytest.raises(faults()):
        get(site.says("/", body, {"Content-Encoding": coding}))


# --- https ----------------------------------------------------------------------------------------


def certificate(folder: Path, name: str) -> Path:
    """A certificate that signs itself, and its key, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    start, end = datetime(2020, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number(), start, end)
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / f"{name}.pem"
    file.write_bytes(secret + made.sign(key, hashes.SHA256()).public_bytes(pem))
    return file


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Site, ssl.SSLContext, list[str]]]:
    """An https site for town.example, one who trusts it, and the names it was asked for by TLS."""
    file, asked = certificate(tmp_path, "town.example"), list[str]()
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(file)
    ours.sni_callback = lambda _, name, __: asked.append(name)
    site = Site()
    site.socket = ours.wrap_socket(site.socket, server_side=True)
    site.says("/", "<title>Secure</title>")
    with serving(site):
        yield site, ssl.create_default_context(cafile=file), asked


Secure = tuple[Site, ssl.SSLContext, list[str]]


def visit(site: Site, host: str, **more: Any) -> Reply:
    return get(f"https://{host}:{site.server_port}/", resolve=lambda host, port: ["127.0.0.1"], **more)


def test_tls_asks_for_the_name_and_not_for_its_address(secure: Secure) -> None:
    site, trust, asked = secure
    assert b"Secure" in visit(site, "town.example", trust=trust).body
    assert asked == ["town.example"]
    assert site.requests[0][1]["Host"] == f"town.example:{site.server_port}"


@pytest.mark.parametrize("host", ["city.example", "127.0.0.1"])
def test_to_a_certificate_of_another_name_nothing_is_sent(secure: Secure, host: str) -> None:
    site, trust, _ = secure
    with pytest.raises(before_sending()):
        visit(site, host, trust=trust)
    assert site.requests == []


def test_to_a_certificate_that_nobody_vouches_for_nothing_is_sent(secure: Secure) -> None:
    site, _, _ = secure
    with pytest.raises(before_sending()):
        visit(site, "town.example", content=b"key")
    assert site.requests == []
