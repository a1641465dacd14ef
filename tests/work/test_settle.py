"""Settle: what a person says became of a post, and taking one back."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import App
from bot.core.delivery import Delivery
from bot.core.network import Payload
from bot.core.post import Receipt
from bot.core.problem import AskedWrongly, HandbillError, SignedOut, TryLater, Uncertain
from bot.work.deliver import tick
from bot.work.settle import delivery, not_posted, posted, withdraw
from tests.publishing.stage import own_folders
from tests.servers.fixtures import Running
from tests.servers.mastodon import TOKENS, Mastodon
from tests.work.stage import CONFIG, Blind, Moody, at, blind, opened

URL = "https://town.social/@town/1"


def ended(app: App, clock: str = "09:00") -> Delivery:
    """The one delivery of nine o'clock, after a look an hour before."""
    tick(app, at("08:00"))
    (one,) = tick(app, at(clock))
    return one


def uncertain(folder: Path) -> App:
    """The app of a ledger whose first delivery is uncertain."""
    app = blind(opened(folder), Uncertain("no answer"))
    assert ended(app).state == "uncertain"
    return app


class Lost(Blind):
    """Posts it, and loses the answer."""

    def publish(self, payload: Payload, key: str) -> Receipt:
        self.inner.publish(payload, key)
        raise Uncertain("no answer")


class Deaf(Moody):
    """A network that is away."""

    def whoami(self) -> str:
        return "town"

    def find(self, payload: Payload, key: str) -> Receipt | None:
        raise TryLater("the network is away")


class Stranger(Deaf):
    """The account's keys, which belong to somebody else now."""

    def whoami(self) -> str:
        return "somebody else"


def sent(folder: Path) -> App:
    """The app of a ledger whose first delivery is sent."""
    app = opened(folder)
    assert ended(app).state == "sent"
    return app


# --- what a person says -------------------------------------------------------------------------


def test_what_is_up_is_noted_with_its_address(tmp_path: Path) -> None:
    app = uncertain(tmp_path)
    posted(app, 1, URL)
    found = delivery(app, 1)
    assert found.state == "sent" and found.receipt and found.receipt.url == URL and not found.reason
    assert tick(app, at("09:10")) == []


def test_what_is_up_needs_no_address(tmp_path: Path) -> None:
    app = uncertain(tmp_path)
    posted(app, 1, "")
    found = delivery(app, 1)
    assert found.state == "sent" and found.receipt and not found.receipt.url


@pytest.mark.parametrize("url", ["done", "javascript:alert(1)", "town.social/@town/1"])
def test_an_address_is_one(tmp_path: Path, url: str) -> None:
    app = uncertain(tmp_path)
    with pytest.raises(AskedWrongly, match="begins with https://"):
        posted(app, 1, url)
    assert delivery(app, 1).state == "uncertain"


def test_what_is_found_on_the_network_stays_as_it_is_unless_the_person_is_sure(tmp_path: Path) -> None:
    lost = blind(opened(tmp_path), kind=Lost)  # it is there, and neither its answer nor a look came through
    assert ended(lost).state == "uncertain"
    app = opened(tmp_path)
    with pytest.raises(HandbillError, match=r"It is up: file:.*Nothing was changed\.\n.*settle 1 --posted file:"):
        not_posted(app, 1)
    assert delivery(app, 1).state == "uncertain"
    assert not_posted(app, 1, sure=True).state == "planned"


def test_where_nobody_can_look_the_person_must_be_sure(tmp_path: Path) -> None:
    app = uncertain(tmp_path)
    deaf = replace(app, connect=lambda *_: Deaf(None, iter(())))
    with pytest.raises(HandbillError, match=r"Nobody can look just now.*away.*--sure"):
        not_posted(deaf, 1)
    assert delivery(app, 1).state == "uncertain"
    assert not_posted(deaf, 1, sure=True).state == "planned"


