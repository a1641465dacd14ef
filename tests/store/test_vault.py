"""What is kept of an account is encrypted, and lost to nobody but a thief of the ledger."""

import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from bot.core.problem import HandbillError, SignedOut
from bot.store import open_store
from bot.store.vault import Vault, read_key

Open = Callable[..., Vault]


@pytest.fixture
def vault(tmp_path: Path) -> Open:
    store = open_store(f"sqlite:///{tmp_path}/ledger.db")
    return lambda account="town", key="key": Vault(store, account, tmp_path / "state" / key)


def test_what_was_kept_is_there_for_the_next_run(vault: Open) -> None:
    vault()["session"] = "s3cret ünd more"
    assert dict(vault()) == {"session": "s3cret ünd more"}


def test_accounts_do_not_see_each_other(vault: Open) -> None:
    vault("town")["session"] = "a"
    assert "session" not in vault("village")


def test_the_ledger_holds_no_secret_in_the_clear(vault: Open, tmp_path: Path) -> None:
    vault()["session"] = "s3cret"
    assert not any(b"s3cret" in file.read_bytes() for file in tmp_path.glob("ledger.db*"))
    assert "s3cret" not in repr(vault())


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps rights in another way")
def test_only_its_owner_may_read_the_key(vault: Open, tmp_path: Path) -> None:
    vault()["session"] = "a"
    assert stat.S_IMODE((tmp_path / "state" / "key").stat().st_mode) == 0o600


def test_a_wrong_key_signs_the_account_out_and_loses_nothing(vault: Open) -> None:
    vault()["session"] = "a"
    with pytest.raises(SignedOut, match="account connect town"):
        vault(key="other")["session"]
    assert vault()["session"] == "a"


def test_a_key_that_is_gone_is_not_replaced_by_reading(vault: Open, tmp_path: Path) -> None:
    vault()["session"] = "a"
    (tmp_path / "state" / "key").rename(tmp_path / "elsewhere")
    with pytest.raises(SignedOut, match=r"is gone\. Bring it back, or run: handbill account connect town"):
        vault()["session"]
    (tmp_path / "elsewhere").rename(tmp_path / "state" / "key")
    assert vault()["session"] == "a"


def test_a_file_that_holds_no_key_is_told(vault: Open, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "key").write_text("nonsense")
    with pytest.raises(SignedOut, match="holds no key"):
        vault()["session"] = "a"


def test_what_is_forgotten_is_gone(vault: Open) -> None:
    kept = vault()
    kept["session"] = "a"
    del kept["session"]
    assert len(kept) == 0
    with pytest.raises(KeyError):
        del kept["session"]


def test_a_key_once_made_stays(tmp_path: Path) -> None:
    assert read_key(tmp_path / "deep" / "key") == read_key(tmp_path / "deep" / "key")


def test_a_folder_that_takes_no_key_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HandbillError, match="keeps the key"):
        read_key(tmp_path / "file" / "key")


def test_threads_that_make_the_key_at_once_all_have_the_same(tmp_path: Path) -> None:
    meeting = Barrier(8, timeout=60)

    def key(_: int) -> bytes:
        meeting.wait()
        return read_key(tmp_path / "state" / "key")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(key, range(8)))) == 1
    assert [file.name for file in (tmp_path / "state").iterdir()] == ["key"]
