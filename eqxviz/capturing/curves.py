"""Scalars on their way to becoming points: queued as arrays, read when they are ready."""

import math
import os
import threading
from array import array
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from eqxviz.capturing.interrupts import interrupts_held
from eqxviz.capturing.judge import Judge
from eqxviz.capturing.paces import Paces
from eqxviz.records import MetricBatch, Record, Series

# Scalars are read so often, many at a time: what has just been read lies in the caches of the CPU.
_READ_SECONDS = 0.001
# With more than these in the queue, threads that add to it take turns in reading.
_MANY = 4096
# So many arrays of a new curve are copied, to see whether the script deletes or donates them.
_DOUBTED = 3
_TURN_SECONDS = 0.1


class Stretch(NamedTuple):
    """Many points of one curve, as a scan stacked them: all that one call returned of it."""

    values: Any  # a 1-D array
    start_seconds: float  # of the call


class Placed(NamedTuple):
    """A point that was logged with an array as its step, after `calls` of the step function."""

    value: Any  # a number or an array
    step: Any  # an integer array
    calls: int | None


class Curves:
    """The curves of a run. Scalars are appended to `waiting`, and `read_ready` makes them points.

    No view of an array's memory outlives the reading of its value: a live view would silently turn
    the donation of the array into a copy.
    """

    def __init__(self, tell: Callable[[Record], None]) -> None:
        self.paces = Paces(tell)
        # Two, as what is waited for with the one may name a curve: a callback logs.
        self._reading, self._naming = threading.Lock(), threading.Lock()
        # (series, step, seconds, scalar); whoever appends need not hold the lock. The scalar is a
        # number, an array, or a `Stretch` or `Placed`, of which the step is found as it is read.
        self.waiting: deque[tuple[int, int, float, Any]] = deque()
        self.read_due = 0.0  # when they are to be read next, of `time.perf_counter`
        self._columns = _Columns()
        self._judge: Judge | None = None
        self._newest, self._has_newest = np.zeros(0), np.zeros(0, bool)  # by id
        self._names: dict[str, str] = {}  # of the function whose curve it is
        self._by_function: dict[tuple[Any, ...], int] = {}
        self._all: list[Series] = []  # by id
        self._new: list[Series] = []
        self._stretched: dict[int, int] = {}  # points so far, of the curves that come in stretches
        self._next_sequence = 0
        self.n_lost = 0  # arrays that were deleted before they could be read
        # Curves of which copies are queued, as the script may delete or donate what it was given:
        # of each its latest array, and how many more are to outlive the step before that is over.
        self.doubted: dict[int, tuple[Any, float]] = {}

    def series(
        self,
        function: int,
        function_name: str,
        name: str,
        file: str,
        line: int,
        *,
        is_state: bool = False,
        is_named: bool = True,
    ) -> int:
        """Return the id of the curve that `function` calls `name`, made if it is new.

        A name that another function's curve has already is told apart by the function's name, or,
        where both functions are called alike, by the line, or else the file, too. What `is_named`
        by the function alone is another curve on each line.
        """
        key = (function, name) if is_named else (function, name, file, line)
        with interrupts_held(), self._naming:
            known = self._by_function.get(key)
            if known is not None:
                return known
            shown = name
            if shown in self._names:
                is_alike = self._names[shown] == function_name
                has_function = name.startswith(function_name)
                where = f"line {line}" if has_function else f"{function_name}, line {line}"
                shown = f"{name} ({where if is_alike else function_name})"
            if shown in self._names:
                shown = f"{name} ({function_name}, line {line})"
            if shown in self._names:
                shown = f"{name} ({function_name}, {os.path.basename(file)}:{line})"
            id = len(self._by_function)
            self._names[shown], self._by_function[key] = function_name, id
            self.doubted[id] = None, _DOUBTED
            self._all.append(Series(id, shown, function, file, line, is_state))
            self._new.append(self._all[-1])
            return id

    @property
    def names(self) -> list[str]:
        """The names of all curves so far."""
        return [series.name for series in self._all]

    def by_id(self, id: int) -> Series:
        """Return what is known of a curve."""
        return self._all[id]

    def judge(self, judge: Judge | None) -> None:
        """Have `judge` see each point from now on, as it is read."""
        self._judge = judge

    def newest(self) -> dict[int, float]:
        """Return the newest value of each curve that was read."""
        with self._reading:
            self._note_newest()
            return {int(id): float(self._newest[id]) for id in np.flatnonzero(self._has_newest)}

    def _note_newest(self) -> None:
        """Note the newest values among the points that were read since the last time."""
        columns, n = self._columns, len(self._all)
        if n > len(self._newest):
            more = n - len(self._newest)
            self._newest = np.concatenate([self._newest, np.zeros(more)])
            self._has_newest = np.concatenate([self._has_newest, np.zeros(more, bool)])
        ids = np.array(columns.series, np.int32)
        self._newest[ids] = np.array(columns.value, np.float64)  # of several the last one stays
        self._has_newest[ids] = True

    def lasting(self, series: int, scalar: Any) -> Any:
        """Return what is to be queued of an array: a copy, while it is doubted that it lasts."""
        before, n = self.doubted.get(series, (None, 0))
        if not hasattr(scalar, "is_deleted") or scalar.is_deleted():
            return scalar
        if before is not None and before.is_deleted():
            n = math.inf
        if not n:
            self.doubted.pop(series, None)
            return scalar
        self.doubted[series] = scalar, n - 1
        return scalar.copy()

    def read_ready(self, wait: bool = False) -> None:
        """Read the queued scalars that are ready, in order; with `wait`, all of them.

        To be called by the thread that makes the calls, as long as it makes them: reading a value
        lets go of the interpreter, and has to wait for it where another thread is busy. Without
        `wait`, nothing is done while another thread reads, unless there is much to read.
        """
        patience = -1 if wait else _TURN_SECONDS if len(self.waiting) > _MANY else 0
        with interrupts_held():  # else a lock that nobody lets go, or half a point
            if not self._reading.acquire(timeout=patience):
                return
            columns = self._columns
            first = len(columns.series)
            try:
                self._read(wait)
                if self._judge is not None and len(columns.series) > first:
                    of = slice(first, None)
                    self._judge.look(columns.series[of], columns.step[of], columns.value[of])
            finally:
                columns.even()
                self.read_due = perf_counter() + _READ_SECONDS
                self._reading.release()

    def _read(self, wait: bool) -> None:
        waiting, asarray = self.waiting, np.asarray
        columns = self._columns
        add_series, add_step = columns.series.append, columns.step.append
        add_seconds, add_value = columns.seconds.append, columns.value.append
        for _ in range(len(waiting)):  # no more: other threads may add faster than this one reads
            series, step, seconds, scalar = waiting[0]
            try:
                if type(scalar) is float:
                    add_value(scalar)
                elif not wait and not _is_ready(scalar):
                    return
                elif type(scalar) is Stretch:
                    self._add_stretch(series, step, seconds, scalar)
                    waiting.popleft()
                    continue
                elif type(scalar) is Placed:
                    value, step = asarray(scalar.value).item(), asarray(scalar.step).item()
                    if scalar.calls is not None:
                        self.paces.note(series, step, scalar.calls)
                    add_value(value)
                else:
                    # By way of a view that is gone at once: half the time of its `item()`.
                    add_value(asarray(scalar).item())
                add_series(series)
                add_step(step)
                add_seconds(seconds)
            except (RuntimeError, TypeError, ValueError):  # deleted, or its computation failed
                self.n_lost += 1
                self.doubted[series] = None, math.inf
            waiting.popleft()

    def take(self) -> MetricBatch | None:
        """Return what was read since the last time, None if nothing was."""
        with self._reading:
            columns = self._columns
            if not columns.series:
                return None
            self._note_newest()
            self._columns = _Columns()
            first = self._next_sequence
            self._next_sequence += len(columns.series)
        with self._naming:
            new, self._new = self._new, []
        return MetricBatch(
            first,
            tuple(new),
            np.frombuffer(columns.series, np.int32),
            np.frombuffer(columns.step, np.int64),
            np.frombuffer(columns.seconds, np.float64),
            np.frombuffer(columns.value, np.float64),
        )

    def _add_stretch(self, series: int, call: int, seconds: float, stretch: Stretch) -> None:
        """Add its points, at even distances between the begin and the end of the call."""
        values = np.array(stretch.values, np.float64)
        n, first = len(values), self._stretched.get(series, 0)
        self._stretched[series] = first + n
        if n:
            self.paces.note(series, first, call - 1 + 1 / n, n)
        columns = self._columns
        columns.series.frombytes(np.full(n, series, np.int32).tobytes())
        columns.step.frombytes(np.arange(first, first + n, dtype=np.int64).tobytes())
        start = stretch.start_seconds
        times = start + (seconds - start) * np.arange(1, n + 1) / max(n, 1)
        columns.seconds.frombytes(times.tobytes())
        columns.value.frombytes(values.tobytes())


class _Columns:
    """Points, column by column: typed arrays, which numpy takes over as they are."""

    def __init__(self) -> None:
        self.series = array("i")
        self.step = array("q")
        self.seconds = array("d")
        self.value = array("d")

    def even(self) -> None:
        """Drop half a point: another signal's handler has raised as it was read."""
        columns = self.series, self.step, self.seconds, self.value
        n = min(map(len, columns))
        for column in columns:
            del column[n:]


def _is_ready(scalar: Any) -> bool:
    """Whether it is read without waiting, or never: to ask a deleted one may end the process."""
    try:
        return scalar.is_deleted() or scalar.is_ready()
    except AttributeError:  # a number, one of NumPy's, or an array and what belongs to it
        return not isinstance(scalar, tuple) or all(map(_is_ready, scalar))
