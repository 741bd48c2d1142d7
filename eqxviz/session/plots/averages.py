"""The averages of curves, worked out in the background, exact wherever one looks."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np
from psygnal import Signal

from eqxviz.session.curves import Axis, Curve, Envelope, Point
from eqxviz.session.plots.scales import Floats
from eqxviz.session.plots.smoothing import CHUNK, Extent, Smoothed, Smoother


class Background(Protocol):
    """Calls work in a thread, then `done` with what it returned."""

    def __call__(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None: ...


class _Stretch(NamedTuple):
    """The average of each of the points `start:stop`, of the first `n` there were."""

    start: int
    stop: int
    n: int
    steps: Floats
    seconds: Floats
    smooth: Floats

    def x(self, axis: Axis) -> Floats:
        return self.seconds if axis == "seconds" else self.steps

    def covers(self, x0: float, x1: float, axis: Axis, n: int) -> bool:
        """Whether it holds what is between two places, up to the newest point it knew of."""
        x = self.x(axis)
        if not len(x):
            return False
        return (self.start == 0 or x[0] <= x0) and (x[-1] >= x1 or self.stop == self.n)


class _Asked(NamedTuple):
    """What of a curve is looked at."""

    kept: "_Kept"
    extent: Extent


class Averages:
    """The average of every curve that was asked for, over one window.

    All points count. The outline of the whole is kept in blocks; where a block would be wider than
    a bucket, the points in sight are read and averaged one by one.

    Signals:
        refined: An average is further, or finer, than it was.
    """

    refined = Signal()

    def __init__(self, in_background: Background) -> None:
        self._in_background = in_background
        self._window = 1
        self._kept: dict[int, _Kept] = {}
        self.is_busy = False
        self._wanted: dict[int, _Asked] = {}

    def begin(self, window: int) -> None:
        """Average over `window` points from now on."""
        if window != self._window:
            self._window = window
            self.forget()

    def forget(self) -> None:
        """Let go of all averages: other curves follow."""
        self._kept.clear()
        self._wanted.clear()

    def outline(self, curve: Curve, extent: Extent) -> Envelope | None:
        """Return the outline of a curve's average, None while there is none yet."""
        kept = self._kept.setdefault(id(curve), _Kept(curve, Smoother(self._window)))
        sofar, stretch, x0 = kept.sofar, kept.stretch, extent.x0
        is_behind = sofar is None or sofar.n < curve.n
        until = sofar.wide_until(extent) if sofar is not None else -math.inf
        is_coarse = until > x0
        is_covered = stretch is not None and stretch.covers(x0, until, extent.axis, curve.n)
        is_stale = stretch is None or (stretch.stop == stretch.n and stretch.n < curve.n)
        if is_behind or (is_coarse and (not is_covered or is_stale)):
            self._wanted[id(curve)] = _Asked(kept, extent)
            self._work()
        if sofar is None:
            return None
        if not is_coarse or not is_covered or stretch is None:
            return sofar.envelope(extent, x0)
        fine = _of_stretch(stretch, extent, until)
        return fine if until >= extent.x1 else fine.then(sofar.envelope(extent, until))

    def at(self, curve: Curve, point: Point) -> float:
        """Return the average at a point, NaN where it is not at hand."""
        kept = self._kept.get(id(curve))
        stretch = kept.stretch if kept is not None else None
        if stretch is None or not stretch.start <= point.number < stretch.stop:
            return float("nan")
        return float(stretch.smooth[point.number - stretch.start])

    def _work(self) -> None:
        if self.is_busy or not self._wanted:
            return
        self.is_busy = True
        wanted = [(asked, asked.kept.curve.n) for asked in self._wanted.values()]
        self._wanted.clear()

        def work() -> list[tuple[_Kept, Smoothed, _Stretch | None]]:
            return [(asked.kept, *_advance(asked, n)) for asked, n in wanted]

        def done(found: list[tuple[_Kept, Smoothed, _Stretch | None]]) -> None:
            self.is_busy = False
            for kept, sofar, stretch in found:
                kept.sofar = sofar
                kept.stretch = stretch if stretch is not None else kept.stretch
            self.refined.emit()
            self._work()

        self._in_background(work, done)


class _Kept:
    """What is known of the average of one curve."""

    def __init__(self, curve: Curve, smoother: Smoother) -> None:
        self.curve, self.smoother = curve, smoother
        self.sofar: Smoothed | None = None
        self.stretch: _Stretch | None = None


def _advance(asked: _Asked, n: int) -> tuple[Smoothed, _Stretch | None]:
    """Average what has come, and the points in sight where blocks are too coarse for them."""
    kept, extent = asked
    kept.smoother.extend(kept.curve.read, n)
    sofar = kept.smoother.so_far()
    until = sofar.wide_until(extent)
    if not n or until <= extent.x0:
        return sofar, None
    room = (until - extent.x0) / 2
    start, stop = sofar.points_between(extent.x0 - room, until + room, extent.axis)
    if stop - start > 32 * CHUNK:
        return sofar, None
    stretch = sofar.stretch(kept.curve.read, start, stop)
    return sofar, _Stretch(start, start + len(stretch[0]), n, *stretch)


def _of_stretch(stretch: _Stretch, extent: Extent, until: float) -> Envelope:
    x = stretch.x(extent.axis)
    first = max(int(np.searchsorted(x, extent.x0, "left")) - 1, 0)
    stop = int(np.searchsorted(x, until, "right")) + 1
    x, smooth = x[first:stop], stretch.smooth[first:stop]
    # Where a value is not finite the line goes on: the value itself is marked.
    is_there = ~np.isnan(smooth)
    x, smooth = x[is_there], smooth[is_there]
    if len(x) <= 2 * extent.n_buckets:
        return Envelope(x, smooth, smooth, np.zeros(len(x), np.bool_))
    starts = extent.starts(x)
    ends = np.append(starts[1:], len(x)) - 1
    low, high = np.fmin.reduceat(smooth, starts), np.fmax.reduceat(smooth, starts)
    return Envelope((x[starts] + x[ends]) / 2, low, high, np.zeros(len(starts), np.bool_))