def test_another_account_under_its_name_is_not_asked_whether_it_is_up(tmp_path: Path) -> None:
    app = uncertain(tmp_path)
    with pytest.raises(HandbillError, match="connected to another account now"):
        not_posted(replace(app, connect=lambda *_: Stranger(None, iter(()))), 1)
    assert delivery(app, 1).state == "uncertain"


def test_what_became_clear_meanwhile_is_not_settled_by_hand(tmp_path: Path) -> None:
    app, reader = uncertain(tmp_path), opened(tmp_path)
    assert delivery(reader, 1).state == "uncertain"
    posted(app, 1, URL)
    assert delivery(reader, 1).state == "uncertain", "as it was when this command began"
    with pytest.raises(AskedWrongly, match="is sent, not uncertain"):
        not_posted(reader, 1)


def test_what_is_not_up_has_its_turn_again(tmp_path: Path) -> None:
    app = uncertain(tmp_path)
    assert not_posted(app, 1).state == "planned"
    (again,) = tick(app, at("09:10"))
    assert again.id == 1 and again.state == "sent"


def test_what_is_not_up_and_too_late_is_missed(tmp_path: Path) -> None:
    app = uncertain(tmp_path)
    not_posted(app, 1)
    assert [one.state for one in tick(app, at("16:00"))] == ["missed"]


@pytest.mark.parametrize("say", [lambda app: posted(app, 1, URL), lambda app: not_posted(app, 1)])
def test_only_what_is_uncertain_is_settled(tmp_path: Path, say: object) -> None:
    app = sent(tmp_path)
    before = delivery(app, 1)
    with pytest.raises(AskedWrongly, match="is sent, not uncertain"):
        say(app)  # type: ignore[operator]
    assert delivery(app, 1) == before


@pytest.mark.parametrize("number", [0, 7, -1, 10**20])
def test_a_number_that_is_not_there_is_told(tmp_path: Path, number: int) -> None:
    with pytest.raises(AskedWrongly, match=f"no delivery {number}"):
        delivery(opened(tmp_path), number)
    with pytest.raises(AskedWrongly, match=f"no delivery {number}"):
        posted(sent(tmp_path), number, URL)


def test_while_the_engine_is_at_it_nothing_is_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.work.settle.PATIENCE", 0)
    app = uncertain(tmp_path)
    lease = app.store.lease("town", "another run", 60)
    for say in (lambda: posted(app, 1, URL), lambda: not_posted(app, 1)):
        with pytest.raises(HandbillError, match="Try again in a minute"):
            say()
    assert lease and delivery(app, 1).state == "uncertain"
    app.store.release(lease)
    assert posted(app, 1, URL).state == "sent"


# --- taking back --------------------------------------------------------------------------------

ON_MASTODON = CONFIG.replace('network = "outbox"', 'network = "mastodon"\nserver = "{server}"\ntoken_env = "TOKEN"')


def on_mastodon(folder: Path, server: str, token: str = TOKENS["campaign"]) -> App:
    """The app of a Mastodon account that has begun."""
    app = opened(folder, {"one.txt": "One."}, told=ON_MASTODON.replace("{server}", server))
    app = replace(app, environ={"TOKEN": token, **own_folders(folder)})
    app.store.start("town", at("08:00"))
    return app


@pytest.fixture
def said(tmp_path: Path, mastodon_server: Running[Mastodon]) -> Iterator[App]:
    """An app whose post stands on a server."""
    app = on_mastodon(tmp_path, mastodon_server.url)
    assert ended(app).state == "sent" and len(mastodon_server.app.posts()) == 1
    yield app
    app.store.close()


def test_a_withdrawn_post_is_gone_and_noted(said: App, mastodon_server: Running[Mastodon]) -> None:
    withdraw(said, 1)
    found = delivery(said, 1)
    assert (
        mastodon_server.app.posts() == [] and found.state == "sent" and found.reason.startswith("withdrawn 2026-12-01")
    )
    assert tick(said, at("09:10")) == []


