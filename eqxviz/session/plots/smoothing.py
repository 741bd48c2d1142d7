"""A moving average that leaves no point out, and its outline in a bounded amount of memory.

The average is exponential with debiasing: of the values so far, each counts `1 - 2 / (window + 1)`
times as much as the one after it, and the weights are divided by their sum. Values that are not
finite are passed over: they count nothing, and have no average.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.session.curves import Axis, Envelope, edges

Floats = NDArray[np.float64]
Read = Callable[[int, int], tuple[NDArray[np.int64], Floats, Floats]]

CHUNK = 1 << 16  # points that are averaged in one go: a multiple of what is in a block
MOST_BLOCKS = 1 << 15  # of an outline: that of 10,000,000 points is of 512 each
_FIRST_SIZE = 64
WINDOWS = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000)
_COLUMN: dict[Axis, int] = {"step": 0, "seconds": 2}  # of a block, where its first place is
_NEGLIGIBLE = 1e-17  # a weight that no longer changes a sum of doubles


class Average(NamedTuple):
    """Where the average stands: the weighted sum of the values so far, and of their weights."""

    total: float = 0.0
    weight: float = 0.0


def average(values: Floats, window: int, before: Average) -> tuple[Floats, Average]:
    """Return the average after each value, NaN at those that are not finite, and where it stands.

    `window` counts values; an average over 1 is the value itself.
    """
    smooth = np.full(len(values), np.nan)
    is_finite = np.isfinite(values)
    counted = values[is_finite]
    if not len(counted):
        return smooth, before
    keep = 1.0 - 2.0 / (window + 1)
    if keep == 0.0:
        smooth[is_finite] = counted
        return smooth, Average(float(counted[-1]), 1.0)
    since = keep ** np.arange(1, len(counted) + 1, dtype=np.float64)
    totals = _decayed_sums(counted, keep) + since * before.total
    weights = (1.0 - since) / (1.0 - keep) + since * before.weight
    smooth[is_finite] = totals / weights
    return smooth, Average(float(totals[-1]), float(weights[-1]))


def _decayed_sums(values: Floats, keep: float) -> Floats:
    """Return, for each value, the sum of it and those before, times `keep` for each step back.

    The sums over 1, 2, 4, ... values are made of one another, until a weight is negligible.
    """
    sums, reach = values.copy(), 1
    while reach < len(values) and (weight := keep**reach) > _NEGLIGIBLE:
        sums[reach:] += weight * sums[:-reach]
        reach *= 2
    return sums


class Extent(NamedTuple):
    """What is looked at of the horizontal axis, and in how many buckets; `is_log`: `x0` > 0."""

    x0: float
    x1: float
    n_buckets: int
    axis: Axis
    is_log: bool = False

    def starts(self, x: Floats) -> NDArray[np.int64]:
        """Return the first of the places `x`, which rise, in each bucket that holds any."""
        borders = edges(self.x0, self.x1, self.n_buckets, is_log=self.is_log)[:-1]
        return np.unique(np.clip(np.searchsorted(x, borders), 0, len(x) - 1))


class Smoothed(NamedTuple):
    """The average of one curve so far, in blocks of `size` points; the last may be of fewer.

    A row of `blocks` is: first and last step, first and last time, least and greatest average in
    it, and where the average stood before it, so that the points themselves can be averaged
    exactly from there.
    """

    window: int
    n: int
    size: int
    blocks: Floats

    def envelope(self, extent: Extent, x0: float) -> Envelope:
        """Return the outline of `extent` from `x0` on: of all blocks that reach into it."""
        column = _COLUMN[extent.axis]
        first, stop = self._blocks_between(x0, extent.x1, column)
        seen = self.blocks[first:stop]
        x = (seen[:, column] + seen[:, column + 1]) / 2
        low, high = seen[:, 4], seen[:, 5]
        if len(seen) > 2 * extent.n_buckets:
            starts = extent.starts(x)
            low, high = np.fmin.reduceat(low, starts), np.fmax.reduceat(high, starts)
            ends = np.append(starts[1:], len(seen)) - 1
            x = (seen[starts, column] + seen[ends, column + 1]) / 2
        return Envelope(x, low, high, np.zeros(len(x), np.bool_))

    def wide_until(self, extent: Extent) -> float:
        """Return up to which place blocks are wider than buckets, -inf if they are nowhere so."""
        column = _COLUMN[extent.axis]
        first, stop = self._blocks_between(extent.x0, extent.x1, column)
        seen = self.blocks[first:stop]
        if not extent.is_log:
            return extent.x1 if len(seen) < extent.n_buckets else -math.inf
        begins = np.maximum(seen[:, column], extent.x0)
        ends = np.minimum(seen[:, column + 1], extent.x1)
        widest = (extent.x1 / extent.x0) ** (1 / extent.n_buckets)
        is_narrow = (ends > begins) & (ends < begins * widest)
        return float(begins[is_narrow.argmax()]) if is_narrow.any() else extent.x1

    def points_between(self, x0: float, x1: float, axis: Axis) -> tuple[int, int]:
        """Return a stretch of points that holds all between two steps, or times."""
        first, stop = self._blocks_between(x0, x1, _COLUMN[axis])
        return first * self.size, min(stop * self.size, self.n)

    def stretch(self, read: Read, start: int, stop: int) -> tuple[Floats, Floats, Floats]:
        """Return steps, times and averages of the points `start:stop`, each of them."""
        block = start // self.size
        first = block * self.size
        steps, seconds, values = read(first, stop)
        smooth, _ = average(values, self.window, Average(*self.blocks[block, 6:8]))
        skip = start - first
        return steps[skip:].astype(np.float64), seconds[skip:], smooth[skip:]

    def _blocks_between(self, x0: float, x1: float, column: int) -> tuple[int, int]:
        rows = self.blocks
        first = max(int(np.searchsorted(rows[:, column + 1], x0, "left")) - 1, 0)
        return first, int(np.searchsorted(rows[:, column], x1, "right")) + 1


class Smoother:
    """Averages a curve as it grows, with the memory of `MOST_BLOCKS` blocks at most.

    It works in one thread at a time; what `so_far` returned may be read in another meanwhile.
    """

    def __init__(self, window: int) -> None:
        self.window = window
        self.n = 0  # points so far
        self._size = _FIRST_SIZE
        self._now = Average()
        self._room = np.empty((MOST_BLOCKS, 8), np.float64)
        self._n_blocks = 0

    def so_far(self) -> Smoothed:
        """Return the average of the points so far."""
        return Smoothed(self.window, self.n, self._size, self._room[: self._n_blocks])

    def extend(self, read: Read, stop: int) -> None:
        """Take in the points up to `stop`."""
        while self.n < stop:
            # A block that is not full is begun anew, with what has come since.
            if self.n % self._size:
                self._drop_last()
            if self._n_blocks + -(-CHUNK // self._size) > MOST_BLOCKS:
                self._halve()
            end = min(self.n + max(CHUNK, self._size), stop)
            self._add(*read(self.n, end))
            self.n = end

    def _add(self, steps: NDArray[np.int64], seconds: Floats, values: Floats) -> None:
        starts = np.arange(0, len(values), self._size)
        ends = np.minimum(starts + self._size, len(values)) - 1
        smooth, after = average(values, self.window, self._now)
        rows = self._room[self._n_blocks : self._n_blocks + len(starts)]
        rows[:, 0], rows[:, 1] = steps[starts], steps[ends]
        rows[:, 2], rows[:, 3] = seconds[starts], seconds[ends]
        rows[:, 4] = np.fmin.reduceat(smooth, starts)
        rows[:, 5] = np.fmax.reduceat(smooth, starts)
        rows[:, 6:8] = _states_before(starts, smooth, self.window, self._now)
        self._now = after
        self._n_blocks += len(starts)

    def _drop_last(self) -> None:
        self._n_blocks -= 1
        self._now = Average(*self._room[self._n_blocks, 6:8])
        self.n = self._n_blocks * self._size

    def _halve(self) -> None:
        """Make two blocks one, in another room: the old one may be being read."""
        rows = self._room[: self._n_blocks]
        pairs = rows[0::2].copy()
        two, n_pairs = rows[1::2], len(rows) // 2
        pairs[:n_pairs, 1], pairs[:n_pairs, 3] = two[:, 1], two[:, 3]
        pairs[:n_pairs, 4] = np.fmin(pairs[:n_pairs, 4], two[:, 4])
        pairs[:n_pairs, 5] = np.fmax(pairs[:n_pairs, 5], two[:, 5])
        self._room = np.empty_like(self._room)
        self._room[: len(pairs)] = pairs
        self._n_blocks = len(pairs)
        self._size *= 2
        if self.n % self._size:
            self._drop_last()


def _states_before(
    starts: NDArray[np.int64], smooth: Floats, window: int, before: Average
) -> Floats:
    """Return where the average stood before each of `starts`, as rows of total and weight."""
    keep = 1.0 - 2.0 / (window + 1)
    is_counted = np.isfinite(smooth)
    n_counted = np.concatenate([[0], np.cumsum(is_counted)])[starts]
    since = keep**n_counted
    weights = (1.0 - since) / (1.0 - keep) + since * before.weight
    last = np.concatenate([[0.0], smooth[is_counted]])[n_counted]
    totals = np.where(n_counted == 0, before.total, last * weights)
    return np.stack([totals, np.where(n_counted == 0, before.weight, weights)], axis=1)
