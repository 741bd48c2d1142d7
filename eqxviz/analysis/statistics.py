"""Statistics of an array of any size, taken in piece by piece where the array lives."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eqxviz.analysis import compat, device_statistics
from eqxviz.analysis.array_data import Part, flat_pieces, parts_of, real_numbers
from eqxviz.analysis.cancelled import CancelledError
from eqxviz.analysis.distribution import Buckets, Distribution, Patterns, of_values

# Up to so many elements all values are kept and sorted, so that percentiles are exact.
MAX_SORTED = 1 << 20
# Elements between two looks at the clock, and at whether the result is still wanted.
_PIECE = 1 << 22
# Elements at a time: their float64 fits a processor's own cache.
_CHUNK = 1 << 17


@dataclass
class Moments:
    """Counts, extremes, mean and sum of squared deviations of what was taken in."""

    n: int = 0  # finite elements
    n_nan: int = 0
    n_inf: int = 0  # positive
    n_negative_inf: int = 0
    n_zero: int = 0
    minimum: float = math.inf
    maximum: float = -math.inf
    mean: float = 0.0
    squares: float = 0.0
    _buffer: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    @property
    def std(self) -> float:
        """The standard deviation of the finite elements."""
        return math.sqrt(self.squares / self.n) if self.n else math.nan

    @property
    def norm(self) -> float:
        """The root of the sum of squares of the finite elements."""
        return math.sqrt(self.squares + self.n * self.mean * self.mean)

    def add(self, values: NDArray[Any]) -> None:
        """Take in a flat array of float32 or float64."""
        n = len(values)
        if n == 0:
            return
        if len(self._buffer) < n:
            self._buffer = np.empty(n)
        wide = self._buffer[:n]
        np.copyto(wide, values)
        self.n_zero += int(np.count_nonzero(values == 0))
        total = float(wide.sum())
        if not math.isfinite(total):
            # NaN, infinities, or a sum that is too large.
            self.n_nan += int(np.count_nonzero(np.isnan(wide)))
            self.n_inf += int(np.count_nonzero(wide == math.inf))
            self.n_negative_inf += int(np.count_nonzero(wide == -math.inf))
            values = wide = wide[np.isfinite(wide)]
            n = len(wide)
            if n == 0:
                return
            total = float(wide.sum())
        low, high = float(values.min()), float(values.max())
        mean = total / n
        wide -= mean
        # Not by `dot`: on a busy machine its threads wait for one another longer than this takes.
        np.multiply(wide, wide, out=wide)
        self._merge(n, low, high, mean, float(wide.sum()))

    def add_counted(self, values: NDArray[np.float64], counts: NDArray[np.int64]) -> None:
        """Take in each of `values` as often as `counts` says."""
        self.n_nan += int(counts[np.isnan(values)].sum())
        self.n_inf += int(counts[values == math.inf].sum())
        self.n_negative_inf += int(counts[values == -math.inf].sum())
        self.n_zero += int(counts[values == 0].sum())
        finite = np.isfinite(values)
        values, counts = values[finite], counts[finite]
        n = int(counts.sum())
        if n:
            mean = float((values * counts).sum() / n)
            squares = float((np.square(values - mean) * counts).sum())
            self._merge(n, float(values.min()), float(values.max()), mean, squares)

    def add_piece(self, piece: device_statistics.Piece) -> None:
        """Take in what a device says of a piece."""
        self.n_nan += piece.n_nan
        self.n_inf += piece.n_inf
        self.n_negative_inf += piece.n_negative_inf
        self.n_zero += piece.n_zero
        if piece.n:
            self._merge(piece.n, piece.minimum, piece.maximum, piece.mean, piece.squares)

    def _merge(self, n: int, low: float, high: float, mean: float, squares: float) -> None:
        """Add the moments of `n` more elements (Chan's formula, which adds no rounding)."""
        self.minimum, self.maximum = min(self.minimum, low), max(self.maximum, high)
        step, total = mean - self.mean, self.n + n
        self.squares += squares + step * step * self.n * n / total
        self.mean += step * n / total
        self.n = total


class Reading:
    """The statistics of one array while it is being read.

    It keeps no view of the array's memory between two steps. With `is_detailed` False only the
    moments are taken. `array` holds numbers that can be read (see `array_data`).
    """

    def __init__(self, array: Any, *, is_detailed: bool = True) -> None:
        self.array = array
        self.size = math.prod(array.shape)
        self.n_done = 0
        self.moments = Moments()
        self.dtype = np.dtype(array.dtype)
        self.is_whole = self.dtype.kind in "biu" or compat.is_below_byte(self.dtype)
        self.extremes: tuple[int, int] | None = None  # of integers, to the last digit
        self.parts = np.array([math.inf, -math.inf] * 2)  # of complex numbers
        self._part = self._at = 0
        self._sample: list[NDArray[np.float64]] | None = None
        self._patterns: Patterns | None = None
        self._buckets: Buckets | None = None
        if is_detailed and self.size <= MAX_SORTED:
            self._sample = []
        elif is_detailed and self.dtype.itemsize <= 2:
            self._patterns = Patterns(self.dtype)
        elif is_detailed:
            self._buckets = Buckets()

    @property
    def is_done(self) -> bool:
        """Whether every element was read."""
        return self.n_done >= self.size

    @property
    def _counting(self) -> device_statistics.Counting:
        if self._patterns is not None:
            return "patterns"
        return "nothing" if self._buckets is None else "buckets"

    def step(self, seconds: float, is_cancelled: Callable[[], bool]) -> bool:
        """Read on for about so long; return whether all is read.

        Raises:
            CancelledError: If `is_cancelled()` between two pieces.
        """
        deadline = time.perf_counter() + seconds
        parts = parts_of(self.array)
        with np.errstate(over="ignore", invalid="ignore"):  # near the largest numbers
            while not self.is_done:
                if is_cancelled():
                    raise CancelledError
                self._take_piece(parts[self._part])
                if time.perf_counter() >= deadline:
                    break
        # Of a piece with patterns a device says the moments as well; these are the exact ones.
        if self.is_done and self._patterns is not None:
            self.moments = Moments()
            self.moments.add_counted(*self._patterns.values())
        return self.is_done

    def distribution(self) -> Distribution:
        """Return the distribution of the finite elements, once all are read."""
        if self._sample is not None:
            return of_values(np.concatenate([np.zeros(0), *self._sample]))
        if self._patterns is not None:
            return self._patterns.distribution()
        assert self._buckets is not None, "the reading is not a detailed one"
        m = self.moments
        infinities = m.n_inf, m.n_negative_inf
        return self._buckets.distribution(m.minimum, m.maximum, infinities, is_whole=self.is_whole)

    def _take_piece(self, part: Part) -> None:
        """Read on in `part`, and leave it when all of it is read."""
        if part.is_on_host:
            view = part.host_view()
            if view.flags.c_contiguous or view.flags.f_contiguous:
                view = view.reshape(-1, order="A")
            rows = max(1, _PIECE * len(view) // max(view.size, 1))
            piece = view[self._at : self._at + rows]
            self._at += len(piece)
            self._take_host(piece)
            is_over = self._at >= len(view)
            self.n_done += piece.size
        else:
            taken = device_statistics.read_piece(part.data, self._at, self._counting)
            self._take_device(taken)
            self._at += taken.size
            self.n_done += taken.size
            is_over = self._at >= math.prod(part.data.shape)
        if is_over:
            self._part, self._at = self._part + 1, 0

    def _take_host(self, piece: NDArray[Any]) -> None:
        for chunk in flat_pieces(piece, _CHUNK):
            if self._patterns is not None:
                self._patterns.add(chunk)
                continue
            if self.dtype.kind in "iu" and self.dtype.itemsize >= 4:
                self._widen(int(chunk.min()), int(chunk.max()))
            numbers = real_numbers(chunk)
            self.moments.add(numbers)
            if self.dtype.kind == "c":
                self._add_parts(chunk)
            if self._sample is not None:
                finite = numbers[np.isfinite(numbers)].astype(np.float64)
                self._sample.append(finite)
            elif self._buckets is not None:
                self._buckets.add(numbers)

    def _take_device(self, piece: device_statistics.Piece) -> None:
        self.moments.add_piece(piece)
        if piece.extremes is not None:
            self._widen(*piece.extremes)
        if piece.parts is not None:
            self._widen_parts(piece.parts)
        counted = self._patterns or self._buckets
        if counted is not None and piece.counts is not None:
            counted.counts += piece.counts

    def _widen(self, low: int, high: int) -> None:
        known = self.extremes or (low, high)
        self.extremes = min(low, known[0]), max(high, known[1])

    def _add_parts(self, chunk: NDArray[Any]) -> None:
        finite: Any = chunk[np.isfinite(chunk)]
        if len(finite):
            real, imag = finite.real, finite.imag
            self._widen_parts(np.array([real.min(), real.max(), imag.min(), imag.max()]))

    def _widen_parts(self, ends: NDArray[np.float64]) -> None:
        lows, highs = np.minimum(self.parts, ends), np.maximum(self.parts, ends)
        self.parts = np.array([lows[0], highs[1], lows[2], highs[3]])