def test_a_second_withdraw_asks_the_network_nothing(said: App, mastodon_server: Running[Mastodon]) -> None:
    first = withdraw(said, 1)
    mastodon_server.app.fail(500, times=9)
    assert withdraw(said, 1) == first


def test_a_post_that_somebody_deleted_already_is_withdrawn(said: App) -> None:
    publisher, receipt = said.publisher(said.config.accounts["town"]), delivery(said, 1).receipt
    assert publisher.delete and receipt
    publisher.delete(receipt)
    assert withdraw(said, 1).reason.startswith("withdrawn")


def test_what_the_network_refuses_to_delete_is_not_noted_as_withdrawn(
    said: App, mastodon_server: Running[Mastodon]
) -> None:
    mastodon_server.app.fail(503, method="DELETE")
    with pytest.raises(HandbillError):
        withdraw(said, 1)
    assert not delivery(said, 1).reason and len(mastodon_server.app.posts()) == 1


def test_while_the_engine_is_at_it_nothing_is_deleted(
    said: App, mastodon_server: Running[Mastodon], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.work.settle.PATIENCE", 0)
    assert said.store.lease("town", "another run", 60)
    with pytest.raises(HandbillError, match="Try again in a minute"):
        withdraw(said, 1)
    assert len(mastodon_server.app.posts()) == 1


def test_another_account_than_the_one_that_said_it_deletes_nothing(
    tmp_path: Path, said: App, mastodon_server: Running[Mastodon]
) -> None:
    with pytest.raises(HandbillError, match=r"connected to another account now.*Delete it yourself: http"):
        withdraw(on_mastodon(tmp_path, mastodon_server.url, TOKENS["other"]), 1)
    assert len(mastodon_server.app.posts()) == 1 and not delivery(said, 1).reason


def test_an_account_that_is_gone_says_where_to_delete(tmp_path: Path, said: App) -> None:
    without = opened(tmp_path, told='[accounts.other]\nnetwork = "outbox"\n')
    with pytest.raises(HandbillError, match=r"no longer in config\.toml\. Delete it yourself: http"):
        withdraw(without, 1)


def test_a_signed_out_account_cannot_withdraw(tmp_path: Path, said: App, mastodon_server: Running[Mastodon]) -> None:
    mastodon_server.app.revoked.add(TOKENS["campaign"])
    with pytest.raises(SignedOut, match="account connect town"):
        withdraw(said, 1)
    mastodon_server.app.revoked.clear()


def test_where_a_person_posted_a_person_must_delete(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    mastodon_server.app.change(version="takahe/0.11.0")  # which knows no keys, so that a person must look
    app = on_mastodon(tmp_path, mastodon_server.url)
    mastodon_server.app.fail(500, method="POST", path="/api/v1/statuses")
    assert ended(app).state == "sending"  # what was just posted may not be shown yet: it is looked for twice
    assert [one.state for one in tick(app, at("09:01"))] == ["uncertain"]
    posted(app, 1, URL)
    with pytest.raises(HandbillError, match=f"A person posted this.*{URL}"):
        withdraw(app, 1)


def test_by_hand_it_is_said_where_to_delete(tmp_path: Path) -> None:
    by_hand = CONFIG.replace('network = "outbox"', 'network = "instagram"\npublish = "by hand"')
    app = opened(tmp_path, told=by_hand)
    assert ended(app).state == "uncertain"
    posted(app, 1, URL)
    with pytest.raises(HandbillError, match=f"Instagram lets nobody but a person delete this. Do it there: {URL}"):
        withdraw(app, 1)


def test_what_was_not_sent_cannot_be_withdrawn(tmp_path: Path) -> None:
    with pytest.raises(AskedWrongly, match="is uncertain: only what was sent"):
        withdraw(uncertain(tmp_path), 1)


def test_an_outbox_gives_its_post_back(tmp_path: Path) -> None:
    app = sent(tmp_path)
    assert len(list((tmp_path / "outbox").glob("*.txt"))) == 1
    withdraw(app, 1)
    assert not list((tmp_path / "outbox").glob("*.txt"))
