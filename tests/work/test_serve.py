"""A service begins this Python on this config, whatever the folder is called; what others wrote is never lost."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import open_app
from bot.core.problem import AskedWrongly, HandbillError
from bot.work.serve import Service, install, remove, service
from tests.making import write

PYTHON = Path("/opt/town hall/bin/python3")


def of(folder: Path, environ: Mapping[str, str] | None = None) -> Service:
    """The service for a config in this folder, with settings in the folder `home` beside it."""
    write(folder, {"config.toml": ""})
    home = {"XDG_CONFIG_HOME": str(folder.parent / "home")}
    return service(replace(open_app(folder / "config.toml"), environ=home if environ is None else environ), PYTHON)


def rows(wanted: Service) -> dict[str, str]:
    return dict(row.split("=", 1) for row in wanted.text.splitlines() if "=" in row and not row.startswith("#"))


def as_systemd_reads(command: str) -> list[str]:
    """The words of a command, by the rules of the page that `service` names."""
    assert not re.search(r"(?<!%)(%%)*%(?!%)|(?<!\$)(\$\$)*\$(?!\$)", command), "one alone stands for something else"
    return [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(command)]


@pytest.mark.parametrize("name", ["mine", "ort mit Ümlaut", '100% "q" $HOME', "it's; a #1 back\\slash {x}"])
def test_it_begins_this_python_on_this_config_whatever_the_folder_is_called(tmp_path: Path, name: str) -> None:
    wanted = of(tmp_path / name)
    config = str(tmp_path / name / "config.toml")
    words = [str(PYTHON), "-P", "-m", "bot", "--config", config, "run"]
    assert as_systemd_reads(rows(wanted)["ExecStart"]) == words
    assert rows(wanted)["WorkingDirectory"] == str(tmp_path / name).replace("%", "%%")
    assert rows(wanted)["Restart"] == "on-failure" and rows(wanted)["WantedBy"] == "default.target"
    if verify := shutil.which("systemd-analyze"):
        file = tmp_path / "handbill.service"
        file.write_text(wanted.text.replace("/opt/town hall/bin/python3", "/bin/sh"), encoding="utf-8")
        done = subprocess.run(
            [verify, "--user", "--man=no", "verify", str(file)],
            env={"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")


def test_secrets_stand_in_a_file_beside_and_not_in_it(tmp_path: Path) -> None:
    wanted = of(tmp_path / "mine", {"XDG_CONFIG_HOME": str(tmp_path / "home"), "TOWN_PASSWORD": "s3cr3t"})
    assert wanted.environment == tmp_path / "home" / "handbill" / "environment"
    assert rows(wanted)["EnvironmentFile"] == f"-{wanted.environment}" and "s3cr3t" not in wanted.text


def test_a_settings_folder_that_is_no_whole_path_does_not_count(tmp_path: Path) -> None:
    assert of(tmp_path, {"XDG_CONFIG_HOME": "here"}).file.is_relative_to(Path.home() / ".config")


def test_a_folder_that_no_service_can_name_is_told(tmp_path: Path) -> None:
    with pytest.raises(HandbillError, match="Rename it"):
        of(tmp_path / "a\nb")


def test_without_a_config_there_is_nothing_to_serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AskedWrongly, match="handbill init"):
        service(open_app(), PYTHON)


def test_it_is_written_once_and_stays(tmp_path: Path) -> None:
    wanted = of(tmp_path / "mine")
    assert install(wanted, force=False) and not install(wanted, force=False)
    assert wanted.file == tmp_path / "home" / "systemd" / "user" / "handbill.service"
    assert wanted.file.read_text(encoding="utf-8") == wanted.text


def test_another_one_is_replaced_only_when_that_is_said(tmp_path: Path) -> None:
    wanted = of(tmp_path / "mine")
    write(wanted.file.parent, {wanted.file.name: "[Unit]\n"})
    with pytest.raises(HandbillError, match="handbill service install --force"):
        install(wanted, force=False)
    assert wanted.file.read_text(encoding="utf-8") == "[Unit]\n"
    assert install(wanted, force=True) and wanted.file.read_text(encoding="utf-8") == wanted.text


def test_it_is_taken_away_with_what_begins_it(tmp_path: Path) -> None:
    wanted = of(tmp_path / "mine")
    install(wanted, force=False)
    begins = wanted.file.parent / "default.target.wants" / wanted.file.name
    begins.parent.mkdir()
    begins.symlink_to(wanted.file)
    assert remove(wanted, force=False) and not wanted.file.exists() and not begins.is_symlink()
    assert not remove(wanted, force=False)


def test_one_that_others_made_is_not_taken_away(tmp_path: Path) -> None:
    wanted = of(tmp_path / "mine")
    write(wanted.file.parent, {wanted.file.name: "[Unit]\n"})
    with pytest.raises(HandbillError, match="was not made by Handbill"):
        remove(wanted, force=False)
    assert wanted.file.exists() and remove(wanted, force=True)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    wanted = of(tmp_path / "mine")
    write(tmp_path, {"home": "a file in the way"})
    with pytest.raises(HandbillError, match=r"handbill\.service .*cannot be"):
        install(wanted, force=False)
