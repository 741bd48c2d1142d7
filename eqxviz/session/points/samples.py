"""How many samples a run has seen at each point of its curves."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.telemetry import BatchSize, Pace

Floats = NDArray[np.float64]


class Samples:
    """How many samples a run has seen after each step of a curve: a piecewise linear function.

    Of calls before the first size that is known, each is taken to be of that size. Calls are
    counted from 1. Steps of a curve are calls, unless it has `paces`.
    """

    def __init__(self, sizes: Sequence[BatchSize], paces: Iterable[Pace] = ()) -> None:
        newest = {size.step: size.size for size in sizes}
        starts = sorted(newest)
        self.is_known = bool(starts)
        self._starts = np.array(starts or [0], np.float64)
        self._sizes = np.array([newest[s] for s in starts] or [1], np.float64)
        seen = np.cumsum(np.diff(self._starts) * self._sizes[:-1])
        first = max(self._starts[0] - 1, 0) * self._sizes[0]
        self._seen = first + np.concatenate([[0.0], seen])  # before the call of each start
        told = sorted({pace.step: pace for pace in paces}.values(), key=lambda pace: pace.step)
        told = told or [Pace(-1, 0, 0.0, 1.0)]
        self._steps: Floats = np.array([pace.step for pace in told], np.float64)
        self._calls: Floats = np.array([pace.calls for pace in told], np.float64)
        self._per_call: Floats = np.array([pace.per_call for pace in told], np.float64)

    def of_steps(self, steps: Floats) -> Floats:
        """Return how many samples were seen once each of `steps` was done."""
        at = np.maximum(np.searchsorted(self._steps, steps, "right") - 1, 0)
        calls = self._calls[at] + (steps - self._steps[at]) / self._per_call[at]
        # A part of a call is of the size of that call.
        i = np.maximum(np.searchsorted(self._starts, np.ceil(calls), "right") - 1, 0)
        seen: Floats = self._seen[i] + (calls - self._starts[i] + 1) * self._sizes[i]
        return seen.round(6)

    def to_steps(self, samples: Floats) -> Floats:
        """Return the steps, with fractions, after which so many samples were seen."""
        ends = self._seen[1:]
        # The last call of a stretch belongs to it: its end is where the next one begins.
        i = np.searchsorted(ends, samples, "left")
        sizes = np.maximum(self._sizes[i], 1e-9)
        calls: Floats = self._starts[i] + (samples - self._seen[i]) / sizes - 1
        at = np.maximum(np.searchsorted(self._calls, calls, "right") - 1, 0)
        return self._steps[at] + (calls - self._calls[at]) * self._per_call[at]


class RunSamples:
    """The sizes of a run's batches and the paces of its curves, as they become known."""

    def __init__(self) -> None:
        self.sizes: list[BatchSize] = []
        self._paces: dict[int, dict[int, Pace]] = {}  # of each curve, by their steps
        self._made: dict[int, tuple[tuple[int, int], Samples]] = {}

    def add(self, record: BatchSize | Pace) -> None:
        """Take in a record; one that is sent again changes nothing."""
        if isinstance(record, Pace):
            self._paces.setdefault(record.series, {})[record.step] = record
            self._made.pop(record.series, None)
        elif not self.sizes or record.step > self.sizes[-1].step:
            self.sizes.append(record)

    def of(self, series: int) -> Samples:
        """Return the samples at the steps of a curve."""
        paces = self._paces.get(series, {})
        known = len(self.sizes), len(paces)
        made = self._made.get(series)
        if made is None or made[0] != known:
            made = self._made[series] = known, Samples(self.sizes, paces.values())
        return made[1]
