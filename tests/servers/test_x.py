"""The X server, asked by tweepy and by plain requests."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import pytest

from tests.servers.fixtures import Running, approve
from tests.servers.proxy import Proxy
from tests.servers.x import X

tweepy = pytest.importorskip("tweepy")
requests = pytest.importorskip("requests")
OAuth1 = pytest.importorskip("requests_oauthlib").OAuth1

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 12 + b"\r\n\n"
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."


class Redirect(requests.adapters.HTTPAdapter):
    """Sends what is meant for X to another address."""

    def __init__(self, base: str) -> None:
        self.base = urlsplit(base)
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        asked = urlsplit(request.url or "")
        request.url = urlunsplit((self.base.scheme, self.base.netloc, asked.path, asked.query, ""))
        return super().send(request, *args, **{**more, "timeout": 20})


Connect = Callable[..., tweepy.Client]


@pytest.fixture
def connect() -> Iterator[Connect]:
    made = []

    def to(url: str, username: str = "campaign", user_id: int = 1001, secret: str = "") -> tweepy.Client:
        client = tweepy.Client(
            consumer_key="x-consumer-key",
            consumer_secret="x-consumer-secret",
            access_token=f"{user_id}-{username}-token",
            access_token_secret=secret or f"{username}-token-secret",
        )
        client.session.mount("https://api.twitter.com/", Redirect(url))
        made.append(client)
        return client

    yield to
    for client in made:
        client.session.close()


@pytest.fixture
def client(x_server: Running[X], connect: Connect) -> tweepy.Client:
    return connect(x_server.url)


@pytest.fixture
def bearer(x_server: Running[X]) -> Iterator[Callable[..., requests.Response]]:
    """Ask with an OAuth 2.0 token: bearer("POST", "/2/tweets", json=...)."""
    with requests.Session() as session:

        def ask(method: str, path: str, token: str = "campaign-access", **more: Any) -> requests.Response:
            headers = {"Authorization": f"Bearer {token}"}
            return session.request(method, x_server.url + path, headers=headers, timeout=20, **more)

        yield ask


@pytest.fixture
def token(x_server: Running[X]) -> Iterator[Callable[..., requests.Response]]:
    """Ask the token address of OAuth 2.0."""
    with requests.Session() as session:
        yield lambda **form: session.post(
            x_server.url + "/2/oauth2/token", data={"client_id": "x-client-id", **form}, timeout=20
        )


# --- who asks -----------------------------------------------------------------------------------


def test_a_right_signature_is_accepted(client: tweepy.Client) -> None:
    assert client.get_me(user_fields=["created_at"]).data.username == "campaign"


def test_a_wrong_secret_is_refused_and_the_server_says_why(x_server: Running[X], connect: Connect) -> None:
    with pytest.raises(tweepy.Unauthorized):
        connect(x_server.url, secret="another").create_tweet(text="Hello")
    assert x_server.app.refused == ["POST /2/tweets: the signature does not fit the request and the secrets"]


def test_a_signature_for_another_path_is_refused(x_server: Running[X]) -> None:
    auth = OAuth1("x-consumer-key", "x-consumer-secret", "1001-campaign-token", "campaign-token-secret")
    signed = requests.Request("GET", x_server.url + "/2/users/me", auth=auth).prepare()
    with requests.Session() as session:
        assert session.send(signed, timeout=20).status_code == 200
        signed.url = x_server.url + "/2/users/1001/tweets"
        assert session.send(signed, timeout=20).status_code == 401
    assert "the signature does not fit" in x_server.app.refused[0]


def test_a_signed_request_is_taken_once(x_server: Running[X]) -> None:
    auth = OAuth1("x-consumer-key", "x-consumer-secret", "1001-campaign-token", "campaign-token-secret")
    signed = requests.Request("GET", x_server.url + "/2/users/me", auth=auth).prepare()
    with requests.Session() as session:
        assert [session.send(signed, timeout=20).status_code for _ in range(2)] == [200, 401]
    assert "the nonce is missing or was used before" in x_server.app.refused[0]


def test_a_signature_covers_the_query(client: tweepy.Client) -> None:
    odd = client.get_users_tweets(1001, max_results=5, tweet_fields=["created_at", "entities"], user_auth=True)
    assert odd.meta == {"result_count": 0}


def test_a_signature_covers_no_file(x_server: Running[X]) -> None:
    auth = OAuth1("x-consumer-key", "x-consumer-secret", "1001-campaign-token", "campaign-token-secret")
    form, files = {"media_category": "tweet_image"}, {"media": ("a.png", PNG, "image/png")}
    answer = requests.post(x_server.url + "/2/media/upload", auth=auth, data=form, files=files, timeout=20)
    assert x_server.app.shelf.media[answer.json()["data"]["id"]].content == PNG


def test_a_clock_that_is_far_off_is_refused(x_server: Running[X], client: tweepy.Client) -> None:
    x_server.app.change(clock=3600)
    with pytest.raises(tweepy.Unauthorized):
        client.get_me()


def test_a_revoked_token_is_refused(x_server: Running[X], client: tweepy.Client) -> None:
    x_server.control("/revoke", json.dumps({"token": "1001-campaign-token"}))
    with pytest.raises(tweepy.Unauthorized):
        client.get_me()


def test_a_token_without_the_scope_is_forbidden(x_server: Running[X], bearer: Any) -> None:
    given = x_server.app.people.give(x_server.app.campaign, ["tweet.read", "users.read"])
    assert bearer("GET", "/2/users/me", given["access_token"]).status_code == 200
    refused = bearer("POST", "/2/tweets", given["access_token"], json={"text": "Hello"})
    assert (refused.status_code, refused.json()["detail"]) == (403, "The token lacks a scope: tweet.write")


def test_an_app_alone_cannot_post(x_server: Running[X], bearer: Any) -> None:
    given = x_server.app.people.give(None, ["tweet.read"])
    refused = bearer("POST", "/2/tweets", given["access_token"], json={"text": "Hello"})
    assert refused.json()["title"] == "Unsupported Authentication"


# --- getting tokens -----------------------------------------------------------------------------


def test_a_pin_leads_to_tokens_that_post(x_server: Running[X], connect: Connect) -> None:
    handler = tweepy.OAuth1UserHandler("x-consumer-key", "x-consumer-secret", callback="oob")
    handler.oauth.mount("https://api.twitter.com/", Redirect(x_server.url))
    page = handler.get_authorization_url()
    handler.oauth.close()
    pin = approve(page.replace("https://api.twitter.com", x_server.url), "other")
    auth = OAuth1(
        "x-consumer-key",
        "x-consumer-secret",
        handler.request_token["oauth_token"],
        handler.request_token["oauth_token_secret"],
        verifier=pin,
    )
    given = parse_qs(requests.post(x_server.url + "/oauth/access_token", auth=auth, timeout=20).text)
    assert given["screen_name"] == ["other"]
    client = connect(x_server.url, secret=given["oauth_token_secret"][0])
    client.access_token = given["oauth_token"][0]
    assert client.create_tweet(text="Hello").data["text"] == "Hello"


def code_for(x_server: Running[X], verifier: str, scope: str = "tweet.read users.read offline.access") -> str:
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": "x-client-id",
        "redirect_uri": "http://127.0.0.1:1/back",
        "scope": scope,
        "state": "one&two",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    page = requests.Request("GET", x_server.url + "/i/oauth2/authorize", params=query).prepare().url
    back = parse_qs(urlsplit(approve(page or "")).query)
    assert back["state"] == ["one&two"]
    return back["code"][0]


def test_a_code_with_its_verifier_leads_to_tokens_once(x_server: Running[X], token: Any, bearer: Any) -> None:
    form = {"grant_type": "authorization_code", "redirect_uri": "http://127.0.0.1:1/back", "code_verifier": "v" * 50}
    form["code"] = code_for(x_server, "v" * 50)
    given = token(**form).json()
    assert given["expires_in"] == 7200
    assert bearer("GET", "/2/users/me", given["access_token"]).json()["data"]["username"] == "campaign"
    assert token(**form).status_code == 400


def test_a_wrong_verifier_is_refused(x_server: Running[X], token: Any) -> None:
    form = {"grant_type": "authorization_code", "redirect_uri": "http://127.0.0.1:1/back", "code_verifier": "w" * 50}
    assert token(**form, code=code_for(x_server, "v" * 50)).status_code == 400


def test_a_refresh_token_is_exchanged_for_a_new_one_and_is_then_used_up(token: Any) -> None:
    first = token(grant_type="refresh_token", refresh_token="campaign-refresh").json()
    assert first["refresh_token"] != "campaign-refresh"
    assert token(grant_type="refresh_token", refresh_token="campaign-refresh").json()["error"] == "invalid_request"
    assert token(grant_type="refresh_token", refresh_token=first["refresh_token"]).status_code == 200


def test_an_expired_access_token_is_refused_until_it_is_refreshed(
    x_server: Running[X], token: Any, bearer: Any
) -> None:
    x_server.control("/expire", "{}")
    assert bearer("GET", "/2/users/me").status_code == 401
    fresh = token(grant_type="refresh_token", refresh_token="campaign-refresh").json()["access_token"]
    assert bearer("GET", "/2/users/me", fresh).status_code == 200


def test_an_access_token_lasts_two_hours(x_server: Running[X], bearer: Any) -> None:
    x_server.app.change(clock=7190)
    assert bearer("GET", "/2/users/me").status_code == 200
    x_server.app.change(clock=7201)
    assert bearer("GET", "/2/users/me").status_code == 401


# --- posts --------------------------------------------------------------------------------------


def test_a_post_comes_back_with_short_links_and_escaped_signs(client: tweepy.Client) -> None:
    client.create_tweet(text="Rent < wages & example.org/a see https://example.org/b?c=1&d=2")
    (post,) = client.get_users_tweets(1001, tweet_fields=["entities", "created_at"], user_auth=True).data
    urls = post.entities["urls"]
    assert [url["expanded_url"] for url in urls] == ["http://example.org/a", "https://example.org/b?c=1&d=2"]
    assert post.text == f"Rent &lt; wages &amp; {urls[0]['url']} see {urls[1]['url']}"
    assert all(post.text[url["start"] : url["end"]] == url["url"] for url in urls)


def test_posts_come_newest_first_since_an_id(client: tweepy.Client) -> None:
    ids = [client.create_tweet(text=f"Number {number}").data["id"] for number in range(7)]
    found = client.get_users_tweets(1001, max_results=5, user_auth=True)
    assert [str(post.id) for post in found.data] == ids[:1:-1]
    since = client.get_users_tweets(1001, since_id=ids[5], user_auth=True)
    assert [str(post.id) for post in since.data] == ids[6:]


@pytest.mark.parametrize(("left_out", "shown"), [([], 2), (["retweets"], 2), (["replies", "retweets"], 1)], ids=str)
def test_answers_can_be_left_out(client: tweepy.Client, left_out: list[str], shown: int) -> None:
    first = client.create_tweet(text="One").data["id"]
    client.create_tweet(text="Two", in_reply_to_tweet_id=first)
    assert client.get_users_tweets(1001, exclude=left_out, user_auth=True).meta["result_count"] == shown
    with pytest.raises(tweepy.BadRequest):
        client.get_users_tweets(1001, exclude=["jokes"], user_auth=True)


@pytest.mark.parametrize("size", [4, 101])
def test_a_page_holds_5_to_100_posts(client: tweepy.Client, size: int) -> None:
    with pytest.raises(tweepy.BadRequest):
        client.get_users_tweets(1001, max_results=size, user_auth=True)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("a" * 280, True),
        ("a" * 281, False),
        ("语" * 140, True),
        ("语" * 141, False),
        ("a" * 256 + " https://example.org/" + "b" * 200, True),
        ("a" * 257 + " https://example.org", False),
        ("", False),
        (" \n ", False),
    ],
    ids=["280", "281", "140 wide", "141 wide", "a link is 23", "a link too many", "empty", "blank"],
)
def test_a_text_is_counted_as_x_counts(client: tweepy.Client, text: str, fits: bool) -> None:
    if fits:
        assert client.create_tweet(text=text).data["id"]
    else:
        with pytest.raises(tweepy.BadRequest):
            client.create_tweet(text=text)


def test_the_same_text_twice_is_refused_until_the_first_is_deleted(client: tweepy.Client) -> None:
    first = client.create_tweet(text="Hello, all").data["id"]
    with pytest.raises(tweepy.Forbidden) as refused:
        client.create_tweet(text=" Hello, all ")
    assert refused.value.api_messages == [DUPLICATE]
    assert client.delete_tweet(first).data == {"deleted": True}
    assert client.create_tweet(text="Hello, all").data["id"] != first


def test_two_accounts_may_say_the_same_and_cannot_delete_each_others(x_server: Running[X], connect: Connect) -> None:
    mine = connect(x_server.url).create_tweet(text="Hello").data["id"]
    other = connect(x_server.url, "other", 1002)
    assert other.create_tweet(text="Hello").data["id"] != mine
    with pytest.raises(tweepy.Forbidden):
        other.delete_tweet(mine)


def test_half_a_letter_is_refused(bearer: Any) -> None:
    assert bearer("POST", "/2/tweets", data=b'{"text": "\\ud83d"}').status_code == 400


def test_an_unknown_field_is_refused(bearer: Any) -> None:
    refused = bearer("POST", "/2/tweets", json={"text": "Hello", "colour": "red"})
    assert (refused.status_code, list(refused.json()["errors"][0]["parameters"])) == (400, ["colour"])


@pytest.mark.parametrize(
    "more",
    [
        {"text": "Dear @mayor"},
        {"text": "Hi", "reply": {"in_reply_to_tweet_id": "5"}},
        {"text": "Hi", "quote_tweet_id": "5"},
    ],
    ids=["mention", "reply", "quote"],
)
def test_what_x_takes_from_no_app_is_forbidden_until_switched_on(x_server: Running[X], bearer: Any, more: Any) -> None:
    assert bearer("POST", "/2/tweets", json=more).status_code == 403
    x_server.app.change(mentions=True, replies=True, quotes=True)
    assert bearer("POST", "/2/tweets", json=more).status_code == 201


# --- media --------------------------------------------------------------------------------------


def upload(bearer: Any, content: bytes = PNG, token: str = "campaign-access") -> Any:
    form = {"media_category": "tweet_image", "media_type": "image/png"}
    return bearer("POST", "/2/media/upload", token, data=form, files={"media": ("a.png", content)})


def test_an_image_with_alt_text_is_posted(x_server: Running[X], client: tweepy.Client, bearer: Any) -> None:
    media = upload(bearer).json()["data"]["id"]
    told = {"id": media, "metadata": {"alt_text": {"text": "A crowd <at> dusk"}}}
    assert bearer("POST", "/2/media/metadata", json=told).status_code == 200
    client.create_tweet(text="Look", media_ids=[media])
    (post,) = json.loads(x_server.control("/posts"))
    assert [one["alt"] for one in post["media"]] == ["A crowd <at> dusk"]
    assert x_server.app.shelf.media[media].content == PNG
    found = client.get_users_tweets(
        1001, expansions="attachments.media_keys", media_fields="alt_text", tweet_fields="entities", user_auth=True
    )
    assert found.includes["media"][0].alt_text == "A crowd <at> dusk"
    assert found.data[0].text.startswith("Look https://t.co/")


def test_a_file_in_pieces_is_put_together_and_worked_on(x_server: Running[X], bearer: Any) -> None:
    x_server.app.change(media_polls=2)
    asked = {"media_type": "image/png", "total_bytes": len(PNG), "media_category": "tweet_image"}
    id = bearer("POST", "/2/media/upload/initialize", json=asked).json()["data"]["id"]
    for index, piece in enumerate([PNG[:1000], PNG[1000:]]):
        files = {"media": ("blob", piece)}
        assert bearer("POST", f"/2/media/upload/{id}/append", data={"segment_index": index}, files=files).ok
    ended = bearer("POST", f"/2/media/upload/{id}/finalize").json()["data"]
    assert ended["processing_info"]["state"] == "pending"
    assert bearer("POST", "/2/tweets", json={"text": "Hi", "media": {"media_ids": [id]}}).status_code == 400
    states = [
        bearer("GET", "/2/media/upload", params={"command": "STATUS", "media_id": id}).json()["data"]["processing_info"]
        for _ in range(2)
    ]
    assert [state["state"] for state in states] == ["in_progress", "succeeded"]
    assert bearer("POST", "/2/tweets", json={"text": "Hi", "media": {"media_ids": [id]}}).status_code == 201


def test_a_piece_may_come_as_json(x_server: Running[X], bearer: Any) -> None:
    asked = {"media_type": "image/png", "total_bytes": len(PNG), "media_category": "tweet_image"}
    id = bearer("POST", "/2/media/upload/initialize", json=asked).json()["data"]["id"]
    piece = {"segment_index": 0, "media": b64encode(PNG).decode()}
    assert bearer("POST", f"/2/media/upload/{id}/append", json=piece).ok
    assert "processing_info" not in bearer("POST", f"/2/media/upload/{id}/finalize").json()["data"]
    assert x_server.app.shelf.media[id].content == PNG


def test_a_file_with_a_piece_missing_is_refused(bearer: Any) -> None:
    asked = {"media_type": "image/png", "total_bytes": len(PNG), "media_category": "tweet_image"}
    id = bearer("POST", "/2/media/upload/initialize", json=asked).json()["data"]["id"]
    assert bearer("POST", f"/2/media/upload/{id}/finalize").status_code == 400


def test_media_that_fail_to_be_processed_cannot_be_posted(x_server: Running[X], bearer: Any) -> None:
    x_server.app.change(media_fails=True)
    id = upload(bearer).json()["data"]["id"]
    status = bearer("GET", "/2/media/upload", params={"command": "STATUS", "media_id": id}).json()
    assert status["data"]["processing_info"]["state"] == "failed"
    assert bearer("POST", "/2/tweets", json={"text": "Hi", "media": {"media_ids": [id]}}).status_code == 400


@pytest.mark.parametrize("count", [0, 5])
def test_a_post_has_one_to_four_files(bearer: Any, count: int) -> None:
    ids = [upload(bearer).json()["data"]["id"] for _ in range(count)]
    assert bearer("POST", "/2/tweets", json={"text": "Hi", "media": {"media_ids": ids}}).status_code == 400


def test_unknown_media_and_those_of_another_are_refused(bearer: Any) -> None:
    others = upload(bearer, token="other-access").json()["data"]["id"]
    for id in ("1234", others):
        refused = bearer("POST", "/2/tweets", json={"text": "Hi", "media": {"media_ids": [id]}})
        assert (refused.status_code, refused.json()["detail"]) == (400, "Your media IDs are invalid.")


def test_media_are_gone_after_a_day(x_server: Running[X], bearer: Any) -> None:
    x_server.app.change(access_seconds=10**6)
    long = x_server.app.people.give(x_server.app.campaign, ["tweet.read", "tweet.write", "users.read", "media.write"])
    id = upload(bearer, token=long["access_token"]).json()["data"]["id"]
    x_server.app.change(clock=24 * 3600 + 60)
    refused = bearer("POST", "/2/tweets", long["access_token"], json={"text": "Hi", "media": {"media_ids": [id]}})
    assert refused.status_code == 400


@pytest.mark.parametrize(("length", "status"), [(1000, 200), (1001, 400)])
def test_an_alt_text_has_at_most_1000_characters(bearer: Any, length: int, status: int) -> None:
    told = {"id": upload(bearer).json()["data"]["id"], "metadata": {"alt_text": {"text": "é" * length}}}
    assert bearer("POST", "/2/media/metadata", json=told).status_code == status


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff" + b"0" * 50, PNG + b"0" * 5 * 1024 * 1024])
def test_an_empty_a_mislabelled_and_a_huge_file_are_refused(bearer: Any, content: bytes) -> None:
    assert upload(bearer, content).status_code == 400


# --- limits, money, accounts --------------------------------------------------------------------


def test_too_many_posts_wait_until_the_reset(x_server: Running[X], client: tweepy.Client, bearer: Any) -> None:
    x_server.app.change(limits={"POST /2/tweets": 2})
    for number in range(2):
        client.create_tweet(text=f"Number {number}")
    with pytest.raises(tweepy.TooManyRequests) as refused:
        client.create_tweet(text="Number 3")
    assert refused.value.response.headers["x-rate-limit-remaining"] == "0"
    x_server.app.change(clock=refused.value.reset_time - x_server.app.now() + 1)
    assert bearer("POST", "/2/tweets", json={"text": "Number 3"}).status_code == 201


@pytest.mark.parametrize(("setting", "whose"), [("user_posts", "user"), ("app_posts", "app")])
def test_a_day_has_its_own_limits(x_server: Running[X], bearer: Any, setting: str, whose: str) -> None:
    x_server.app.change(**{setting: 2}, access_seconds=10**6)
    token = x_server.app.people.give(x_server.app.other, ["tweet.read", "tweet.write", "users.read"])["access_token"]
    answers = [bearer("POST", "/2/tweets", token, json={"text": f"Number {number}"}) for number in range(3)]
    name = f"x-{whose}-limit-24hour"
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert [answer.headers[f"{name}-remaining"] for answer in answers] == ["1", "0", "0"]
    assert (bearer("POST", "/2/tweets", json={"text": "Hi"}).status_code == 429) is (whose == "app")
    x_server.app.change(clock=int(answers[2].headers[f"{name}-reset"]) - x_server.app.now() + 1)
    assert bearer("POST", "/2/tweets", token, json={"text": "Number 3"}).status_code == 201


def test_no_answer_tells_of_a_limit_that_does_not_hold(bearer: Any) -> None:
    assert not [name for name in bearer("POST", "/2/tweets", json={"text": "Hi"}).headers if "24hour" in name]


def test_every_answer_has_a_date_by_the_servers_clock(x_server: Running[X], bearer: Any) -> None:
    x_server.app.change(clock=-100 * 24 * 3600)
    seen = parsedate_to_datetime(bearer("GET", "/2/users/me").headers["Date"]).timestamp()
    assert abs(seen - x_server.app.now()) < 60


@pytest.mark.parametrize(("owned", "cost"), [(False, "0.030"), (True, "0.026")], ids=["another's app", "an own app"])
def test_what_is_read_costs_once_a_day(x_server: Running[X], client: tweepy.Client, owned: bool, cost: str) -> None:
    x_server.app.change(owned=owned)
    client.create_tweet(text="Hello")
    for _ in range(2):
        client.get_me()
        client.get_users_tweets(1001, user_auth=True)
    assert str(x_server.app.spent) == cost


def test_what_is_read_costs_again_on_the_next_day(x_server: Running[X], bearer: Any) -> None:
    x_server.app.change(access_seconds=10**6)
    token = x_server.app.people.give(x_server.app.campaign, ["tweet.read", "users.read"])["access_token"]
    for day in range(2):
        x_server.app.change(clock=day * 24 * 3600)
        assert bearer("GET", "/2/users/me", token).status_code == 200
    assert str(x_server.app.spent) == "0.020"


def test_a_post_with_a_link_costs_more(x_server: Running[X], client: tweepy.Client) -> None:
    client.create_tweet(text="No link")
    client.create_tweet(text="See example.org")
    assert str(x_server.app.spent) == "0.215"


def test_spent_credits_are_402(x_server: Running[X], client: tweepy.Client) -> None:
    x_server.control("/settings", json.dumps({"credits": 0.02}))
    client.create_tweet(text="The last cents")
    with pytest.raises(tweepy.HTTPException) as refused:
        client.create_tweet(text="One more")
    assert refused.value.response.status_code == 402
    assert refused.value.response.json()["title"] == "CreditsDepleted"


@pytest.mark.parametrize(
    ("setting", "status", "kind"),
    [
        ({"capped": 429}, 429, "usage-capped"),
        ({"capped": 403}, 403, "usage-capped"),
        ({"enrolled": False}, 403, "client-forbidden"),
        ({"may_write": False}, 403, "oauth1-permissions"),
    ],
    ids=["capped 429", "capped 403", "not enrolled", "may only read"],
)
def test_an_app_is_refused(x_server: Running[X], client: tweepy.Client, setting: Any, status: int, kind: str) -> None:
    x_server.app.change(**setting)
    with pytest.raises(tweepy.HTTPException) as refused:
        client.create_tweet(text="Hello")
    answer = refused.value.response
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (status, kind)


@pytest.mark.parametrize("state", ["suspended", "locked"])
def test_a_suspended_or_locked_account_is_forbidden(x_server: Running[X], client: tweepy.Client, state: str) -> None:
    x_server.control("/users", json.dumps({"username": "campaign", "state": state}))
    with pytest.raises(tweepy.Forbidden, match=state):
        client.create_tweet(text="Hello")


# --- failures on demand -------------------------------------------------------------------------


def test_the_next_answers_fail_as_asked(x_server: Running[X], client: tweepy.Client) -> None:
    x_server.control("/fail", json.dumps({"status": 503, "times": 2, "method": "POST"}))
    for _ in range(2):
        with pytest.raises(tweepy.TwitterServerError):
            client.create_tweet(text="Hello")
    assert client.create_tweet(text="Hello").data["id"]


def test_a_limit_on_demand_says_when_it_ends(x_server: Running[X], client: tweepy.Client) -> None:
    x_server.app.fail(429)
    with pytest.raises(tweepy.TooManyRequests) as refused:
        client.create_tweet(text="Hello")
    assert refused.value.reset_time > x_server.app.now()


def test_an_answer_may_fail_after_the_post_was_taken(x_server: Running[X], client: tweepy.Client) -> None:
    x_server.app.fail(500, path="/2/tweets", after=True)
    with pytest.raises(tweepy.TwitterServerError):
        client.create_tweet(text="Hello")
    with pytest.raises(tweepy.Forbidden, match="duplicate"):
        client.create_tweet(text="Hello")


def test_a_swallowed_answer_leaves_exactly_one_post(
    x_server: Running[X], proxy: Callable[[str], Running[Proxy]], connect: Connect
) -> None:
    between = proxy(x_server.url)
    client = connect(between.url)
    between.app.add("swallow", method="POST", path="/2/tweets")
    with pytest.raises(requests.ConnectionError):
        client.create_tweet(text="Hello")
    with pytest.raises(tweepy.Forbidden, match="duplicate"):
        client.create_tweet(text="Hello")
    assert [post.sent for post in x_server.app.posts.values()] == ["Hello"]
    assert between.app.times_taken("POST", "/2/tweets") == 2


def test_control_shows_what_there_is_and_refuses_what_it_does_not_know(x_server: Running[X]) -> None:
    assert json.loads(x_server.control())["app"]["consumer_key"] == "x-consumer-key"
    assert "no setting" in x_server.control("/settings", '{"colour": 1}')
    assert "GET /_control" in x_server.control("/nothing")
