"""Runs that go wrong, watched as a window watches them: through a session and real processes."""

import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eqxviz.engine.engine import Engine
from eqxviz.records import Problem, RunState
from eqxviz.session.run_view import RunView
from eqxviz.session.session import Session
from eqxviz.store import RunStore
from tests.owner import Owner

STOP_SECONDS = 2.5
# What handing a signal over and hearing of the end takes on a busy machine.
SLACK_SECONDS = 1.0

TRAINING = """
    import time
    import jax, jax.numpy as jnp

    @jax.jit
    def make_step(w):
        loss = jnp.sum(w ** 2)
        return loss, 0.9 * w

    w = jnp.ones(3)
    for i in range(N_STEPS):
        loss, w = make_step(w)
"""


def training(then: str = "", n_steps: int = 20, first: str = "") -> str:
    """Return a script that does `first`, takes some steps, and does `then`."""
    parts = (textwrap.dedent(part) for part in (first, TRAINING, then))
    return "\n".join(parts).replace("N_STEPS", str(n_steps))


class Watcher:
    """A session without a window, and the thread that owns it."""

    def __init__(self, folder: Path, kept: Path | None = None) -> None:
        self._folder = folder
        self._owner = Owner()
        post = self._owner.post
        self.session = Session(post, Engine(post, kept or folder / "kept"))

    @property
    def run(self) -> RunView:
        """The run that is watched."""
        run = self.session.run
        assert run is not None
        return run

    def start(self, script: str, *argv: str, name: str = "train.py") -> None:
        """Run `script`, written to a file."""
        path = self._folder / name
        path.write_text(textwrap.dedent(script))
        self.session.start_run(str(path), argv)

    def until(self, is_true: Callable[[], object], timeout_seconds: float = 60.0) -> None:
        """Let the session live until something is true."""
        self._owner.run_until(is_true, timeout_seconds)

    def until_printed(self, text: str) -> None:
        """Let the session live until the script has printed `text`."""

        def is_over() -> bool:
            return self.run.status.state.is_end and text not in self.whole_output

        self.until(lambda: text in self.run.output or is_over())
        assert text in self.run.output, self.whole_output[-4000:]

    def until_end(self, timeout_seconds: float = 60.0) -> RunState:
        """Let the session live until the run has ended; return how."""
        self.until(lambda: self.run.status.state.is_end, timeout_seconds)
        return self.run.status.state

    def stop(self) -> float:
        """Stop the run, and return how many seconds it took."""
        started = time.monotonic()
        self.session.stop()
        state = self.until_end(STOP_SECONDS + 10.0)
        assert state is RunState.STOPPED
        return time.monotonic() - started

    @property
    def problem(self) -> Problem:
        """The only problem that the user was told."""
        self.until(lambda: self.session.problems)
        (problem,) = self.session.problems
        return problem

    @property
    def whole_output(self) -> str:
        """All that the script printed."""
        return (Path(self.run.folder) / "output.txt").read_text(errors="replace")

    def values(self, name: str = "loss") -> list[float]:
        """Return the points of a curve that were kept on disk."""
        with RunStore.open(Path(self.run.folder)) as store:
            ids = [s.id for batch in store.metrics() for s in batch.new_series if s.name == name]
            return [
                float(value)
                for batch in store.metrics()
                for series, value in zip(batch.series, batch.value, strict=True)
                if series in ids
            ]

    def close(self) -> None:
        """End everything."""
        self.session.close(leave_run=False)


@pytest.fixture
def watcher(tmp_path: Path) -> Iterator[Watcher]:
    made = Watcher(tmp_path)
    yield made
    made.close()
