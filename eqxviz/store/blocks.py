"""Blocks: the outline of neighbouring points of one curve, kept in the place of many of them."""

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

BLOCK = 64  # points in a whole block as a store keeps it

Floats = NDArray[np.float64]
Steps = NDArray[np.int64]


class Points(NamedTuple):
    """Points of one curve: columns of one length, in the order in which they were made."""

    steps: Steps
    seconds: Floats
    values: Floats

    @staticmethod
    def none() -> "Points":
        """Return no points."""
        return Points(np.empty(0, np.int64), np.empty(0), np.empty(0))

    @staticmethod
    def joined(parts: "list[Points]") -> "Points":
        """Return the points of all parts, one after the other."""
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return Points.none()
        return Points._make(np.concatenate(columns) for columns in zip(*parts, strict=True))

    @property
    def n(self) -> int:
        """How many there are."""
        return len(self.values)

    def part(self, start: int, stop: int) -> "Points":
        """Return the points `start:stop`; the columns are views."""
        return Points._make(column[start:stop] for column in self)


class Blocks(NamedTuple):
    """The outlines of blocks: columns of one length, in the order in which the points were made.

    `low` and `high` are the least and the greatest number in a block, both NaN where there is none.
    """

    step_min: Steps
    step_max: Steps
    seconds_min: Floats
    seconds_max: Floats
    low: Floats
    high: Floats
    has_nan: NDArray[np.bool_]

    @staticmethod
    def single(points: Points) -> "Blocks":
        """Return a block for every point."""
        steps, seconds, values = points
        return Blocks(steps, steps, seconds, seconds, values, values, np.isnan(values))

    @property
    def n(self) -> int:
        """How many blocks there are."""
        return len(self.low)

    def merged(self, starts: NDArray[np.int64]) -> "Blocks":
        """Return blocks each of which takes the place of those from one of `starts` to the next."""
        if not len(starts):
            return self.part(0, 0)
        return Blocks(
            np.minimum.reduceat(self.step_min, starts),
            np.maximum.reduceat(self.step_max, starts),
            np.minimum.reduceat(self.seconds_min, starts),
            np.maximum.reduceat(self.seconds_max, starts),
            np.fmin.reduceat(self.low, starts),
            np.fmax.reduceat(self.high, starts),
            np.logical_or.reduceat(self.has_nan, starts),
        )

    def part(self, start: int, stop: int) -> "Blocks":
        """Return the blocks `start:stop`; the columns are views."""
        return Blocks._make(column[start:stop] for column in self)

    def taken(self, rows: NDArray[Any]) -> "Blocks":
        """Return the blocks that `rows` picks, an index or a mask."""
        return Blocks._make(column[rows] for column in self)

    def to_bytes(self) -> bytes:
        """Return all columns, one after the other, little-endian."""
        return b"".join(little(column).tobytes() for column in self)

    @classmethod
    def from_bytes(cls, blob: bytes, n: int) -> Self:
        """Return the `n` blocks that `to_bytes` wrote.

        Raises:
            ValueError: If the bytes are not those of so many blocks.
        """
        if len(blob) != n * _ROW_BYTES:
            raise ValueError(f"{n} blocks take {n * _ROW_BYTES} bytes, and there are {len(blob)}")
        columns: list[NDArray[Any]] = []
        at = 0
        for dtype in _DTYPES:
            columns.append(np.frombuffer(blob, dtype, n, at))
            at += n * dtype.itemsize
        return cls(*columns)


_DTYPES = tuple(np.dtype(code) for code in ("<i8", "<i8", "<f8", "<f8", "<f8", "<f8", "?"))
_ROW_BYTES = sum(dtype.itemsize for dtype in _DTYPES)


class Summary(NamedTuple):
    """What stands out in a stretch of a curve; where there is no such point, its step is 0."""

    n_finite: int = 0
    least: float = np.inf
    least_step: int = 0
    greatest: float = -np.inf
    greatest_step: int = 0
    n_nan: int = 0
    first_nan_step: int = 0
    n_infinite: int = 0
    first_infinite_step: int = 0
    step_min: int = 0
    step_max: int = 0
    seconds_min: float = 0.0
    seconds_max: float = 0.0
    steps_fall: bool = False  # some step is less than the one before
    seconds_fall: bool = False

    @property
    def n(self) -> int:
        """How many points there are."""
        return self.n_finite + self.n_nan + self.n_infinite

    @staticmethod
    def of(points: Points) -> "Summary":
        """Return the summary of `points`."""
        steps, seconds, values = points
        if not len(values):
            return Summary()
        is_finite = np.isfinite(values)
        n_finite = int(np.count_nonzero(is_finite))
        places = (
            *(int(steps.min()), int(steps.max()), float(seconds.min()), float(seconds.max())),
            *(bool(np.any(x[1:] < x[:-1])) for x in (steps, seconds)),
        )
        if n_finite == len(values):
            low, high = int(values.argmin()), int(values.argmax())
            least, greatest = float(values[low]), float(values[high])
            extremes = least, int(steps[low]), greatest, int(steps[high])
            return Summary(n_finite, *extremes, 0, 0, 0, 0, *places)
        low, high = 0, 0
        if n_finite:
            low = int(np.where(is_finite, values, np.inf).argmin())
            high = int(np.where(is_finite, values, -np.inf).argmax())
        is_nan, is_infinite = np.isnan(values), np.isinf(values)
        n_nan, n_infinite = int(np.count_nonzero(is_nan)), int(np.count_nonzero(is_infinite))
        return Summary(
            n_finite,
            float(values[low]) if n_finite else np.inf,
            int(steps[low]) if n_finite else 0,
            float(values[high]) if n_finite else -np.inf,
            int(steps[high]) if n_finite else 0,
            n_nan,
            int(steps[is_nan.argmax()]) if n_nan else 0,
            n_infinite,
            int(steps[is_infinite.argmax()]) if n_infinite else 0,
            *places,
        )

    def then(self, later: "Summary") -> "Summary":
        """Return the summary of this stretch and the next. Ties go to the earlier point."""
        if not self.n or not later.n:
            return self if self.n else later
        low = self if self.least <= later.least else later
        high = self if self.greatest >= later.greatest else later
        nan = self if self.n_nan else later
        infinite = self if self.n_infinite else later
        return Summary(
            self.n_finite + later.n_finite,
            low.least,
            low.least_step,
            high.greatest,
            high.greatest_step,
            self.n_nan + later.n_nan,
            nan.first_nan_step,
            self.n_infinite + later.n_infinite,
            infinite.first_infinite_step,
            min(self.step_min, later.step_min),
            max(self.step_max, later.step_max),
            min(self.seconds_min, later.seconds_min),
            max(self.seconds_max, later.seconds_max),
            self.steps_fall or later.steps_fall or later.step_min < self.step_max,
            self.seconds_fall or later.seconds_fall or later.seconds_min < self.seconds_max,
        )


def starts_of(first: int, n: int, size: int) -> NDArray[np.int64]:
    """Return where, among `n` rows of which the first is number `first`, blocks of `size` begin.

    Blocks are counted from number 0; the first and the last of these may be parts of one.
    """
    if n <= 0:
        return np.zeros(0, np.int64)
    inner = np.arange(-first % size or size, n, size)
    return np.concatenate([np.zeros(1, np.int64), inner])


def little(column: NDArray[Any]) -> NDArray[Any]:
    """Return `column`, contiguous and little-endian."""
    return np.ascontiguousarray(column, column.dtype.newbyteorder("<"))
