"""OAuth 1.0a as X wants it: is a request signed by who it says? <https://www.rfc-editor.org/rfc/rfc5849#section-3.4>."""

import hmac
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha1
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from tests.servers.serving import Request

# A client may sign for X's own address and be led here afterwards.
HOSTS = ("https://api.x.com", "https://api.twitter.com")


def authorization(request: Request) -> dict[str, str]:
    """What the Authorization header says, or nothing when it is no OAuth 1.0a."""
    kind, _, rest = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "oauth":
        return {}
    pairs = (pair.strip().partition("=") for pair in rest.split(","))
    return {unquote(name): unquote(value.strip('"')) for name, _, value in pairs}


def is_signed(request: Request, oauth: dict[str, str], consumer_secret: str, token_secret: str) -> bool:
    """Whether the signature is right, made for this server's address or for one of X's."""
    parameters = [(name, value) for name, value in oauth.items() if name not in {"oauth_signature", "realm"}]
    parameters += parse_qsl(urlsplit(request.target).query, keep_blank_values=True) + request.form()
    key = f"{_encoded(consumer_secret)}&{_encoded(token_secret)}".encode()
    given = oauth.get("oauth_signature", "").encode()
    return any(
        hmac.compare_digest(given, _signature(key, request.method, host + request.path, parameters))
        for host in (*HOSTS, f"http://{request.headers.get('Host', '').lower()}")
    )


def _signature(key: bytes, method: str, url: str, parameters: Iterable[tuple[str, str]]) -> bytes:
    pairs = sorted((_encoded(name), _encoded(value)) for name, value in parameters)
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join(map(_encoded, (method, url, joined)))
    return b64encode(hmac.digest(key, base.encode(), sha1))


def _encoded(text: str) -> str:
    return quote(text, safe="-._~")
