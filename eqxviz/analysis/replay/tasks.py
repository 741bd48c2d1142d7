"""Work that is done in short parts, so that it can be given up and tells how far it is."""

import time
from collections.abc import Callable, Generator
from typing import Any, Generic, TypeVar

import jax

from eqxviz.analysis.cancelled import CancelledError
from eqxviz.analysis.replay.programs import replaying
from eqxviz.analysis.values import never

T = TypeVar("T")
_jax: Any = jax


class Task(Generic[T]):
    """Work whose parts `parts` does, yielding how many of `n_total` are done more; see `step`."""

    def __init__(self, parts: Generator[int, None, T], n_total: int) -> None:
        self._parts = parts
        self._results: list[T] = []
        self.n_done = 0
        self.n_total = max(1, n_total)
        self.seconds = 0.0  # that it took so far

    @property
    def result(self) -> T:
        """What came of it, once it is done."""
        return self._results[0]

    def step(self, seconds: float, is_cancelled: Callable[[], bool] = never) -> bool:
        """Work on for about so long; return whether it is done.

        Raises:
            CancelledError: If `is_cancelled()`; it is over then.
            NotReplayedError: If what is asked for cannot be computed.
        """
        if self._results:
            return True
        started = time.perf_counter()
        try:
            with replaying(x64=bool(_jax.config.jax_enable_x64)):
                return self._step(started + seconds, is_cancelled)
        finally:
            self.seconds += time.perf_counter() - started

    def _step(self, until: float, is_cancelled: Callable[[], bool]) -> bool:
        try:
            while True:
                self.n_done = min(self.n_total, self.n_done + next(self._parts))
                if is_cancelled():
                    self._parts.close()
                    raise CancelledError
                if time.perf_counter() >= until:
                    return False
        except StopIteration as stop:
            self._results.append(stop.value)
            self.n_done = self.n_total
            return True
