"""Curves of a run: the exact outline of all their points at any zoom, in little memory."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import Series
from eqxviz.session.points.outlining import Buckets, Missing, Outliner, locate
from eqxviz.session.points.pyramid import RAW, Pyramid
from eqxviz.session.points.samples import RunSamples, Samples
from eqxviz.session.points.stored import MOST_POINTS, History, StoreReader
from eqxviz.store.blocks import Points, Summary

_Floats = NDArray[np.float64]
_Flags = NDArray[np.bool_]
Axis = Literal["step", "seconds"]

_CATCH_UP = 4096  # points that may wait for their blocks
_MOST_DETAILS = 96
_MOST_ASKED = 3


class Envelope(NamedTuple):
    """The outline of a stretch of a curve: columns of one length, in the order of `x`.

    `low` and `high` are the least and the greatest number among the points of a bucket; both are
    NaN where all of them are NaN. `has_nan` tells where at least one is. With few points in the
    stretch, each is a bucket of its own and `low` equals `high`. Where it is not final, points are
    still being read: until then, what lies in several buckets is drawn at both ends of it.
    """

    x: _Floats
    low: _Floats
    high: _Floats
    has_nan: _Flags
    is_final: bool = True

    def then(self, other: "Envelope") -> "Envelope":
        """Return both as one; what is in both, as a neighbour of the other, is there once."""
        rest = other.x > (self.x[-1] if len(self.x) else -np.inf)
        return Envelope(
            np.concatenate([self.x, other.x[rest]]),
            np.concatenate([self.low, other.low[rest]]),
            np.concatenate([self.high, other.high[rest]]),
            np.concatenate([self.has_nan, other.has_nan[rest]]),
            self.is_final and other.is_final,
        )


class Point(NamedTuple):
    """One point of a curve, the `number`-th that was made, from 0."""

    number: int
    step: int
    seconds: float
    value: float


class Curve:
    """One series: a pyramid over all its points, the newest as they are, and what is looked at.

    Points that are not held are read in the background when they are wanted. It belongs to one
    thread, but for `read`.
    """

    def __init__(
        self, series: Series, reader: StoreReader | None = None, run: RunSamples | None = None
    ) -> None:
        self.series = series
        self._run_samples = run or RunSamples()
        self._reader = reader
        self._whole = Pyramid()
        self._details: list[Pyramid] = []
        self._summary = Summary()
        self._n_summed = 0
        self._is_reading = False
        self._asked_for: tuple[object, ...] = ()
        self._n_asked = 0

    @property
    def n(self) -> int:
        """How many points there are."""
        return self._whole.points.stop

    @property
    def samples(self) -> Samples:
        """How many samples its run has seen at its steps."""
        return self._run_samples.of(self.series.id)

    @property
    def n_held(self) -> int:
        """How many of the newest points are held as they are."""
        return len(self._whole.points)

    @property
    def summary(self) -> Summary:
        """What stands out in the curve."""
        self._catch_up()
        return self._summary

    def begin_with(self, past: History) -> None:
        """Take in what the store has of the curve, before any other point."""
        self._whole, self._summary = past.pyramid, past.summary
        self._n_summed = self.n

    def extend(self, points: Points) -> None:
        """Append points."""
        self._whole.extend(points)
        if self.n - self._n_summed >= _CATCH_UP:
            self._catch_up()

    def forget_points(self, before: int) -> None:
        """Hold no more of the points before number `before`; they can be read."""
        self._catch_up()
        self._whole.drop_points(before)

    def forget_blocks(self, most: int) -> None:
        """Hold at most so many blocks of each level, unless only that level has them."""
        if self._whole.levels and len(self._whole.levels[0]) > most:
            self._catch_up()
            self._whole.drop_blocks(most)

    def span(self, axis: Axis = "step") -> tuple[float, float]:
        """Return the least and the greatest x, NaN for both while there is no point."""
        told = self.summary
        if not told.n:
            return np.nan, np.nan
        if axis == "step":
            return float(told.step_min), float(told.step_max)
        return told.seconds_min, told.seconds_max

    def last(self) -> Point | None:
        """Return the newest point, None while there is none."""
        return self._point(self.n - 1) if self.n else None

    def extremes(self) -> tuple[float, float]:
        """Return the least and the greatest finite value, NaN for both if there is none."""
        told = self.summary
        return (told.least, told.greatest) if told.n_finite else (np.nan, np.nan)

    def near(
        self, x: float, axis: Axis = "step", *, is_before_allowed: bool = True
    ) -> Point | None:
        """Return the point nearest to `x`; of several the first, of a sorted curve.

        Unless `is_before_allowed`, a point before `x` is returned only where none comes after.
        None if there is none, or if it has to be read first: `RunView.curves_refined` tells when.
        """
        if not self.n or np.isnan(x):
            return None
        if not self._is_sorted(axis):
            return self._nearest_held(x, axis)
        least, most = locate(self._held(), axis, x, "left")
        first, stop = max(least - 1, 0), min(most + 1, self.n)
        points = self._points(first, stop) if least == most else None
        if points is None:
            self._ask([Missing(RAW, first, stop)], (x, axis))
            return None
        places = points.steps if axis == "step" else points.seconds
        if not is_before_allowed and places[-1] >= x:
            return self._point(first + int((places >= x).argmax()))
        return self._point(first + int(np.abs(places - x).argmin()))

    def read(self, first: int, stop: int) -> Points:
        """Return the points `first:stop`, as far as there are any.

        It may read the disk: call it in a background thread.
        """
        points = self._whole.points
        held = Points(*points.rows(max(first, points.start), stop))
        n_before = min(points.stop, stop) - held.n - first if held.n else stop - first
        if n_before <= 0 or self._reader is None or not self._reader.can_read:
            return held
        before = self._reader.read(self.series.id, first, first + n_before)
        return Points.joined([before, held]) if held.n else before

    def envelope(
        self,
        x0: float,
        x1: float,
        n_buckets: int,
        axis: Axis = "step",
        *,
        is_log: bool = False,
    ) -> Envelope:
        """Return the outline between `x0` and `x1` in at most `n_buckets` equally wide buckets.

        With `is_log` they are equally wide on a logarithmic axis, and both places are above zero.
        A bucket without points is left out. While the stretch holds no more than two points a
        bucket, the points themselves are returned, with one neighbour on either side, so that a
        line drawn through them enters and leaves the picture rightly. Every point lies in exactly
        one bucket; of more than some 30,000 points, buckets begin and end with whole blocks of
        points, at most half a bucket off.
        """
        self._catch_up()
        if not self.n or not x1 >= x0:
            return _envelope(Points.none(), axis)
        held, first, stop, missing = self._held(), 0, self.n, list[Missing]()
        is_sorted = self._is_sorted(axis)
        if is_sorted:
            least, greatest = self.span(axis)
            first = first_at_most = 0
            stop_at_least = stop = self.n
            if x0 > least:
                first, first_at_most = locate(held, axis, x0, "left")
            if x1 < greatest:
                stop_at_least, stop = locate(held, axis, x1, "right")
            # Where a place is only known to lie in a block, all of the block is looked at.
            is_exact = first == first_at_most and stop_at_least == stop
            if stop_at_least - first_at_most <= 2 * n_buckets:
                near = max(first - 1, 0), min(stop + 1, self.n)
                points = self._points(*near) if is_exact else None
                if points is not None:
                    return _envelope(points, axis)
                missing.append(Missing(RAW, *near))
            is_sorted = is_exact
        elif (points := self._points(0, self.n)) is not None and self.n <= _CATCH_UP * 8:
            near = _near(points, axis, x0, x1, 2 * n_buckets)
            if near is not None:
                return _envelope(near, axis)
        buckets = Buckets(edges(x0, x1, n_buckets, is_log=is_log))
        outliner = Outliner(held, axis, buckets)
        outliner.outline(first, stop, is_sorted)
        missing += outliner.missing
        is_final = not self._ask(missing, (x0, x1, n_buckets, axis))
        full = buckets.x_max >= buckets.x_min
        centres = (buckets.x_min[full] + buckets.x_max[full]) / 2
        return Envelope(
            centres, buckets.low[full], buckets.high[full], buckets.has_nan[full], is_final
        )

    def _is_sorted(self, axis: Axis) -> bool:
        told = self.summary
        return not (told.steps_fall if axis == "step" else told.seconds_fall)

    def _held(self) -> list[Pyramid]:
        return [self._whole, *self._details]

    def _points(self, first: int, stop: int) -> Points | None:
        """Return points that are held in one piece, None for others."""
        for held in self._held():
            if held.has(RAW, first, stop):
                return Points(*held.points.rows(first, stop))
        return None

    def _point(self, number: int) -> Point | None:
        points = self._points(number, number + 1)
        if points is None:
            return None
        steps, seconds, values = points
        return Point(number, int(steps[0]), float(seconds[0]), float(values[0]))

    def _nearest_held(self, x: float, axis: Axis) -> Point | None:
        points = self._whole.points
        steps, seconds, _ = points.rows(points.start, points.stop)
        places = steps if axis == "step" else seconds
        return self._point(points.start + int(np.abs(places - x).argmin()))

    def _catch_up(self) -> None:
        n, points = self.n, self._whole.points
        if n > self._n_summed:
            self._whole.catch_up()
            new = Points(*points.rows(self._n_summed, n))
            self._summary = self._summary.then(Summary.of(new))
            self._n_summed = n

    def _ask(self, missing: list[Missing], view: tuple[object, ...]) -> bool:
        """Have read what is missing for `view`; return whether anything will come."""
        if not missing or self._reader is None:
            return False
        if not self._is_reading:
            # More places apart than can be held are read a few times, and then left.
            self._n_asked = self._n_asked + 1 if view == self._asked_for else 1
            self._asked_for = view
            if self._n_asked <= _MOST_ASKED:
                n = self._whole.points.start
                self._is_reading = self._reader.ask(self.series.id, missing, n, self._on_read)
        return self._is_reading

    def _on_read(self, pyramids: list[Pyramid]) -> None:
        self._is_reading = False
        self._details += pyramids
        while len(self._details) > 1 and (
            len(self._details) > _MOST_DETAILS
            or sum(len(held.points) for held in self._details) > MOST_POINTS
        ):
            del self._details[0]


def edges(x0: float, x1: float, n_buckets: int, *, is_log: bool) -> _Floats:
    """Return the borders of equally wide buckets; with `is_log`, on a logarithmic axis."""
    # Far outside of what a step can be, differences would be no numbers.
    x0, x1 = max(x0, -1e300), min(x1, 1e300)
    if is_log:
        return np.geomspace(x0, x1, n_buckets + 1)
    return np.linspace(x0, x1, n_buckets + 1)


def _near(points: Points, axis: Axis, x0: float, x1: float, most: int) -> Points | None:
    """Return the points between two places, and one on either side, in the order of these places.

    None if there are more than `most` between them.
    """
    places = points.steps if axis == "step" else points.seconds
    order = np.argsort(places, kind="stable")
    first = int(np.searchsorted(places[order], x0, "left"))
    stop = int(np.searchsorted(places[order], x1, "right"))
    if stop - first > most:
        return None
    return Points._make(column[order[max(first - 1, 0) : stop + 1]] for column in points)


def _envelope(points: Points, axis: Axis) -> Envelope:
    steps, seconds, values = points
    x = steps.astype(np.float64) if axis == "step" else seconds
    return Envelope(x, values, values, np.isnan(values))
