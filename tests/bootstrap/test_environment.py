"""An environment is made once, mended when it is half made, and entered by the same command.

The project under test is a tiny real one that builds itself, so that pip needs no network.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from eqxviz.bootstrap import enter_environment

REPOSITORY = Path(__file__).resolve().parents[2]
STAMP = "eqxviz-environment.json"

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "tiny"
version = "1"
dependencies = []

[project.optional-dependencies]
test = []

[project.scripts]
tiny = "tiny:main"
"""

BACKEND = '''
"""Builds an editable wheel that holds the path of this folder and nothing else."""
import pathlib, tomllib, zipfile


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "tiny-1-py3-none-any.whl"
    project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]
    needs = "".join(f"Requires-Dist: {each}\\n" for each in project["dependencies"])
    files = {
        "tiny.pth": str(pathlib.Path(__file__).parent),
        "tiny-1.dist-info/METADATA": "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1\\n"
        "Provides-Extra: test\\n" + needs,
        "tiny-1.dist-info/WHEEL": "Wheel-Version: 1.0\\nGenerator: tiny\\n"
        "Root-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    files["tiny-1.dist-info/RECORD"] = "".join(f"{each},,\\n" for each in files)
    with zipfile.ZipFile(pathlib.Path(wheel_directory) / name, "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return name
'''

COMMAND = f"""
import pathlib, sys
sys.path[0] = {str(REPOSITORY)!r}
from eqxviz.bootstrap import enter_environment
enter_environment(pathlib.Path(__file__).resolve().parent.parent, extras=sys.argv[1:2])
import tiny
print(sys.prefix, tiny.__file__, *sys.argv[1:], sep="\\n")
"""


class Project:
    """The tiny project in `folder`, whose command runs in the environment at `venv`."""

    def __init__(self, folder: Path):
        self.folder = folder / "tiny project"
        self.venv = folder / "made" / "venv"
        (self.folder / "command").mkdir(parents=True)
        (self.folder / "pyproject.toml").write_text(PYPROJECT)
        (self.folder / "backend.py").write_text(BACKEND)
        (self.folder / "tiny.py").touch()
        (self.folder / "command" / "__main__.py").write_text(COMMAND)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "command", *arguments],
            cwd=self.folder,
            env={**os.environ, "EQXVIZ_VENV": str(self.venv), "PIP_NO_INDEX": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> tuple[list[str], str, int]:
        process = self.start(*arguments, **environment)
        output, errors = process.communicate(timeout=100)
        return output.splitlines(), errors, process.returncode


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, str]:
    """A project whose environment was just made, and what was said meanwhile."""
    project = Project(tmp_path_factory.mktemp("made"))
    output, errors, status = project.run("test", "an argument")
    assert status == 0, errors
    assert output == [str(project.venv), str(project.folder / "tiny.py"), "test", "an argument"]
    return project, errors


def test_the_first_run_says_what_it_makes(made: tuple[Project, str]) -> None:
    project, errors = made
    assert f"making a virtual environment in {project.venv}" in errors
    assert "installing" in errors
    assert errors.endswith("eqxviz: ready\n")
    assert all(line.startswith("eqxviz: ") for line in errors.splitlines() if "apt" not in line)


def test_the_next_run_enters_at_once(made: tuple[Project, str]) -> None:
    project, _ = made
    output, errors, status = project.run("test")
    assert (output[0], errors, status) == (str(project.venv), "", 0)


def test_a_half_made_environment_is_made_again(made: tuple[Project, str]) -> None:
    project, _ = made
    (project.venv / STAMP).write_text('{"complete": false}')
    left_over = project.venv / "left over"
    left_over.touch()
    output, errors, status = project.run("test")
    assert (output[0], status) == (str(project.venv), 0)
    assert "making a virtual environment" in errors
    assert not left_over.exists()


def test_a_changed_project_is_installed_into_the_same_environment(
    made: tuple[Project, str],
) -> None:
    project, _ = made
    kept = project.venv / "kept"
    kept.touch()
    changed = PYPROJECT.replace("test = []", "test = []\nother = []")
    (project.folder / "pyproject.toml").write_text(changed)
    _, errors, status = project.run("test")
    assert status == 0
    assert "installing" in errors
    assert "making" not in errors
    assert kept.exists()


def test_two_commands_do_not_set_up_at_once(made: tuple[Project, str]) -> None:
    project, _ = made
    (project.venv / STAMP).write_text('{"complete": true, "fingerprint": "of another project"}')
    with (project.venv.parent / "venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = project.start("test")
        assert process.stderr is not None
        assert "waiting for another command" in process.stderr.readline()
    output, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    assert output.startswith(str(project.venv))


def test_what_pip_said_is_shown_when_it_fails(tmp_path: Path) -> None:
    project = Project(tmp_path)
    wanted = PYPROJECT.replace("dependencies = []", 'dependencies = ["there-is-no-such-thing"]', 1)
    (project.folder / "pyproject.toml").write_text(wanted)
    _, errors, status = project.run()
    assert status == 1
    assert "pip could not install" in errors
    assert "there-is-no-such-thing" in errors
    assert f"The whole output is in {project.venv}.log" in errors
    assert json.loads((project.venv / STAMP).read_text()) == {"complete": False}


def test_a_folder_of_someone_else_is_left_alone(tmp_path: Path) -> None:
    project = Project(tmp_path)
    treasure = project.venv / "treasure"
    project.venv.mkdir(parents=True)
    treasure.touch()
    _, errors, status = project.run()
    assert status == 1
    assert f"{project.venv} exists and was not made by this command" in errors
    assert treasure.exists()


def test_a_full_disk_is_found_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path)
    monkeypatch.setenv("EQXVIZ_VENV", str(project.venv))
    usage = shutil.disk_usage(tmp_path)._replace(free=10**9)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(SystemExit, match=r"1\.0 GB free; the environment needs 2\.5 GB"):
        enter_environment(project.folder)
    assert not project.venv.exists()


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path)
    (tmp_path / "made").touch()
    monkeypatch.setenv("EQXVIZ_VENV", str(project.venv))
    with pytest.raises(SystemExit, match=f"{tmp_path / 'made'} .*Set EQXVIZ_VENV"):
        enter_environment(project.folder)


def test_windows_is_told_that_it_is_not_supported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(SystemExit, match="Windows is not supported yet"):
        enter_environment(tmp_path)


@pytest.mark.parametrize("command", ["eqxviz", "tests"])
def test_an_old_python_is_told_which_one_is_needed(command: str) -> None:
    old = sorted(Path.home().glob(".pyenv/versions/3.[89].*/bin/python"))
    if not old:
        pytest.skip("no Python 3.8 or 3.9 in ~/.pyenv")
    finished = subprocess.run(
        [old[0], str(REPOSITORY / command)], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 1
    assert "Python 3.11 or newer is needed" in finished.stderr
