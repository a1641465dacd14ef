"""Bundle: many files as one archive. The same files give the same bytes, on every machine and day."""

from collections.abc import Mapping
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

# The first instant that an archive can name, and what every file in it may: read by all, written by its owner.
EVER, MODE = (1980, 1, 1, 0, 0, 0), 0o100644
UNIX = 3


def bundle(files: Mapping[str, bytes]) -> bytes:
    """A ZIP archive of files by their paths, "/" between its steps."""
    raw = BytesIO()
    with ZipFile(raw, "w") as archive:
        for name, content in sorted(files.items()):
            entry = ZipInfo(name, EVER)
            entry.compress_type, entry.external_attr, entry.create_system = ZIP_DEFLATED, MODE << 16, UNIX
            archive.writestr(entry, content, compresslevel=6)
    return raw.getvalue()
