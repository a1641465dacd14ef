"""Put: a file is the old one or the new one, and nobody's change is lost."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from stat import S_IMODE

import pytest

from bot.core.problem import HandbillError
from bot.work.put import Changed, digest, put, rewrite


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_gets_new_bytes_and_keeps_who_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"old")
    file.chmod(0o640)
    put(file, b"new\r\n", digest(file))
    assert file.read_bytes() == b"new\r\n" and S_IMODE(file.stat().st_mode) == 0o640
    assert names(tmp_path) == ["a.txt"]


def test_a_file_that_was_not_there_is_made(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    put(file, b"new", digest(file))
    assert file.read_bytes() == b"new"


def test_a_new_file_that_is_secret_only_its_owner_reads(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    rewrite(file, lambda raw: raw + b"new", is_secret=True)
    assert file.read_bytes() == b"new" and S_IMODE(file.stat().st_mode) == 0o600


def test_a_link_stays_a_link_and_what_it_leads_to_changes(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    real, link = tmp_path / "far" / "real.txt", tmp_path / "link.txt"
    real.write_bytes(b"old")
    link.symlink_to(real)
    put(link, b"new", digest(link))
    assert link.is_symlink() and real.read_bytes() == b"new"


@pytest.mark.parametrize("meanwhile", [b"theirs", None], ids=["changed", "made or taken away"])
def test_what_somebody_else_wrote_meanwhile_stays(tmp_path: Path, meanwhile: bytes | None) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"old")
    seen = digest(file)
    if meanwhile:
        file.write_bytes(meanwhile)
    else:
        file.unlink()
    with pytest.raises(Changed, match=r"a\.txt was changed by somebody else"):
        put(file, b"mine", seen)
    assert (file.read_bytes() if file.exists() else None) == meanwhile


def test_of_many_at_once_one_is_saved_and_every_other_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"old")
    seen = digest(file)

    def one(number: int) -> bool:
        try:
            put(file, b"%d" % number, seen)
        except Changed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(one, range(40)))
    assert saved.count(True) == 1 and file.read_bytes() == b"%d" % saved.index(True)


@pytest.mark.parametrize("name", ["folder", "missing/a.txt", "a" * 300], ids=["a folder", "in no folder", "too long"])
def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(HandbillError, match=r"cannot be written .* Nothing was saved"):
        put(tmp_path / name, b"new", "")
    assert names(tmp_path) == ["folder"]
