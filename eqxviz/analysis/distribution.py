"""How often which values occur: the source of percentiles and histograms."""

import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eqxviz.analysis.array_data import real_numbers

MAX_BINS = 64
# Values share a bucket where the upper half of their float32 agrees: that is 8 bits of precision.
BUCKET_ACCURACY = 2.0**-7
_N_BUCKETS = 1 << 16
_UPPER = 1 if sys.byteorder == "little" else 0
_INFINITE = 0x7F80  # the upper half of infinity


@dataclass(frozen=True)
class Distribution:
    """Counts of finite values, by rising value: those of row i lie in `lows[i]` to `highs[i]`.

    Where both are the same everywhere, all that is computed of it is exact; else values are taken
    to be spread evenly over their row, which is right to `accuracy`, a share of the value.
    """

    lows: NDArray[np.float64]
    highs: NDArray[np.float64]
    counts: NDArray[np.int64]
    accuracy: float

    @property
    def n(self) -> int:
        """How many values were counted."""
        return int(self.counts.sum())

    def percentiles(self, percents: tuple[int, ...]) -> NDArray[np.float64]:
        """Return the values below which so many percent lie, as `numpy.percentile` defines it."""
        n, below = self.n, np.cumsum(self.counts)
        if n == 0:
            return np.zeros(0)
        ranks = np.array(percents) / 100 * (n - 1)
        lower, upper = self._at_rank(np.floor(ranks), below), self._at_rank(np.ceil(ranks), below)
        share = ranks - np.floor(ranks)
        return lower * (1 - share) + upper * share  # `upper - lower` might overflow

    def histogram(self, *, is_whole: bool) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return counts over even bins, and the bins' edges; a few whole numbers have one each."""
        if not len(self.counts):
            return np.zeros(0, np.int64), np.zeros(0, np.float64)
        edges = _edges(float(self.lows[0]), float(self.highs[-1]), self.n, is_whole)
        below = np.rint(self._below(edges[1:-1])).astype(np.int64)
        return np.diff(below, prepend=0, append=self.n), edges

    def _at_rank(self, ranks: NDArray[np.float64], below: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the values at places `ranks` of all values in order, of which 0 is the first."""
        row = np.searchsorted(below, ranks, side="right")
        count = self.counts[row]
        share = (ranks - (below[row] - count) + 0.5) / count
        low, high = self.lows[row], self.highs[row]
        return low * (1 - share) + high * share

    def _below(self, edges: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how many values lie below each edge."""
        before = np.concatenate([[0], np.cumsum(self.counts)])
        row = np.searchsorted(self.highs, edges, side="left")  # the first one not wholly below
        row = np.minimum(row, len(self.counts) - 1)
        low, high = self.lows[row], self.highs[row]
        width = np.where(high > low, high - low, 1.0)
        share = np.clip((edges - low) / width, 0.0, 1.0)
        return before[row] + share * self.counts[row]


def of_values(values: NDArray[np.float64]) -> Distribution:
    """Return the distribution of finite `values`, exactly."""
    ordered = np.sort(values)
    return Distribution(ordered, ordered, np.ones(len(ordered), np.int64), 0.0)


class Patterns:
    """Counts of numbers of at most 16 bits, by their bits: they say everything, exactly."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._dtype = dtype
        self._bits = np.dtype(np.uint8 if dtype.itemsize == 1 else np.uint16)
        self.counts = np.zeros(1 << (8 * dtype.itemsize), np.int64)

    def add(self, values: NDArray[Any]) -> None:
        """Take in elements."""
        self.counts += np.bincount(values.view(self._bits), minlength=len(self.counts))

    def values(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the values that occur, NaN and infinities too, and the count of each."""
        seen = np.flatnonzero(self.counts)
        values = real_numbers(seen.astype(self._bits).view(self._dtype)).astype(np.float64)
        return values, self.counts[seen]

    def distribution(self) -> Distribution:
        """Return the distribution of the finite values."""
        values, counts = self.values()
        finite = np.isfinite(values)
        values, counts = values[finite], counts[finite]
        order = np.argsort(values, kind="stable")
        return Distribution(values[order], values[order], counts[order], 0.0)


class Buckets:
    """Counts of numbers by the upper half of their float32: fine enough where all are too many."""

    def __init__(self) -> None:
        self.counts = np.zeros(_N_BUCKETS, np.int64)

    def add(self, values: NDArray[Any]) -> None:
        """Take in real numbers."""
        halves = values.astype(np.float32, copy=False).view(np.uint16)[_UPPER::2]
        self.counts += np.bincount(halves, minlength=_N_BUCKETS)

    def distribution(
        self, minimum: float, maximum: float, n_inf: tuple[int, int], *, is_whole: bool
    ) -> Distribution:
        """Return the distribution of the finite values, which reach from `minimum` to `maximum`.

        `n_inf` counts the infinities, positive and negative ones.
        """
        magnitude = np.arange(_INFINITE, dtype=np.uint32) << 16
        near = magnitude.view(np.float32).astype(np.float64)
        far = (magnitude | 0xFFFF).view(np.float32).astype(np.float64)
        # What a float32 cannot hold fell into the bucket of the infinity of its sign.
        over = [
            max(int(self.counts[_INFINITE | s]) - n, 0)
            for s, n in zip((0, 0x8000), n_inf, strict=True)
        ]
        top = float(np.finfo(np.float32).max)
        lows = np.concatenate([[-math.inf], -far[::-1], near, [top]])
        highs = np.concatenate([[-top], -near[::-1], far, [math.inf]])
        counts = np.concatenate(
            [
                [over[1]],
                self.counts[0x8000 : 0x8000 + _INFINITE][::-1],
                self.counts[:_INFINITE],
                [over[0]],
            ]
        )
        seen = np.flatnonzero(counts)
        if is_whole:
            lows, highs = np.ceil(lows), np.floor(highs)
        lows = np.clip(lows[seen], minimum, maximum)
        highs = np.maximum(np.clip(highs[seen], minimum, maximum), lows)
        return Distribution(lows, highs, counts[seen].astype(np.int64), BUCKET_ACCURACY)


def _edges(low: float, high: float, n: int, is_whole: bool) -> NDArray[np.float64]:
    exact = max(abs(low), abs(high)) < 1 << 52
    if is_whole and exact and high - low < MAX_BINS:
        return np.arange(low - 0.5, high + 1.0)
    n_bins = min(MAX_BINS, max(1, math.ceil(2 * n ** (1 / 3))))
    share = np.linspace(0.0, 1.0, n_bins + 1)
    edges = low * (1 - share) + high * share  # `high - low` might overflow
    if np.all(np.diff(edges) > 0):
        return edges
    # All elements are equal, or too near for their size: one bin that holds them.
    margin = max(abs(low), abs(high)) * 1e-6 or 0.5
    return np.array([low - margin, high + margin])
