"""Each import contract is seen to break on a violation planted in a copy of the source."""

import shutil
import subprocess
import sysconfig
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

LINT_IMPORTS = Path(sysconfig.get_path("scripts")) / "lint-imports"


class Plant(NamedTuple):
    """A module with code that the contract of that id forbids."""

    contract: str
    module: str
    code: str


PLANTS = {
    "a layer imports a higher one": Plant(
        "layers", "eqxviz/records/planted.py", "import eqxviz.session"
    ),
    "a lazy import counts": Plant(
        "layers", "eqxviz/engine/planted.py", "def late():\n    from eqxviz import gui"
    ),
    "an import for types counts": Plant(
        "layers",
        "eqxviz/store/planted.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import eqxviz.engine",
    ),
    "an example uses the application": Plant(
        "layers", "eqxviz/examples/planted.py", "import eqxviz.records"
    ),
    "the application uses the set-up": Plant(
        "layers", "eqxviz/session/planted.py", "import eqxviz.bootstrap"
    ),
    "a new package has no place": Plant("layers", "eqxviz/planted.py", ""),
    "a view imports another view": Plant(
        "views", "eqxviz/gui/tree/planted.py", "def late():\n    import eqxviz.gui.graph"
    ),
    "a widget imports a view": Plant(
        "views", "eqxviz/gui/widgets/planted.py", "import eqxviz.gui.tree"
    ),
    "a new view has no place": Plant("views", "eqxviz/gui/planted.py", ""),
    "a transformation imports a layer": Plant(
        "eqxcore-layers", "eqxcore/_transforms/planted.py", "import eqxcore.nn"
    ),
    "a new part of eqxcore has no place": Plant("eqxcore-layers", "eqxcore/_planted.py", ""),
    "eqxcore imports the application": Plant(
        "library", "eqxcore/nn/planted.py", "def late():\n    import eqxviz.records"
    ),
    "eqxcore imports Qt": Plant("library", "eqxcore/nn/planted.py", "import PySide6.QtCore"),
    "the session imports Qt": Plant(
        "qt", "eqxviz/session/planted.py", "def late():\n    from PySide6 import QtCore"
    ),
    "the worker imports icons": Plant("qt", "eqxviz/worker/planted.py", "import qtawesome"),
    "a view imports JAX": Plant(
        "jax", "eqxviz/gui/tree/planted.py", "def late():\n    import jax.numpy"
    ),
    "a view imports analysis": Plant(
        "jax", "eqxviz/gui/tree/planted.py", "def late():\n    import eqxviz.analysis"
    ),
    "the set-up imports a package": Plant(
        "bootstrap", "eqxviz/bootstrap/planted.py", "import numpy"
    ),
    "two modules need each other": Plant(
        "cycles",
        "eqxviz/records/planted/__init__.py",
        "import eqxviz.records.wire",
    ),
}


@pytest.fixture
def source(tmp_path: Path, repository: Path) -> Path:
    """A copy of the source and of its contracts."""
    for package in ("eqxcore", "eqxviz"):
        shutil.copytree(
            repository / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(repository / "pyproject.toml", tmp_path)
    return tmp_path


def _lint(source: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    limits = [f"--contract={each}" for each in contracts]
    return subprocess.run(
        [str(LINT_IMPORTS), "--no-logo", "--no-cache", *limits],
        cwd=source,
        # Else an installed checkout would be read, not the copy.
        env={"PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_contracts_hold(source: Path) -> None:
    linted = _lint(source)
    assert linted.returncode == 0, linted.stdout
    assert " 0 broken" in linted.stdout


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS.keys())
def test_a_contract_breaks_when(plant: Plant, source: Path) -> None:
    module = source / plant.module
    assert module.parent.is_dir() or module.name == "__init__.py"
    module.parent.mkdir(exist_ok=True)
    module.write_text(plant.code + "\n")
    if plant.contract == "cycles":
        wire = source / "eqxviz/records/wire.py"
        wire.write_text(wire.read_text() + "\nimport eqxviz.records.planted\n")
    linted = _lint(source, plant.contract)
    assert linted.returncode == 1, linted.stderr
    assert "planted" in linted.stdout
    assert " 1 broken" in linted.stdout


def test_every_contract_has_a_planted_violation(repository: Path) -> None:
    settings = tomllib.loads((repository / "pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    assert {each["id"] for each in contracts} == {plant.contract for plant in PLANTS.values()}
