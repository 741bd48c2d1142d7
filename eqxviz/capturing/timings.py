"""How long the runs of a function take: their median and their worst, at the cost of an append."""

import math
from collections import deque

import numpy as np

# A bin is 1/64 of an octave wide, some 1 %. They reach from a nanosecond to 18 minutes.
_BINS_AN_OCTAVE = 64
_SMALLEST = 1e-9
_N_BINS = 40 * _BINS_AN_OCTAVE
_MOST_WAITING = 1 << 16


class RunTimes:
    """The times of the calls that compiled nothing.

    A call, in any thread, appends its seconds to `waiting`, and one thread takes them from there.
    """

    def __init__(self) -> None:
        # Bounded for the case that nobody counts; the oldest are forgotten then.
        self.waiting: deque[float] = deque(maxlen=_MOST_WAITING)
        self.best = self.worst = math.nan  # seconds
        self._counts = np.zeros(_N_BINS, np.int64)

    def count(self) -> None:
        """Take in what waits."""
        if not self.waiting:
            return
        n, take = len(self.waiting), self.waiting.popleft
        seconds = np.fromiter((take() for _ in range(n)), np.float64, n)
        self.best = float(np.fmin(self.best, seconds.min()))
        self.worst = float(np.fmax(self.worst, seconds.max()))
        octaves = np.log2(np.maximum(seconds, _SMALLEST) / _SMALLEST)
        bins = np.minimum((octaves * _BINS_AN_OCTAVE).astype(np.int64), _N_BINS - 1)
        self._counts += np.bincount(bins, minlength=_N_BINS)

    @property
    def median(self) -> float:
        """The median of all that were counted, in seconds within 2 %; NaN for none.

        It is never better than the best, nor worse than the worst.
        """
        cumulative = np.cumsum(self._counts)
        n = int(cumulative[-1])
        if n == 0:
            return math.nan
        bin = int(np.searchsorted(cumulative, (n + 1) // 2))
        middle = _SMALLEST * 2.0 ** ((bin + 0.5) / _BINS_AN_OCTAVE)
        return min(max(middle, self.best), self.worst)
