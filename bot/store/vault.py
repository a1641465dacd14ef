"""What is kept of an account, encrypted at rest: sessions, tokens, secrets that people typed."""

import os
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING

from bot.core.problem import SignedOut
from bot.store.database import Store
from bot.store.tables import tidied

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class Vault(MutableMapping[str, str]):
    """One account's memory: plain values inside the program, encrypted ones in the ledger.

    The key (Fernet: https://github.com/fernet/spec) lies in a file apart from the ledger, and is
    made when something is first kept. Reading what another key wrote raises SignedOut.
    """

    def __init__(self, store: Store, account: str, key_file: Path) -> None:
        self._store, self._account, self._key_file = store, account, key_file

    def __getitem__(self, name: str) -> str:
        from cryptography.fernet import InvalidToken

        kept = self._store.memory(self._account)[name]
        try:
            return self._fernet(reading=True).decrypt(kept.encode()).decode()
        except InvalidToken as error:
            raise SignedOut(
                f"the key in {self._key_file} does not open what is kept of this account. "
                f"Bring the right key back, or run: handbill account connect {self._account}"
            ) from error

    def __setitem__(self, name: str, value: str) -> None:
        self._store.remember(self._account, name, self._fernet().encrypt(tidied(value).encode()).decode())

    def __delitem__(self, name: str) -> None:
        if name not in self._store.memory(self._account):
            raise KeyError(name)
        self._store.remember(self._account, name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._store.memory(self._account))

    def __len__(self) -> int:
        return len(self._store.memory(self._account))

    def __repr__(self) -> str:
        return f"Vault({self._account!r})"

    def _fernet(self, *, reading: bool = False) -> "Fernet":
        from cryptography.fernet import Fernet

        # A new key opens nothing, and would stand in the way of the old one.
        if reading and not self._key_file.exists():
            raise SignedOut(
                f"the key {self._key_file} to what is kept of this account is gone. "
                f"Bring it back, or run: handbill account connect {self._account}"
            )
        try:
            return Fernet(read_key(self._key_file))
        except ValueError as error:
            raise SignedOut(f"{self._key_file} holds no key. Bring the right one back, or move it away.") from error


def read_key(file: Path) -> bytes:
    """The key in a file, made first (readable by its owner only) if there is none. SignedOut if that fails."""
    from cryptography.fernet import Fernet

    try:
        if not file.exists():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_once(file, Fernet.generate_key())
        return file.read_bytes().strip()
    except OSError as error:
        raise SignedOut(
            f"{file} cannot be used ({error.strerror}). It keeps the key to the accounts' secrets."
        ) from error


def _write_once(file: Path, key: bytes) -> None:
    """Put the key in place whole; one that another process put there meanwhile stays."""
    passing = file.with_name(f"{file.name}.{os.getpid()}-{get_ident()}")
    with open(os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
        new.write(key)
        new.flush()
        os.fsync(new.fileno())
    try:
        os.link(passing, file)
    except FileExistsError:
        pass
    finally:
        passing.unlink()
