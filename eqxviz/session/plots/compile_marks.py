"""Where along the curves the run compiled."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from eqxviz.records import CompileEvent
from eqxviz.session import formatting
from eqxviz.session.curves import Curve
from eqxviz.session.plots.axis import XAxis
from eqxviz.session.plots.scales import Floats
from eqxviz.session.run_view import RunView


class CompileMark(NamedTuple):
    """A ring on the axis, for one compilation or several that stand too near one another."""

    place: float
    run: RunView
    events: tuple[CompileEvent, ...]


class CompileMarks:
    """The compilations of a run along an axis; those seen before are not looked for again."""

    def __init__(self) -> None:
        self._bases: list[float] = []  # steps or seconds of the first of the run's compilations
        self._curves: list[Curve] = []  # whose steps these are
        self._of: tuple[object, str] = (None, "")

    def marks(
        self, run: RunView, axis: XAxis, window: tuple[float, float], apart: float
    ) -> list[CompileMark]:
        """Return the rings between two places, none nearer than `apart` to the one before."""
        if self._of != (run, axis.base):
            self._of = (run, axis.base)
            self._bases, self._curves = [], []
        self._look_for(run, axis)
        places = self._places(axis)
        marks: list[CompileMark] = []
        for i in np.flatnonzero((places >= window[0]) & (places <= window[1])):
            place, event = float(places[i]), run.compiles[i]
            if marks and abs(place - marks[-1].place) < apart:
                marks[-1] = marks[-1]._replace(events=(*marks[-1].events, event))
            else:
                marks.append(CompileMark(place, run, (event,)))
        return marks

    def _places(self, axis: XAxis) -> Floats:
        bases = np.array(self._bases, np.float64)
        for curve in dict.fromkeys(self._curves):
            own = np.array([each is curve for each in self._curves], np.bool_)
            bases[own] = axis.places(bases[own], curve)
        return bases

    def _look_for(self, run: RunView, axis: XAxis) -> None:
        """Find where the compilations were that are not known yet, as far as points have come."""
        filled = [curve for curve in run.series.values() if curve.n]
        for event in run.compiles[len(self._bases) :]:
            seconds = event.start_seconds
            # The call that compiled has come to its end when its own points are made.
            own = [curve for curve in filled if curve.series.function == event.function]
            curve = next(iter(own or filled), None)
            if axis.base == "seconds" and curve is not None:
                self._bases.append(seconds)
                self._curves.append(curve)
                continue
            last = curve.last() if curve is not None else None
            if curve is None or last is None or (last.seconds < seconds and run.is_live):
                return
            point = curve.near(seconds, "seconds", is_before_allowed=False)
            if point is None:
                return
            self._bases.append(float(point.step))
            self._curves.append(curve)


def mark_text(run: RunView, events: Sequence[CompileEvent]) -> str:
    """Return what compiled and for how long, a line each; of many the first ones."""
    lines: list[str] = []
    for event in events[:_MOST_LINES]:
        seen = run.functions.get(event.function)
        name = seen.name if seen is not None else "a function"
        took = event.trace_seconds + event.lower_seconds + event.compile_seconds
        took += event.cache_load_seconds
        lines.append(f"{name} compiled in call {event.call:,}: {formatting.seconds(took)}")
    if len(events) > _MOST_LINES:
        lines.append(f"and {len(events) - _MOST_LINES:,} more")
    return "\n".join(lines)


_MOST_LINES = 8
