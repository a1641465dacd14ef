"""handbill site build: pages in a folder, and what to do with them."""

from pathlib import Path

from tests.making import handbill, library


def test_the_pages_are_written_and_it_is_said_where(tmp_path: Path) -> None:
    library(tmp_path, {"bus.en.txt": "Buses run.\n"})
    done = handbill(tmp_path, "site", "build", "out")
    assert done.returncode == 0
    assert "files written, 0 removed, 0 as before." in done.stdout and "file://" in done.stdout
    assert (tmp_path / "out" / "air" / "en" / "bus" / "index.html").exists()
    again = handbill(tmp_path, "site", "build", "out")
    assert "out: 0 files written, 0 removed" in again.stdout


def test_a_folder_with_pages_of_others_is_left_alone(tmp_path: Path) -> None:
    library(tmp_path, {"bus.en.txt": "Buses run.\n"})
    (tmp_path / "index.html").write_text("mine")
    done = handbill(tmp_path, "site", "build", ".")
    assert done.returncode == 2 and "Name another folder" in done.stderr
    assert (tmp_path / "index.html").read_text() == "mine"


def test_a_paused_campaign_offers_nothing(tmp_path: Path) -> None:
    library(tmp_path, {"bus.en.txt": "Buses run.\n"})
    handbill(tmp_path, "pause", "air")
    assert handbill(tmp_path, "site", "build", "out").returncode == 0
    assert not (tmp_path / "out" / "air" / "en" / "bus").exists()


def test_what_fits_nowhere_is_said_and_the_rest_is_built(tmp_path: Path) -> None:
    library(tmp_path, {"bus.en.txt": "long " * 100 + "\n", "b.en.txt": "Short.\n"})
    done = handbill(tmp_path, "site", "build", "out")
    assert done.returncode == 1 and "no wording fits X" in done.stderr
    assert (tmp_path / "out" / "air" / "en" / "b" / "index.html").exists()
