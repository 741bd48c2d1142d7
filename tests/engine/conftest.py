"""An owner's thread for engines, and workers that need no JAX."""

import queue
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eqxviz.engine import launch
from eqxviz.engine.engine import Engine

FAKE_WORKER = Path(__file__).with_name("fake_worker.py")


class Owner:
    """Runs what was posted, on the thread of the test, until something is true."""

    def __init__(self) -> None:
        self._posted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.post = self._posted.put

    def run_until(self, is_true: Callable[[], object], timeout_seconds: float = 20.0) -> None:
        deadline = time.monotonic() + timeout_seconds
        while not is_true():
            left = deadline - time.monotonic()
            assert left > 0, "what was awaited did not come"
            try:
                self._posted.get(timeout=min(left, 0.05))()
            except queue.Empty:
                continue

    def run_for(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        self.run_until(lambda: time.monotonic() > deadline, seconds + 1)


@pytest.fixture
def owner() -> Owner:
    return Owner()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Make engines start the fake worker; what is put into the list goes on its command line."""
    extra: list[str] = []

    def command(place: object, *_: object) -> list[str]:
        meeting = ["--socket", str(place.socket), "--token-file", str(place.token_file)]
        return [sys.executable, str(FAKE_WORKER), *meeting, *extra]

    monkeypatch.setattr(launch, "inspector_command", command)
    monkeypatch.setattr(launch, "run_command", command)
    return extra


@pytest.fixture
def engine(owner: Owner, tmp_path: Path) -> Iterator[Engine]:
    made = Engine(owner.post, tmp_path / "kept")
    yield made
    made.close(leave_runs=False)
