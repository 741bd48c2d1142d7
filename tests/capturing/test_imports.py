"""A module is acted on when somebody else imports it, and is none the wiser."""

import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from eqxviz.capturing.imports import ImportWatch

NAME = "watched_by_a_test"


@pytest.fixture
def module_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / f"{NAME}.py"
    path.write_text("VALUE = 1\nLOADER = __spec__.loader\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield path
    sys.modules.pop(NAME, None)


@pytest.fixture
def watch() -> Iterator[tuple[ImportWatch, list[ModuleType], list[Exception]]]:
    acted: list[ModuleType] = []
    failed: list[Exception] = []
    watch = ImportWatch({NAME: acted.append}, failed.append)
    watch.start()
    yield watch, acted, failed
    watch.stop()


def test_the_action_gets_the_executed_module_once(module_file: Path, watch):
    _, acted, failed = watch
    assert acted == []
    module = importlib.import_module(NAME)
    assert acted == [module]
    assert module.VALUE == 1
    assert type(module.__loader__).__name__ == type(module.__spec__.loader).__name__
    assert module.LOADER is module.__loader__
    importlib.reload(module)
    assert (len(acted), failed) == (1, [])


def test_a_module_that_is_there_already_is_acted_on_at_once(module_file: Path):
    module = importlib.import_module(NAME)
    acted: list[ModuleType] = []
    watch = ImportWatch({NAME: acted.append}, print)
    watch.start()
    watch.stop()
    assert acted == [module]


def test_finding_a_module_without_importing_it_does_nothing(module_file: Path, watch):
    _, acted, _ = watch
    assert importlib.util.find_spec(NAME) is not None
    assert acted == []
    importlib.import_module(NAME)
    assert len(acted) == 1


def test_an_import_that_fails_fails_as_before(module_file: Path, watch):
    _, acted, failed = watch
    module_file.write_text("raise LookupError('the module itself')\n")
    with pytest.raises(LookupError, match="the module itself"):
        importlib.import_module(NAME)
    assert (acted, failed) == ([], [])


def test_an_action_that_fails_does_not_reach_the_import(module_file: Path):
    failed: list[Exception] = []

    def act(module: ModuleType) -> None:
        raise RuntimeError(module.__name__)

    watch = ImportWatch({NAME: act}, failed.append)
    watch.start()
    try:
        importlib.import_module(NAME)
    finally:
        watch.stop()
    assert [str(error) for error in failed] == [NAME]


def test_installing_capture_imports_no_jax():
    code = (
        "import sys; from eqxviz import capturing; capturing.install(print, capturing.Gate());"
        "print('jax' in sys.modules); capturing.uninstall()"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


@pytest.mark.parametrize("first", ["jax", "eqxcore"])
def test_gradients_are_watched_whatever_is_imported_first(first: str):
    code = (
        "from eqxviz import capturing; told = []\n"
        "capturing.install(told.extend, capturing.Gate())\n"
        f"import {first}\n"
        "import eqxcore\n"
        "made = type(eqxcore.filter_grad(print))\n"
        "watched = made.__call__\n"
        "capturing.uninstall()\n"
        "problems = [r for r in told if type(r).__name__ == 'Problem']\n"
        "print(problems, watched is not made.__call__)\n"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[] True\n"
