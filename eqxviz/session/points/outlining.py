"""The outline of a curve between two places, from whatever of its pyramids is at hand."""

import math
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.session.points.pyramid import RAW, Pyramid, Rows, fan_of, size_of

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

# A block is taken apart until it is narrower than this part of a bucket.
_PART = 0.5
# So many points are looked at one by one where they are held: then all buckets are equally wide.
_FEW_POINTS = 32_768
_FEW_BLOCKS = 2048
_FAR = 1 << 62  # further than any step


class Missing(NamedTuple):
    """Points from number `first` up to `stop` that are wanted on `level`, and not held there."""

    level: int
    first: int
    stop: int


class Buckets:
    """What lies between each two of the places `edges`, which rise."""

    def __init__(self, edges: Floats) -> None:
        n = len(edges) - 1
        self.n = n
        self.edges = edges
        self._inner = edges[1:-1]
        widths = np.diff(edges)
        is_even = bool(widths.max() - widths.min() <= 1e-6 * widths.max())
        self.parts: Floats | None = None if is_even else widths * _PART
        self.part = float(widths.mean()) * _PART
        self.x_min, self.x_max = np.full(n, np.inf), np.full(n, -np.inf)
        self.low, self.high = np.full(n, np.nan), np.full(n, np.nan)
        self.has_nan = np.zeros(n, np.bool_)

    def of(self, x: NDArray[Any]) -> Indices:
        """Return the bucket of each place; what lies outside counts to the first or the last."""
        return np.searchsorted(self._inner, x, "right")

    def too_wide(self, rows: Rows) -> NDArray[np.bool_]:
        """Return which of the rows are to be taken apart."""
        widths = rows.x_max - rows.x_min
        return widths > (self.part if self.parts is None else self.parts[self.of(rows.x_min)])

    def add_sorted(self, rows: Rows) -> None:
        """Take in rows that follow one another, each into the bucket in which it begins."""
        at = np.searchsorted(rows.x_min, like(rows.x_min, self._inner))
        borders = np.concatenate([[0], at, [len(rows.x_min)]])
        into = np.flatnonzero(borders[1:] > borders[:-1])
        if len(into):
            starts, lasts = borders[into], borders[into + 1] - 1
            self._fill(rows, into, starts, rows.x_min[starts], rows.x_max[lasts])

    def add(self, rows: Rows) -> None:
        """Take in rows, each into the bucket in which it begins."""
        bucket = self.of(rows.x_min)
        if not len(bucket):
            return
        if bool(np.any(bucket[1:] < bucket[:-1])):
            order = np.argsort(bucket, kind="stable")
            bucket, rows = bucket[order], rows.taken(order)
        starts = np.concatenate([[0], np.flatnonzero(bucket[1:] != bucket[:-1]) + 1])
        ends = np.minimum.reduceat(rows.x_min, starts), np.maximum.reduceat(rows.x_max, starts)
        self._fill(rows, bucket[starts], starts, *ends)

    def _fill(
        self, rows: Rows, into: Indices, starts: Indices, x_min: NDArray[Any], x_max: NDArray[Any]
    ) -> None:
        has_nan = rows.has_nan if rows.has_nan is not None else np.isnan(rows.low)
        self.x_min[into] = np.minimum(self.x_min[into], x_min)
        self.x_max[into] = np.maximum(self.x_max[into], x_max)
        self.low[into] = np.fmin(self.low[into], np.fmin.reduceat(rows.low, starts))
        self.high[into] = np.fmax(self.high[into], np.fmax.reduceat(rows.high, starts))
        if has_nan.any():
            self.has_nan[into] |= np.logical_or.reduceat(has_nan, starts)

    def add_wide(self, rows: Rows) -> None:
        """Take in rows that reach over several buckets, at both their ends as far as is seen."""
        for x in (rows.x_min, rows.x_max):
            ends = np.clip(x.astype(np.float64), self.edges[0], self.edges[-1])
            self.add(rows._replace(x_min=ends, x_max=ends))


