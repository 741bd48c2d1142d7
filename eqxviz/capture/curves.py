"""Scalars on their way to becoming points: queued as arrays, read when they are ready."""

import os
import threading
from collections import deque
from typing import Any

import numpy as np

from eqxviz.records import MetricBatch, Series


class Curves:
    """The curves of a run. Scalars are appended to `waiting`, and `read_ready` makes them points.

    No view of an array's memory outlives the reading of its value: a live view would silently turn
    the donation of the array into a copy.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # (series, step, seconds, scalar); whoever appends need not hold the lock.
        self.waiting: deque[tuple[int, int, float, Any]] = deque()
        self._points: list[tuple[int, int, float, float]] = []
        self._names: dict[str, str] = {}  # of the function whose curve it is
        self._by_function: dict[tuple[int, str], int] = {}
        self._new: list[Series] = []
        self._next_sequence = 0
        self.n_lost = 0  # arrays that were deleted before they could be read

    def series(
        self,
        function: int,
        function_name: str,
        name: str,
        file: str,
        line: int,
        *,
        is_state: bool,
    ) -> int:
        """Return the id of the curve that `function` calls `name`, made if it is new.

        A name that another function's curve has already is told apart by the function's name, or,
        where both functions are called alike, by the line, or else the file, too.
        """
        with self._lock:
            known = self._by_function.get((function, name))
            if known is not None:
                return known
            shown, where = name, f"{function_name}, line {line}"
            if shown in self._names:
                is_alike = self._names[shown] == function_name
                shown = f"{name} ({where if is_alike else function_name})"
            if shown in self._names:
                shown = f"{name} ({where})"
            if shown in self._names:
                shown = f"{name} ({function_name}, {os.path.basename(file)}:{line})"
            id = len(self._by_function)
            self._names[shown], self._by_function[function, name] = function_name, id
            self._new.append(Series(id, shown, function, file, line, is_state))
            return id

    def read_ready(self, wait: bool = False) -> None:
        """Read the queued scalars that are ready, in order; with `wait`, all of them."""
        waiting = self.waiting
        with self._lock:
            while waiting:
                series, step, seconds, scalar = waiting[0]
                try:
                    if not wait and not _is_ready(scalar):
                        return
                    # By way of a view that is gone at once: it takes half the time of `item()`.
                    value = float(np.asarray(scalar).item())
                    self._points.append((series, step, seconds, value))
                except RuntimeError:  # donated to a later call, or its computation failed
                    self.n_lost += 1
                waiting.popleft()

    def take(self) -> MetricBatch | None:
        """Return what was read since the last time, None if nothing was."""
        with self._lock:
            new, points = self._new, self._points
            if not points:
                return None
            self._new, self._points = [], []
            first = self._next_sequence
            self._next_sequence += len(points)
        series, steps, seconds, values = zip(*points, strict=True)
        return MetricBatch(
            first,
            tuple(new),
            np.array(series, np.int32),
            np.array(steps, np.int64),
            np.array(seconds, np.float64),
            np.array(values, np.float64),
        )


def _is_ready(scalar: Any) -> bool:
    try:
        return scalar.is_ready()
    except AttributeError:  # one of NumPy's
        return True
