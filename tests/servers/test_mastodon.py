"""The Mastodon server and its front, asked by Mastodon.py."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from tests.servers.fixtures import Running, approve
from tests.servers.mastodon import Mastodon
from tests.servers.proxy import Proxy

httpx = pytest.importorskip("httpx")
mastodon = pytest.importorskip("mastodon")

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) + b"\r\n\n"
Server = Running[Mastodon]
Connect = Callable[..., Any]


@pytest.fixture
def connect() -> Iterator[Connect]:
    made = []

    def to(url: str, token: str | None = "mastodon-campaign-token", **more: Any) -> Any:
        api = mastodon.Mastodon(
            access_token=token, api_base_url=url, ratelimit_method="throw", request_timeout=20, **more
        )
        made.append(api)
        return api

    yield to
    for api in made:
        api.session.close()


@pytest.fixture
def api(mastodon_server: Server, connect: Connect) -> Any:
    return connect(mastodon_server.url)


@pytest.fixture
def web(mastodon_server: Server) -> Iterator[httpx.Client]:
    headers = {"Authorization": "Bearer mastodon-campaign-token"}
    with httpx.Client(base_url=mastodon_server.url, headers=headers, timeout=20) as client:
        yield client


# --- posts --------------------------------------------------------------------------------------


def test_a_post_comes_back_as_it_was_sent(mastodon_server: Server, api: Any) -> None:
    text = "Rent < wages & more\n\nhttps://example.org/a?b=c&d=e #Rent"
    sent = api.status_post(text, visibility="unlisted", language="es", spoiler_text="Housing")
    (post,) = mastodon_server.app.posts()
    assert (post["id"], post["source"], post["visibility"]) == (str(sent.id), text, "unlisted")
    assert (post["language"], post["spoiler_text"]) == ("es", "Housing")
    assert post["url"].startswith(mastodon_server.url)


def test_a_deleted_post_is_gone(mastodon_server: Server, api: Any) -> None:
    id = api.status_post("Hello").id
    api.status_delete(id)
    assert mastodon_server.app.posts() == []
    with pytest.raises(mastodon.MastodonNotFoundError):
        api.status(id)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("a" * 500, True),
        ("a" * 501, False),
        ("👩‍👩‍👧" * 500, True),
        ("a" * 476 + " https://example.org/" + "b" * 300, True),
        ("a" * 477 + " https://example.org", False),
    ],
    ids=["500", "501", "500 families", "a link is 23", "a link too many"],
)
def test_a_text_is_counted_as_mastodon_counts(api: Any, text: str, fits: bool) -> None:
    if fits:
        assert api.status_post(text).id
    else:
        with pytest.raises(mastodon.MastodonAPIError) as refused:
            api.status_post(text)
        assert refused.value.args[1] == 422


def test_a_content_warning_counts_with_the_text(api: Any) -> None:
    assert api.status_post("a" * 490, spoiler_text="b" * 10).id
    with pytest.raises(mastodon.MastodonAPIError):
        api.status_post("a" * 490, spoiler_text="b" * 11)


def test_an_empty_post_is_refused(api: Any) -> None:
    with pytest.raises(mastodon.MastodonAPIError):
        api.status_post("")


# --- the same post twice ------------------------------------------------------------------------


def test_a_key_makes_one_post_of_two_even_with_other_words(mastodon_server: Server, api: Any) -> None:
    ids = {api.status_post(text, idempotency_key="one").id for text in ("Hello", "Hello again")}
    assert len(ids) == len(mastodon_server.app.posts()) == 1


def test_a_server_may_ignore_the_key(mastodon_server: Server, api: Any) -> None:
    mastodon_server.app.change(idempotency=False)
    assert len({api.status_post("Hello", idempotency_key="one").id for _ in range(2)}) == 2


def test_a_key_is_forgotten_after_its_time(mastodon_server: Server, api: Any) -> None:
    first = api.status_post("Hello", idempotency_key="one").id
    mastodon_server.control("/forget-keys", "{}")
    assert api.status_post("Hello", idempotency_key="one").id != first


def test_a_key_whose_post_was_deleted_makes_no_other(mastodon_server: Server, api: Any) -> None:
    api.status_delete(api.status_post("Hello", idempotency_key="one").id)
    with pytest.raises(mastodon.MastodonNotFoundError):
        api.status_post("Hello", idempotency_key="one")
    assert api.status_post("Hello", idempotency_key="two").id
    assert len(mastodon_server.app.posts()) == 1


def test_many_at_once_with_one_key_make_one_post(mastodon_server: Server, web: httpx.Client) -> None:
    def post(number: int) -> str:
        headers = {"Idempotency-Key": "one"}
        return str(web.post("/api/v1/statuses", json={"status": "Hello"}, headers=headers).json()["id"])

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(post, range(8)))) == 1
    assert len(mastodon_server.app.posts()) == 1


@pytest.mark.parametrize(("idempotency", "posts"), [(True, 1), (False, 2)])
def test_a_swallowed_answer_is_one_post_and_the_key_decides_about_a_second(
    mastodon_server: Server,
    proxy: Callable[[str], Running[Proxy]],
    connect: Connect,
    idempotency: bool,
    posts: int,
) -> None:
    mastodon_server.app.change(idempotency=idempotency)
    between = proxy(mastodon_server.url)
    api = connect(between.url)
    between.app.add("swallow", method="POST", path="/api/v1/statuses")
    with pytest.raises(mastodon.MastodonNetworkError):
        api.status_post("Hello", idempotency_key="one")
    assert len(mastodon_server.app.posts()) == 1
    api.status_post("Hello", idempotency_key="one")
    assert len(mastodon_server.app.posts()) == posts


# --- media --------------------------------------------------------------------------------------


def test_an_image_is_posted_with_its_description(mastodon_server: Server, api: Any) -> None:
    media = api.media_post(PNG, mime_type="image/png", description="A crowd <at> dusk")
    api.status_post("Look", media_ids=[media])
    (post,) = mastodon_server.app.posts()
    (shown,) = post["media_attachments"]
    assert shown["description"] == "A crowd <at> dusk"
    assert httpx.get(shown["url"], timeout=20).content == PNG


def test_media_may_be_processing_for_a_while(mastodon_server: Server, api: Any, web: httpx.Client) -> None:
    mastodon_server.app.change(processing=2)
    uploaded = web.post("/api/v2/media", files={"file": ("a.png", PNG, "image/png")})
    assert (uploaded.status_code, uploaded.json()["url"]) == (202, None)
    id = uploaded.json()["id"]
    with pytest.raises(mastodon.MastodonAPIError) as refused:
        api.status_post("Look", media_ids=[id])
    assert refused.value.args[1] == 422
    looks = [web.get(f"/api/v1/media/{id}").status_code for _ in range(4)]
    assert looks == [206, 206, 200, 200]
    assert api.status_post("Look", media_ids=[id]).media_attachments


@pytest.mark.parametrize(
    ("content", "kind", "description"),
    [
        (PNG, "image/avif", ""),
        (PNG + b"0" * 2000, "image/png", ""),
        (PNG, "image/png", "a" * 101),
    ],
    ids=["type", "size", "description"],
)
def test_media_outside_the_limits_are_refused(
    mastodon_server: Server, web: httpx.Client, content: bytes, kind: str, description: str
) -> None:
    mastodon_server.app.change(image_size_limit=1000, description_limit=100)
    files = {"file": ("a", content, kind)}
    assert web.post("/api/v2/media", files=files, data={"description": description}).status_code == 422
    assert web.post("/api/v2/media", files={"file": ("a", PNG, "image/png")}).status_code == 200


# --- what the server says of itself -------------------------------------------------------------


def test_other_limits_are_told_and_held_to(mastodon_server: Server, api: Any) -> None:
    told = {"max_characters": 1000, "url_cost": 25, "description_limit": 500, "mime_types": ["image/png"]}
    mastodon_server.control("/settings", json.dumps(told))
    configuration = api.instance_v2().configuration
    assert configuration.statuses.max_characters == 1000
    assert configuration.statuses.characters_reserved_per_url == 25
    assert configuration.media_attachments.description_limit == 500
    assert configuration.media_attachments.supported_mime_types == ["image/png"]
    assert api.status_post("a" * 974 + " https://example.org").id
    with pytest.raises(mastodon.MastodonAPIError):
        api.status_post("a" * 975 + " https://example.org")


def test_rules_are_told(mastodon_server: Server, web: httpx.Client) -> None:
    assert [rule["text"] for rule in web.get("/api/v1/instance").json()["rules"]] == list(
        mastodon_server.app.settings.rules
    )


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_server_may_have_no_api_versions(mastodon_server: Server, web: httpx.Client, version: str) -> None:
    mastodon_server.app.change(api_versions=False)
    assert "api_versions" not in web.get(f"/api/{version}/instance").json()


def test_a_server_may_know_only_the_first_instance_address(mastodon_server: Server, web: httpx.Client) -> None:
    mastodon_server.app.change(instance_v2=False)
    assert [web.get(f"/api/{version}/instance").status_code for version in ("v1", "v2")] == [200, 404]


def test_a_server_may_be_another_software(mastodon_server: Server, web: httpx.Client) -> None:
    mastodon_server.app.change(version="takahe/0.11.0")
    assert web.get("/api/v1/instance").json()["version"] == "takahe/0.11.0"


@pytest.mark.parametrize("bot", [True, False])
def test_an_account_says_whether_it_is_a_bot(mastodon_server: Server, api: Any, bot: bool) -> None:
    mastodon_server.app.change(bot=bot)
    assert api.account_verify_credentials().bot is bot


# --- limits and failures ------------------------------------------------------------------------


def test_the_reset_is_written_as_iso_or_as_a_number_or_not_at_all(mastodon_server: Server, web: httpx.Client) -> None:
    def reset(kind: str) -> str | None:
        mastodon_server.app.change(headers=kind)
        return web.get("/api/v1/instance").headers.get("X-RateLimit-Reset")

    iso, epoch, none = reset("iso"), reset("epoch"), reset("")
    assert datetime.fromisoformat(str(iso)).timestamp() == int(str(epoch))
    assert none is None


@pytest.mark.parametrize("kind", ["iso", "epoch"])
def test_too_many_requests_are_refused(mastodon_server: Server, api: Any, kind: str) -> None:
    mastodon_server.app.change(limit=2, headers=kind)
    for _ in range(2):
        api.account_verify_credentials()
    with pytest.raises(mastodon.MastodonRatelimitError):
        api.account_verify_credentials()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, mastodon.MastodonUnauthorizedError),
        (403, mastodon.MastodonAPIError),
        (404, mastodon.MastodonNotFoundError),
        (410, mastodon.MastodonAPIError),
        (422, mastodon.MastodonAPIError),
        (429, mastodon.MastodonRatelimitError),
        (500, mastodon.MastodonInternalServerError),
        (503, mastodon.MastodonServiceUnavailableError),
    ],
)
def test_the_next_answer_fails_as_asked(mastodon_server: Server, api: Any, status: int, error: type) -> None:
    mastodon_server.control("/fail", json.dumps({"status": status, "method": "POST", "path": "statuses"}))
    with pytest.raises(error):
        api.status_post("Hello")
    assert mastodon_server.app.posts() == []
    assert api.status_post("Hello").id


def test_an_answer_may_fail_after_the_post_was_taken(mastodon_server: Server, api: Any) -> None:
    mastodon_server.app.fail(503, after=True)
    with pytest.raises(mastodon.MastodonServiceUnavailableError):
        api.status_post("Hello")
    assert len(mastodon_server.app.posts()) == 1


def test_a_revoked_token_is_refused(mastodon_server: Server, api: Any) -> None:
    mastodon_server.control("/revoke", json.dumps({"token": "mastodon-campaign-token"}))
    with pytest.raises(mastodon.MastodonUnauthorizedError):
        api.status_post("Hello")


def test_a_wrong_token_is_refused(mastodon_server: Server, connect: Connect) -> None:
    with pytest.raises(mastodon.MastodonUnauthorizedError):
        connect(mastodon_server.url, "another").status_post("Hello")


# --- getting a token ----------------------------------------------------------------------------


def register(server: Server, scopes: list[str]) -> tuple[str, str]:
    id, secret = mastodon.Mastodon.create_app("Handbill", scopes=scopes, api_base_url=server.url)
    return id, secret


def log_in(server: Server, connect: Connect, scopes: list[str]) -> tuple[Any, str]:
    id, secret = register(server, scopes)
    api = connect(server.url, None, client_id=id, client_secret=secret)
    code = approve(api.auth_request_url(scopes=scopes, allow_http=True))
    api.log_in(code=code, scopes=scopes, allow_http=True)
    return api, code


def test_a_code_leads_to_a_token_that_posts(mastodon_server: Server, connect: Connect) -> None:
    api, _ = log_in(mastodon_server, connect, ["read:accounts", "write:statuses"])
    assert api.account_verify_credentials().username == "campaign"
    api.status_post("Hello")
    assert [post["source"] for post in mastodon_server.app.posts()] == ["Hello"]


def test_a_code_works_once(mastodon_server: Server, connect: Connect) -> None:
    api, code = log_in(mastodon_server, connect, ["read:accounts"])
    with pytest.raises(mastodon.MastodonIllegalArgumentError):
        api.log_in(code=code, scopes=["read:accounts"], allow_http=True)


def test_a_token_does_what_its_scopes_allow(mastodon_server: Server, connect: Connect) -> None:
    api, _ = log_in(mastodon_server, connect, ["profile", "write:media"])
    assert api.account_verify_credentials().username == "campaign"
    assert api.media_post(PNG, mime_type="image/png").id
    with pytest.raises(mastodon.MastodonAPIError) as refused:
        api.status_post("Hello")
    assert refused.value.args[1] == 403


def test_a_code_may_be_sent_back_to_an_address(mastodon_server: Server, web: httpx.Client) -> None:
    app = {"client_name": "Handbill", "redirect_uris": "http://127.0.0.1:1/back", "scopes": "read"}
    given = web.post("/api/v1/apps", data=app).json()
    query = {"client_id": given["client_id"], "redirect_uri": "http://127.0.0.1:1/back", "response_type": "code"}
    page = httpx.Request("GET", mastodon_server.url + "/oauth/authorize", params={**query, "state": "s"})
    back = httpx.URL(approve(str(page.url)))
    form = {**query, "client_secret": given["client_secret"], "code": back.params["code"]}
    asked = {**form, "grant_type": "authorization_code"}
    assert back.params["state"] == "s"
    assert web.post("/oauth/token", data={**asked, "client_secret": "wrong"}).status_code == 401
    assert web.post("/oauth/token", json=asked).json()["token_type"] == "Bearer"


def test_control_shows_what_there_is_and_refuses_what_it_does_not_know(mastodon_server: Server) -> None:
    assert json.loads(mastodon_server.control())["tokens"]["campaign"] == "mastodon-campaign-token"
    assert "no setting" in mastodon_server.control("/settings", '{"colour": 1}')
    assert "GET /_control" in mastodon_server.control("/nothing")
