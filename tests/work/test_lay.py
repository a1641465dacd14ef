"""Files come into a folder whole, and nothing of anybody else is lost."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.core.problem import AskedWrongly, HandbillError
from bot.work.lay import LIST, lay

ROOT = Path(__file__).parents[2]
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


def test_nothing_is_written_through_a_link_that_somebody_else_put_there(tmp_path: Path) -> None:
    folder, precious = tmp_path / "site", tmp_path / "precious.txt"
    precious.write_text("precious")
    folder.mkdir()
    for name in FILES:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / f"{name}.part").symlink_to(precious)
    lay(FILES, folder)
    assert precious.read_text() == "precious"
    assert all((folder / f"{name}.part").is_symlink() for name in FILES)
    assert len(there(folder)) == 2 * len(FILES)


def test_a_link_where_a_page_should_stand_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "index.html").symlink_to(tmp_path / "nowhere")
    with pytest.raises(AskedWrongly, match="Handbill did not make it"):
        lay(FILES, tmp_path)
    assert (tmp_path / "index.html").is_symlink() and not (tmp_path / "nowhere").exists()


def test_a_first_build_that_failed_is_ended_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a file where a folder must be")
    with pytest.raises(HandbillError, match="cannot be written"):
        lay(FILES, tmp_path)
    (tmp_path / "a").unlink()
    assert "page.css" not in lay(FILES, tmp_path).written
    assert there(tmp_path) == FILES
    assert set(lay({}, tmp_path).removed) == set(FILES)


KILLED = """
import os, signal, sys
from pathlib import Path
from bot.work.lay import lay
Path.replace = lambda self, to: os.kill(os.getpid(), signal.SIGKILL)
lay({"a/index.html": b"one"}, Path(sys.argv[1]))
"""


def test_what_a_killed_build_left_unfinished_goes_with_the_next_and_nothing_else(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, cwd=ROOT)
    [left] = there(tmp_path)
    assert left.startswith("a/.") and left.endswith(".part")
    (tmp_path / "a" / ".mine.part").write_text("mine")
    lay(FILES, tmp_path)
    assert there(tmp_path) == FILES | {"a/.mine.part": b"mine"}


def test_a_damaged_file_is_written_again(tmp_path: Path) -> None:
    lay(FILES, tmp_path)
    (tmp_path / "index.html").write_bytes(b"0ne")
    laid = lay(FILES, tmp_path)
    assert (laid.written, laid.same) == (("index.html",), 2)
    assert there(tmp_path) == FILES


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
