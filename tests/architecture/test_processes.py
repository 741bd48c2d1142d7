"""What each part brings into a process, seen in a fresh interpreter."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks.first_paint import WINDOW, first_paint

ImportedBy = Callable[..., set[str]]

QT = {"PySide6", "shiboken6", "qtawesome"}
JAX = {"jax", "jaxlib", "optax", "eqxcore", "equinox"}

_IMPORT_ALL = """
import importlib, json, pkgutil, sys
package = importlib.import_module(sys.argv[1])
if sys.argv[2] == "all":
    for module in pkgutil.walk_packages(getattr(package, "__path__", ()), sys.argv[1] + "."):
        if module.name.rpartition(".")[2] != "__main__":
            importlib.import_module(module.name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.fixture
def imported_by(repository: Path) -> ImportedBy:
    """Return the top-level packages in a new process that imports a package, or all within it."""

    def run(package: str, extent: str = "all") -> set[str]:
        finished = subprocess.run(
            [sys.executable, "-c", _IMPORT_ALL, package, extent],
            cwd=repository,
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        return set(json.loads(finished.stdout))

    return run


@pytest.mark.parametrize("module", ["eqxviz", "eqxviz.cli", "eqxviz.worker"])
def test_importing_it_alone_is_light(imported_by: ImportedBy, module: str) -> None:
    assert not imported_by(module, "alone") & (QT | JAX | {"numpy"})


def test_nothing_heavy_is_imported_before_the_window_is_painted(tmp_path: Path) -> None:
    _, _, modules = first_paint(WINDOW, str(tmp_path))
    assert modules == []


@pytest.mark.parametrize("part", ["records", "layout", "store", "engine", "session", "gui"])
def test_the_windows_process_holds_no_jax(imported_by: ImportedBy, part: str) -> None:
    assert not imported_by(f"eqxviz.{part}") & JAX


@pytest.mark.parametrize("part", ["records", "layout", "store", "engine", "session"])
def test_what_is_below_the_window_holds_no_qt(imported_by: ImportedBy, part: str) -> None:
    assert not imported_by(f"eqxviz.{part}") & QT


@pytest.mark.parametrize("part", ["analysis", "capturing", "worker"])
def test_the_worker_holds_no_qt(imported_by: ImportedBy, part: str) -> None:
    assert not imported_by(f"eqxviz.{part}") & QT


def test_eqxcore_holds_nothing_of_the_application(imported_by: ImportedBy) -> None:
    assert not imported_by("eqxcore") & (QT | {"eqxviz"})


def test_the_set_up_needs_the_standard_library_alone(repository: Path) -> None:
    # -S leaves out what is installed: the imports themselves would fail.
    program = "import sys; sys.path.insert(0, '.'); import eqxviz.bootstrap"
    finished = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
