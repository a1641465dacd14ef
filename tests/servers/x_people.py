"""Who may ask the X server: the app, its users, their tokens of OAuth 1.0a and OAuth 2.0, and how to get them."""

import secrets
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from urllib.parse import urlencode

from tests.servers.serving import Answer, Request, as_json, as_page
from tests.servers.x_problems import GrantProblem, OldProblem, Problem, Unsigned
from tests.servers.x_sign import authorization, is_signed

# <https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code>
SCOPES = {"tweet.read", "tweet.write", "users.read", "media.write", "offline.access", "follows.read", "like.read"}
CLOCKS_MAY_DIFFER = 300


@dataclass(slots=True, kw_only=True)
class XApp:
    """The app at X that the organisation registered. No `redirects`: any address will do."""

    name: str = "Handbill on trial"
    consumer_key: str = "x-consumer-key"
    consumer_secret: str = "x-consumer-secret"
    client_id: str = "x-client-id"
    client_secret: str = "x-client-secret"
    confidential: bool = False
    redirects: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class User:
    """An account. `state` is "active", "suspended" or "locked"."""

    id: str
    username: str
    name: str
    state: str = "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks; no user for an app alone, no scopes for OAuth 1.0a, which may do all that the app may."""

    user: User | None
    scopes: frozenset[str] | None = None

    def of_user(self, *scopes: str) -> User:
        """The user, who must have given these scopes."""
        if self.user is None:
            why = "This address wants the token of a user, not of an app alone."
            raise Problem(403, why, "unsupported-authentication", title="Unsupported Authentication")
        if self.scopes is not None and not self.scopes.issuperset(scopes):
            missing = " ".join(sorted(set(scopes) - self.scopes))
            raise Problem(403, f"The token lacks a scope: {missing}")
        return self.user


@dataclass(slots=True, kw_only=True)
class Pair:
    """A token of OAuth 1.0a with its secret; one not yet approved has no user."""

    token: str
    secret: str
    user: User | None = None
    callback: str = ""
    pin: str = ""