class Outliner:
    """Descends the pyramids `held`, the first of which reaches over the whole curve."""

    def __init__(self, held: list[Pyramid], axis: str, buckets: Buckets) -> None:
        self._held = held
        self._axis = axis
        self._buckets = buckets
        self.missing: list[Missing] = []

    def outline(self, first: int, stop: int, is_sorted: bool) -> None:
        """Fill the buckets with all points from number `first` up to `stop` between the places.

        With `is_sorted` all of them lie there.
        """
        whole = self._held[0]
        level = self._level_to_begin(first, stop, is_sorted)
        size = size_of(level)
        end = min(-(-stop // size), whole.level(level).stop)
        pending = np.arange(first // size, end)
        while True:
            wide = self._take(level, pending, is_sorted)
            if level == RAW:
                return
            fan, below = fan_of(level), size_of(level - 1)
            # What fills no whole block of this level stands below it.
            fringe = max(whole.level(level).stop * fan, first // below)
            end = min(whole.level(level - 1).stop, -(-stop // below))
            pending = (wide[:, None] * fan + np.arange(fan)).ravel()
            if fringe < end:
                pending = np.concatenate([pending, np.arange(fringe, end)])
            level -= 1

    def _level_to_begin(self, first: int, stop: int, is_sorted: bool) -> int:
        n, whole = stop - first, self._held[0]
        if n <= _FEW_POINTS and self._has(RAW, first, stop):
            return RAW
        n_wanted = self._buckets.n / _PART
        if not is_sorted or self._buckets.parts is not None:
            n_wanted = min(n_wanted, _FEW_BLOCKS)
        level = RAW
        while level + 1 < len(whole.levels) and n // size_of(level + 1) >= n_wanted:
            level += 1
        while level + 1 < len(whole.levels) and not self._has(level, first, stop):
            level += 1
        return level

    def _has(self, level: int, first: int, stop: int) -> bool:
        """Return whether one pyramid has all whole blocks of a level around these points."""
        size = size_of(level)
        end = min(-(-stop // size), self._held[0].level(level).stop)
        return any(held.has(level, first // size, end) for held in self._held)

    def _take(self, level: int, numbers: Indices, is_sorted: bool) -> Indices:
        """Put rows into the buckets; return those that are to be taken apart, and can be."""
        wide: list[Indices] = []
        for held in self._held:
            if not len(numbers):
                break
            part = held.inside(level, numbers)
            here = numbers[part]
            if not len(here):
                continue
            numbers = np.concatenate([numbers[: part.start], numbers[part.stop :]])
            wide.append(self._take_from(held, level, here, is_sorted))
        if not wide:
            return np.zeros(0, np.int64)
        return np.sort(np.concatenate(wide)) if len(wide) > 1 else wide[0]

    def _take_from(self, held: Pyramid, level: int, numbers: Indices, is_sorted: bool) -> Indices:
        buckets = self._buckets
        rows = held.rows(level, numbers, self._axis)
        if not is_sorted:
            seen = (rows.x_max >= buckets.edges[0]) & (rows.x_min <= buckets.edges[-1])
            rows, numbers = rows.taken(seen), numbers[seen]
        apart = np.zeros(0, np.int64)
        if level != RAW and (is_wide := buckets.too_wide(rows)).any():
            apart = numbers[is_wide]
            can = self._can_take_apart(level, apart)
            if not can.all():
                buckets.add_wide(rows.taken(is_wide).taken(~can))
                self._miss(level, apart[~can])
                apart = apart[can]
            rows = rows.taken(~is_wide)
        if is_sorted:
            buckets.add_sorted(rows)
        else:
            buckets.add(rows)
        return apart

    def _can_take_apart(self, level: int, numbers: Indices) -> NDArray[np.bool_]:
        fan = fan_of(level)
        can = np.zeros(len(numbers), np.bool_)
        for held in self._held:
            if level - 1 < len(held.levels):
                below = held.level(level - 1)
                can |= (numbers * fan >= below.start) & ((numbers + 1) * fan <= below.stop)
        return can

    def _miss(self, level: int, numbers: Indices) -> None:
        """Note that what the rows `numbers` are made of is wanted."""
        size = size_of(level)
        ends = np.flatnonzero(np.diff(numbers) > 1) + 1
        for run in np.split(numbers, ends):
            self.missing.append(Missing(level - 1, int(run[0]) * size, (int(run[-1]) + 1) * size))


def locate(
    held: list[Pyramid], axis: str, x: float, side: Literal["left", "right"]
) -> tuple[int, int]:
    """Return how many points of a sorted curve lie before `x`, at least and at most.

    With `side` "right" those at `x` count as before it. The two differ where the points there are
    not held: then they are the ends of the block in which the place lies.
    """
    whole = held[0]
    level = len(whole.levels) - 1
    while level > RAW and not len(whole.level(level)):
        level -= 1
    near = min(max(x, -_FAR), _FAR)
    step = np.int64(math.ceil(near) if side == "left" else math.floor(near))
    first, stop = 0, whole.level(level).stop
    while True:
        at = next((p for p in held if p.has(level, first, stop)), None)
        if at is None:
            return first * size_of(level), stop * size_of(level)
        ends = at.ends(level, first, stop, axis)
        row = first + int(ends.searchsorted(step if axis == "step" else x, side))
        if level == RAW:
            return row, row
        fan = fan_of(level)
        level -= 1
        if row < stop:
            first, stop = row * fan, (row + 1) * fan
        else:
            first, stop = stop * fan, max(whole.level(level).stop, stop * fan)


def like(x: NDArray[Any], places: Floats) -> NDArray[Any]:
    """Return `places` in the dtype of `x`: another one would have numpy convert all of `x`."""
    if x.dtype.kind != "i":
        return places
    return np.clip(np.ceil(places), -(2.0**62), 2.0**62).astype(x.dtype)
