"""Files: their names, and reading them whatever they are."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.library.files import LARGEST, is_post, language_of, name_of, read_text, shown


@pytest.mark.parametrize(
    ("file", "name", "language"),
    [
        ("court-date.en.txt", "court-date", "en"),
        ("court-date.pt-BR.txt", "court-date", "pt-BR"),
        ("court-date.zh-Hant.txt", "court-date", "zh-Hant"),
        ("court-date.txt", "court-date", ""),
        ("court date.es.TXT", "court date", "es"),
        ("niñez.es.txt", "niñez", "es"),
        ("nin\u0303ez.es.txt", "ni\xf1ez", "es"),
        ("v1.2.txt", "v1.2", ""),
        (".en.txt", ".en", ""),
    ],
)
def test_a_files_name_tells_post_and_language(file: str, name: str, language: str) -> None:
    assert (name_of(Path(file)), language_of(Path(file)), is_post(Path(file))) == (name, language, True)


@given(st.from_regex(r"[a-z][a-z0-9-]{0,10}", fullmatch=True), st.sampled_from(["en", "es", "ast", "pt-BR", "zh-Hant"]))
def test_name_and_language_come_back_from_any_file(name: str, language: str) -> None:
    path = Path(f"{name}.{language}.txt")
    assert (name_of(path), language_of(path)) == (name, language)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Co", "Cn"]), max_size=40))
def test_reading_never_fails(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_text(text, encoding="utf-8")
    _, raw, written, _ = read_text(path, "any.txt")
    assert (raw, written > 0) == (text.encode(), True)


@pytest.mark.parametrize("size", [LARGEST, LARGEST + 1])
def test_a_million_bytes_are_the_most(tmp_path: Path, size: int) -> None:
    (tmp_path / "a.txt").write_bytes(b"a" * size)
    text, _, _, problems = read_text(tmp_path / "a.txt", "a.txt")
    assert (bool(text), bool(problems)) == (size == LARGEST, size > LARGEST)


def test_a_path_is_shown_as_somebody_there_would_write_it(tmp_path: Path) -> None:
    assert shown(tmp_path / "posts" / "a.txt", tmp_path) == "posts/a.txt"
    assert shown(tmp_path / "posts", tmp_path / "other") == (tmp_path / "posts").as_posix()
