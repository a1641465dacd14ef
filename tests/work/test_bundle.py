"""Bundle: an archive holds the files as they are, and is the same whenever it is made."""

import os
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from bot.work.bundle import bundle

FILES = {"index.html": b"<p>", "air/en/index.html": "¡Hola!".encode(), "air/bild-\u00e4.png": bytes(range(256))}


def test_an_archive_holds_every_file_as_it_is(tmp_path: Path) -> None:
    with ZipFile(BytesIO(bundle(FILES))) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in FILES} == FILES
    assert os.access(tmp_path / "index.html", os.R_OK)


def test_the_same_files_give_the_same_bytes_whenever_and_in_whatever_order() -> None:
    first = bundle(FILES)
    assert bundle(dict(reversed(FILES.items()))) == first
    with ZipFile(BytesIO(first)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
