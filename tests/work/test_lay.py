"""Files come into a folder whole, and nothing of anybody else is lost."""

from pathlib import Path

import pytest

from bot.core.problem import AskedWrongly, HandbillError
from bot.work.lay import LIST, lay

FILES = {"index.html": b"one", "a/index.html": b"two", "page.css": b"three"}


def there(folder: Path) -> dict[str, bytes]:
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    found.pop(LIST, None)
    return found


def test_a_folder_holds_what_was_asked_for(tmp_path: Path) -> None:
    laid = lay(FILES, tmp_path / "site")
    assert there(tmp_path / "site") == FILES
    assert set(laid.written) == set(FILES) and laid.same == 0


def test_only_what_changed_is_written_again_and_what_is_gone_goes(tmp_path: Path) -> None:
    lay(FILES, tmp_path)
    before = (tmp_path / "page.css").stat().st_mtime_ns
    laid = lay({"index.html": b"new", "page.css": b"three"}, tmp_path)
    assert (laid.written, laid.removed, laid.same) == (("index.html",), ("a/index.html",), 1)
    assert there(tmp_path) == {"index.html": b"new", "page.css": b"three"}
    assert (tmp_path / "page.css").stat().st_mtime_ns == before and not (tmp_path / "a").exists()


def test_what_others_put_there_stays(tmp_path: Path) -> None:
    (tmp_path / "CNAME").write_text("share.example.org")
    lay(FILES, tmp_path)
    lay({}, tmp_path)
    assert there(tmp_path) == {"CNAME": b"share.example.org"}


def test_a_page_of_somebody_else_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(AskedWrongly, match="Handbill did not make it"):
        lay(FILES, tmp_path)
    assert there(tmp_path) == {"index.html": b"mine"}


def test_a_list_from_elsewhere_takes_nothing_away_outside(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / LIST).write_text('{"../mine.txt": "x"}')
    lay(FILES, tmp_path / "site")
    assert (tmp_path / "mine.txt").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a file where a folder must be")
    with pytest.raises(HandbillError, match="cannot be written"):
        lay({"a/index.html": b""}, tmp_path)
