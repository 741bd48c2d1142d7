"""Curves of a run: all their points, and their exact outline at any zoom."""

from typing import Any, Generic, Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import Series

BUCKET = 64  # points in a block of the lowest level of the pyramid
FACTOR = 4  # blocks in a block of the next level

_Floats = NDArray[np.float64]
_Indices = NDArray[np.int64]
_Flags = NDArray[np.bool_]
Axis = Literal["step", "seconds"]
_T = TypeVar("_T", bound=np.generic)


class Envelope(NamedTuple):
    """The outline of a stretch of a curve: columns of one length, in the order of `x`.

    `low` and `high` are the least and the greatest number among the points of a bucket; both are
    NaN where all of them are NaN. `has_nan` tells where at least one is. With few points in the
    stretch, each is a bucket of its own and `low` equals `high`.
    """

    x: _Floats
    low: _Floats
    high: _Floats
    has_nan: _Flags


class Point(NamedTuple):
    """One point of a curve, the `number`-th that was made, from 0."""

    number: int
    step: int
    seconds: float
    value: float


class Column(Generic[_T]):
    """A numpy column that grows at its end, with the room doubled whenever it runs out."""

    def __init__(self, dtype: type[_T]) -> None:
        self._room: NDArray[_T] = np.empty(256, dtype)
        self._n = 0

    def extend(self, values: NDArray[_T]) -> None:
        """Append `values`."""
        n = self._n + len(values)
        if n > len(self._room):
            room = np.empty(max(n, 2 * len(self._room)), self._room.dtype)
            room[: self._n] = self._room[: self._n]
            self._room = room
        self._room[self._n : n] = values
        self._n = n

    def view(self) -> NDArray[_T]:
        """Return all values so far; the view stays valid, and does not grow."""
        return self._room[: self._n]

    def __len__(self) -> int:
        return self._n


class _Level:
    """The blocks of one level of the pyramid; only whole blocks are kept."""

    def __init__(self) -> None:
        self.low, self.high, self.has_nan = Column(np.float64), Column(np.float64), Column(np.bool_)

    def extend(self, low: _Floats, high: _Floats, has_nan: _Flags, size: int) -> None:
        """Append the blocks of `size` that the columns, below this level, are made of."""
        self.low.extend(np.fmin.reduce(low.reshape(-1, size), axis=1))
        self.high.extend(np.fmax.reduce(high.reshape(-1, size), axis=1))
        self.has_nan.extend(np.logical_or.reduce(has_nan.reshape(-1, size), axis=1))

    def columns(self) -> tuple[_Floats, _Floats, _Flags]:
        """Return `(low, high, has_nan)` of all blocks."""
        return self.low.view(), self.high.view(), self.has_nan.view()

    def __len__(self) -> int:
        return len(self.low)


