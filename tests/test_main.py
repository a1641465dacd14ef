"""python -m bot is handbill."""

from pathlib import Path

from tests.making import handbill


def test_python_m_bot_is_handbill(tmp_path: Path) -> None:
    done = handbill(tmp_path, "--version")
    assert done.returncode == 0 and "handbill" in done.stdout