@dataclass(slots=True, kw_only=True)
class Access:
    """An access token of OAuth 2.0, good until then."""

    token: str
    user: User | None
    scopes: frozenset[str]
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What a user allowed, to be exchanged for tokens within half a minute."""

    user: User
    scopes: frozenset[str]
    redirect: str
    challenge: str
    method: str
    until: float


class People:
    """Users, tokens, and the addresses where tokens are given out."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.app = XApp()
        self.users: dict[str, User] = {}
        self.pairs: dict[str, Pair] = {}
        self.asked: dict[str, Pair] = {}
        self.access: dict[str, Access] = {}
        self.refresh: dict[str, tuple[User, frozenset[str]]] = {}
        self.codes: dict[str, Code] = {}
        self.access_seconds = 7200.0
        self._now = now
        self._nonces: set[tuple[str, str, str]] = set()

    # --- users ----------------------------------------------------------------------------------

    def add(self, username: str, name: str = "") -> User:
        """A new user, with a pair of OAuth 1.0a and tokens of OAuth 2.0 whose names say whose they are."""
        user = User(id=str(1001 + len(self.users)), username=username, name=name or username)
        self.users[user.id] = user
        self.pairs[f"{user.id}-{username}-token"] = Pair(
            token=f"{user.id}-{username}-token", secret=f"{username}-token-secret", user=user
        )
        self.give(user, SCOPES, f"{username}-access", f"{username}-refresh")
        return user

    def give(self, user: User | None, scopes: Iterable[str], access: str = "", refresh: str = "") -> dict[str, object]:
        """New tokens, as the token address answers them."""
        allowed = frozenset(scopes)
        token = access or secrets.token_urlsafe(24)
        until = self._now() + self.access_seconds
        self.access[token] = Access(token=token, user=user, scopes=allowed, until=until)
        given: dict[str, object] = {"token_type": "bearer", "access_token": token}
        if user:
            given |= {"expires_in": int(self.access_seconds), "scope": " ".join(sorted(allowed))}
        if user and "offline.access" in allowed:
            given["refresh_token"] = refresh or secrets.token_urlsafe(24)
            self.refresh[str(given["refresh_token"])] = user, allowed
        return given

    def expire(self) -> None:
        """Every access token of OAuth 2.0 is past its time; refresh tokens still work."""
        for access in self.access.values():
            access.until = self._now()

    def revoke(self, token: str = "") -> None:
        """Take one token back, or all of them."""
        kinds: tuple[dict[str, Pair], dict[str, Access], dict[str, tuple[User, frozenset[str]]]]
        kinds = self.pairs, self.access, self.refresh
        for kind in kinds:
            if token:
                kind.pop(token, None)
            else:
                kind.clear()

    # --- who asks -------------------------------------------------------------------------------

    def caller(self, request: Request) -> Caller:
        """Who asks, or Unsigned."""
        oauth = authorization(request)
        if oauth:
            pair = self.pairs.get(oauth.get("oauth_token", ""))
            if pair is None:
                raise Unsigned("the OAuth 1.0a token is unknown or revoked")
            self._check(request, oauth, pair.secret)
            return Caller(user=pair.user)
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        access = self.access.get(token)
        if kind.lower() != "bearer" or access is None:
            raise Unsigned("the bearer token is missing, unknown or revoked")
        if access.until <= self._now():
            raise Unsigned("the bearer token is past its time")
        return Caller(user=access.user, scopes=access.scopes)

    def _check(self, request: Request, oauth: dict[str, str], secret: str) -> None:
        if oauth.get("oauth_consumer_key") != self.app.consumer_key:
            raise Unsigned("the consumer key is unknown")
        if oauth.get("oauth_signature_method") != "HMAC-SHA1" or oauth.get("oauth_version", "1.0") != "1.0":
            raise Unsigned("only OAuth 1.0 with HMAC-SHA1 is taken")
        if not is_signed(request, oauth, self.app.consumer_secret, secret):
            raise Unsigned("the signature does not fit the request and the secrets")
        stamp, nonce = oauth.get("oauth_timestamp", ""), oauth.get("oauth_nonce", "")
        if not stamp.isdigit() or abs(int(stamp) - self._now()) > CLOCKS_MAY_DIFFER:
            raise Unsigned("the timestamp is too far from this server's clock")
        used = oauth.get("oauth_token", ""), stamp, nonce
        if not nonce or used in self._nonces:
            raise Unsigned("the nonce is missing or was used before")
        self._nonces.add(used)

    # --- OAuth 1.0a: request token, PIN, access token -------------------------------------------

    def request_token(self, request: Request) -> Answer:
        """A pair that a user may approve."""
        oauth = {**dict(request.form()), **request.query, **authorization(request)}
        self._check_old(request, "")
        pair = Pair(token=secrets.token_urlsafe(18), secret=secrets.token_urlsafe(24), callback=oauth["oauth_callback"])
        self.asked[pair.token] = pair
        return _old_form(oauth_token=pair.token, oauth_token_secret=pair.secret, oauth_callback_confirmed="true")

    def approve_old(self, request: Request) -> Answer:
        """The page where a user approves, and the page with the PIN."""
        given = {**request.query, **dict(request.form())}
        pair = self.asked.get(given.get("oauth_token", ""))
        if pair is None:
            return as_page("This request token is not known", "<p>Start again in the app.", 400)
        if request.method == "GET":
            return self._consent(request.path, {"oauth_token": pair.token})
        pair.user = self._named(given.get("username", ""))
        if pair.user is None:
            return as_page("You gave no permission", "<p>You may close this page.")
        pair.pin = f"{secrets.randbelow(10**7):07}"
        if pair.callback == "oob":
            return as_page("Your PIN", f"<p>Enter it in the app: <code>{pair.pin}</code>")
        return _redirect(pair.callback, oauth_token=pair.token, oauth_verifier=pair.pin)

    def access_token(self, request: Request) -> Answer:
        """A pair for good, in exchange for an approved one and its PIN."""
        oauth = {**dict(request.form()), **request.query, **authorization(request)}
        pair = self.asked.get(oauth.get("oauth_token", ""))
        if pair is None:
            raise OldProblem(401, "Could not authenticate you.")
        self._check_old(request, pair.secret)
        if pair.user is None or oauth.get("oauth_verifier") != pair.pin:
            raise OldProblem(401, "Could not authenticate you.")
        del self.asked[pair.token]
        user = pair.user
        new = Pair(token=f"{user.id}-{secrets.token_urlsafe(18)}", secret=secrets.token_urlsafe(24), user=user)
        self.pairs[new.token] = new
        return _old_form(
            oauth_token=new.token, oauth_token_secret=new.secret, user_id=user.id, screen_name=user.username
        )

    def _check_old(self, request: Request, secret: str) -> None:
        oauth = authorization(request)
        try:
            self._check(request, oauth, secret)
        except Unsigned as error:
            raise OldProblem(401, "Could not authenticate you.") from error
        if request.path.endswith("request_token") and not oauth.get("oauth_callback"):
            raise OldProblem(400, "oauth_callback is missing")

    # --- OAuth 2.0: authorization code with PKCE ------------------------------------------------

    def authorize(self, request: Request) -> Answer:
        """The page where a user approves; then back to the app with a code."""
        given = {**request.query, **dict(request.form())}
        if why := self._fault(given):
            return as_page("This app cannot be connected", f"<p>{escape(why)}", 400)
        if request.method == "GET":
            return self._consent(request.path, given)
        user = self._named(given.get("username", ""))
        state = {"state": given["state"]} if "state" in given else {}
        if user is None:
            return _redirect(given["redirect_uri"], error="access_denied", **state)
        code = secrets.token_urlsafe(24)
        self.codes[code] = Code(
            user=user,
            scopes=frozenset(given["scope"].split()),
            redirect=given["redirect_uri"],
            challenge=given["code_challenge"],
            method=given.get("code_challenge_method", "plain"),
            until=self._now() + 30,
        )
        return _redirect(given["redirect_uri"], code=code, **state)

    def _fault(self, given: dict[str, str]) -> str:
        wanted = ("response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge")
        if missing := [name for name in wanted if not given.get(name)]:
            return "missing: " + ", ".join(missing)
        if given["response_type"] != "code" or given["client_id"] != self.app.client_id:
            return "the client id is not known"
        if self.app.redirects and given["redirect_uri"] not in self.app.redirects:
            return "the redirect address is not among those that the app registered"
        if unknown := set(given["scope"].split()) - SCOPES:
            return "unknown scope: " + ", ".join(sorted(unknown))
        return ""

    def token(self, request: Request) -> Answer:
        """Tokens for a code, or for a refresh token, which is then used up."""
        form = dict(request.form())
        self._check_client(request, form)
        kind = form.get("grant_type")
        if kind == "authorization_code":
            code = self._code(form)
            return as_json(self.give(code.user, code.scopes))
        if kind == "refresh_token":
            known = self.refresh.pop(form.get("refresh_token", ""), None)
            if known is None:
                raise GrantProblem(400, "The refresh token is not known, or was used before.", "invalid_request")
            return as_json(self.give(*known))
        raise GrantProblem(400, "grant_type must be authorization_code or refresh_token", "unsupported_grant_type")

    def _check_client(self, request: Request, form: dict[str, str]) -> None:
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        right = f"{self.app.client_id}:{self.app.client_secret}".encode()
        if kind.lower() == "basic":
            if b64decode(given) != right:
                raise GrantProblem(401, "The client id or secret is wrong.", "unauthorized_client")
        elif self.app.confidential or form.get("client_id") != self.app.client_id:
            raise GrantProblem(401, "The client is not known, or its secret is missing.", "unauthorized_client")

    def _code(self, form: dict[str, str]) -> Code:
        code = self.codes.pop(form.get("code", ""), None)
        verifier = form.get("code_verifier", "")
        if code is None or code.until <= self._now() or form.get("redirect_uri") != code.redirect:
            raise GrantProblem(400, "The authorization code is not known, is too old or was used.", "invalid_request")
        digest = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if code.challenge != (digest if code.method.upper() == "S256" else verifier):
            raise GrantProblem(400, "The code verifier does not fit.", "invalid_request")
        return code

    def revoke_asked(self, request: Request) -> Answer:
        """The app takes a token back."""
        form = dict(request.form())
        self._check_client(request, form)
        if form.get("token"):
            self.revoke(form["token"])
        return as_json({"revoked": True})

    def app_token(self, request: Request) -> Answer:
        """A token of the app alone, which may read but never post."""
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        right = f"{self.app.consumer_key}:{self.app.consumer_secret}".encode()
        if kind.lower() != "basic" or b64decode(given) != right:
            raise OldProblem(403, "The consumer key or secret is wrong.")
        return as_json(self.give(None, {"tweet.read", "users.read"}))

    # --- pages ----------------------------------------------------------------------------------

    def _named(self, username: str) -> User | None:
        return next((user for user in self.users.values() if user.username == username), None)

    def _consent(self, action: str, kept: dict[str, str]) -> Answer:
        fields = "".join(
            f'<input type=hidden name="{escape(name)}" value="{escape(value)}">' for name, value in kept.items()
        )
        buttons = "".join(
            f'<button name=username value="{user.username}">Allow as @{user.username}</button> '
            for user in self.users.values()
        )
        refuse = '<button name=username value="">Refuse</button>'
        form = f'<form method=post action="{escape(action)}">{fields}{buttons}{refuse}</form>'
        return as_page(f"May {escape(self.app.name)} post for you?", form)


def _old_form(**fields: str) -> Answer:
    body = urlencode(fields).encode()
    return Answer(body=body, headers={"Content-Type": "application/x-www-form-urlencoded"})


def _redirect(to: str, **query: str) -> Answer:
    return Answer(status=302, headers={"Location": to + ("&" if "?" in to else "?") + urlencode(query)})