class Curve:
    """All points of one series, with a pyramid of block minima and maxima kept up to date."""

    def __init__(self, series: Series) -> None:
        self.series = series
        self._steps, self._seconds = Column(np.int64), Column(np.float64)
        self._values = Column(np.float64)
        self._is_sorted = {"step": True, "seconds": True}
        self._levels: list[_Level] = []

    @property
    def n(self) -> int:
        """How many points there are."""
        return len(self._values)

    def steps(self) -> NDArray[np.int64]:
        """Return the step of every point."""
        return self._steps.view()

    def seconds(self) -> _Floats:
        """Return the time of every point, in seconds from the start of the run."""
        return self._seconds.view()

    def values(self) -> _Floats:
        """Return the value of every point."""
        return self._values.view()

    def extend(self, steps: NDArray[np.int64], seconds: _Floats, values: _Floats) -> None:
        """Append points."""
        n_before = max(self.n - 1, 0)
        self._steps.extend(steps)
        self._seconds.extend(seconds)
        self._values.extend(values)
        for axis, column in (("step", self.steps()), ("seconds", self.seconds())):
            if self._is_sorted[axis]:
                new = column[n_before:]
                self._is_sorted[axis] = bool(np.all(new[1:] >= new[:-1]))
        self._grow_pyramid()

    def span(self, axis: Axis = "step") -> tuple[float, float]:
        """Return the least and the greatest x, NaN for both while there is no point."""
        x = self._x(axis)
        return (float(x.min()), float(x.max())) if len(x) else (np.nan, np.nan)

    def last(self) -> Point | None:
        """Return the newest point, None while there is none."""
        return self._point(self.n - 1) if self.n else None

    def extremes(self) -> tuple[float, float]:
        """Return the least and the greatest finite value, NaN for both if there is none."""
        values = self.values()
        finite = values[np.isfinite(values)]
        return (float(finite.min()), float(finite.max())) if len(finite) else (np.nan, np.nan)

    def near(self, x: float, axis: Axis = "step") -> Point | None:
        """Return the point nearest to `x`.

        None if there is none, or if it has to be read first: `RunView.curves_refined` tells when.
        """
        if not self.n or np.isnan(x):
            return None
        return self._point(int(np.abs(self._x(axis) - x).argmin()))

    def read(self, first: int, stop: int) -> tuple[NDArray[np.int64], _Floats, _Floats]:
        """Return steps, seconds and values of the points `first:stop`, as far as there are any.

        It may read the disk: call it in a background thread.
        """
        part = slice(first, stop)
        return self.steps()[part], self.seconds()[part], self.values()[part]

    def envelope(self, x0: float, x1: float, n_buckets: int, axis: Axis = "step") -> Envelope:
        """Return the outline between `x0` and `x1` in at most `n_buckets` equally wide buckets.

        A bucket without points is left out. While the stretch holds no more than two points a
        bucket, the points themselves are returned, with one neighbour on either side, so that a
        line drawn through them enters and leaves the picture rightly.
        """
        x = self._x(axis)
        values, order = self.values(), None
        if not self._is_sorted[axis]:
            order = np.argsort(x, kind="stable")
            x, values = x[order], values[order]
        first = int(np.searchsorted(x, _like(x, x0, np.ceil), "left"))
        stop = int(np.searchsorted(x, _like(x, x1, np.floor), "right"))
        if stop - first <= 2 * n_buckets:
            near = slice(max(first - 1, 0), stop + 1)
            shown = values[near]
            return Envelope(x[near].astype(np.float64), shown, shown, np.isnan(shown))
        inner = np.linspace(x0, x1, n_buckets + 1)[1:-1]
        edges = np.searchsorted(x[first:stop], _like(x, inner, np.ceil)) + first
        borders = np.unique(np.concatenate([[first], edges, [stop]])).astype(np.int64)
        starts, stops = borders[:-1], borders[1:]
        centres = (x[starts].astype(np.float64) + x[stops - 1]) / 2
        levels = self._levels
        if order is not None:
            levels = _pyramid(values, [])
        return Envelope(centres, *_outline(values, levels, starts, stops))

    def _x(self, axis: Axis) -> NDArray[Any]:
        return self.steps() if axis == "step" else self.seconds()

    def _point(self, index: int) -> Point:
        steps, seconds, values = self.steps(), self.seconds(), self.values()
        return Point(index, int(steps[index]), float(seconds[index]), float(values[index]))

    def _grow_pyramid(self) -> None:
        self._levels = _pyramid(self.values(), self._levels)


def _like(x: NDArray[Any], places: float | _Floats, rounded: np.ufunc) -> NDArray[Any]:
    """Return `places` in the dtype of `x`: another one would have numpy convert all of `x`."""
    if x.dtype.kind != "i":
        return np.asarray(places)
    return np.clip(rounded(places), -(2.0**62), 2.0**62).astype(x.dtype)


def _pyramid(values: _Floats, levels: list[_Level]) -> list[_Level]:
    """Return `levels` with the blocks that `values` now fill; what they hold stays as it is."""
    size, below = BUCKET, (values, values, np.isnan(values[:0]))
    for level in range(64):
        if level == len(levels):
            levels = [*levels, _Level()]
        start, stop = len(levels[level]) * size, len(below[0]) // size * size
        if start == stop:
            break
        low, high = below[0][start:stop], below[1][start:stop]
        has_nan = np.isnan(low) if level == 0 else below[2][start:stop]
        levels[level].extend(low, high, has_nan, size)
        size, below = FACTOR, levels[level].columns()
    return levels


def _outline(
    values: _Floats, levels: list[_Level], starts: _Indices, stops: _Indices
) -> tuple[_Floats, _Floats, _Flags]:
    """Return `(low, high, has_nan)` of every range `starts[i]:stops[i]` of `values`.

    A range is taken apart from below: what juts out of whole blocks is read on the level at hand,
    the blocks between go to the next one, until nothing is left.
    """
    low = np.full(len(starts), np.nan)
    high = low.copy()
    has_nan = np.zeros(len(starts), np.bool_)
    columns, size = (values, values, None), BUCKET
    for level in [*levels, None]:
        first_block, stop_block = -(-starts // size), stops // size
        head_stop = np.minimum(first_block * size, stops)
        tail_start = np.maximum(head_stop, stop_block * size)
        for begin, end in ((starts, head_stop), (tail_start, stops)):
            index = begin[:, None] + np.arange(size - 1)
            inside = index < end[:, None]
            np.minimum(index, len(columns[0]) - 1, out=index)
            below = np.where(inside, columns[0][index], np.nan)
            above = np.where(inside, columns[1][index], np.nan)
            low = np.fmin(low, np.fmin.reduce(below, axis=1))
            high = np.fmax(high, np.fmax.reduce(above, axis=1))
            found = np.isnan(below) if columns[2] is None else columns[2][index]
            has_nan |= (found & inside).any(axis=1)
        starts, stops = first_block, np.maximum(first_block, stop_block)
        if level is None or not len(level) or not np.any(stops > starts):
            break
        columns, size = level.columns(), FACTOR
    return low, high, has_nan
