"""An owner's thread for engines, and workers that need no JAX."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from eqxviz.engine import commands
from eqxviz.engine.engine import Engine
from tests.owner import Owner

FAKE_WORKER = Path(__file__).with_name("fake_worker.py")


@pytest.fixture
def owner() -> Owner:
    return Owner()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, repository: Path) -> list[str]:
    """Make engines start the fake worker; what is put into the list goes on its command line."""
    monkeypatch.setenv("PYTHONPATH", str(repository))
    extra: list[str] = []

    def command(place: object, *_: object, **__: object) -> list[str]:
        meeting = ["--socket", str(place.socket), "--token-file", str(place.token_file)]
        return [sys.executable, str(FAKE_WORKER), *meeting, *extra]

    monkeypatch.setattr(commands, "inspector_command", command)
    monkeypatch.setattr(commands, "run_command", command)
    return extra


@pytest.fixture
def engine(owner: Owner, tmp_path: Path) -> Iterator[Engine]:
    made = Engine(owner.post, tmp_path / "kept")
    yield made
    made.close(leave_runs=False)
