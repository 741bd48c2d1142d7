"""The horizontal axis of the plots: from steps and seconds to places, and back."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from eqxviz.session.curves import Axis, Curve, Envelope, Point
from eqxviz.session.plots.scales import Floats, Samples, Scale, XKind
from eqxviz.session.plots.smoothing import Extent

_BEFORE_ONE = 0.5  # steps are whole numbers


@dataclass(frozen=True)
class XAxis:
    """What is drawn along x. Curves are asked by their `base`: samples are a function of steps."""

    kind: XKind
    is_log: bool
    samples: Samples

    @property
    def base(self) -> Axis:
        """By what the points of curves are found."""
        return "seconds" if self.kind == "seconds" else "step"

    @cached_property
    def scale(self) -> Scale:
        """From values to places."""
        return Scale(self.is_log)

    def places(self, base: Floats) -> Floats:
        """Return the places of steps, or of seconds."""
        values = self.samples.of_steps(base) if self.kind == "samples" else base
        return self.scale.place(values)

    def base_at(self, place: float) -> float:
        """Return the step, or the seconds, at a place."""
        value = self.scale.value(place)
        if self.kind == "samples":
            return float(self.samples.to_steps(np.array([value]))[0])
        return value

    def place_on(self, other: "XAxis", place: float) -> float:
        """Return where what stood at `place` of another axis stands on this one, NaN if nowhere."""
        if (self.kind, self.is_log) == (other.kind, other.is_log) or math.isnan(place):
            return place
        if self.base != other.base:
            return math.nan
        here = float(self.places(np.array([other.base_at(place)]))[0])
        return here if math.isfinite(here) else math.nan

    def place_of(self, point: Point) -> float:
        """Return the place of a point."""
        base = point.seconds if self.base == "seconds" else float(point.step)
        return float(self.places(np.array([base]))[0])

    def span(self, curves: Sequence[Curve]) -> tuple[float, float]:
        """Return the places of the first and the last point of all `curves`; 0 to 1 for none."""
        spans = [curve.span(self.base) for curve in curves if curve.n]
        if not spans:
            return 0.0, 1.0
        low, high = min(s[0] for s in spans), max(s[1] for s in spans)
        if self.is_log and low <= 0 and self.kind != "samples":
            # What has no place is left out: of steps the first, of seconds next to nothing.
            low = min(1.0, high) if self.base == "step" else high * 1e-6
        first, last = self.places(np.array([low, high], np.float64))
        if not (math.isfinite(first) and math.isfinite(last)):
            return 0.0, 1.0
        return float(first), float(last)

    def outline(self, curve: Curve, low: float, high: float, n_buckets: int) -> Envelope:
        """Return the outline between two places, its `x` as places."""
        x0, x1 = self.base_at(low), self.base_at(high)
        has_zero = self.is_log and self.base == "step" and x0 < _BEFORE_ONE
        outline = curve.envelope(
            *(_BEFORE_ONE if has_zero else x0, x1, n_buckets, self.base), is_log=self.is_log
        )
        if has_zero:
            # Step 0 has no logarithm, but the samples that were seen in it have.
            first = curve.envelope(-_BEFORE_ONE, _BEFORE_ONE, 1, self.base)
            outline = _up_to(first, _BEFORE_ONE).then(outline)
        return outline._replace(x=self.places(outline.x))

    def extent(self, low: float, high: float, n_buckets: int) -> Extent:
        """Return what is between two places as averages are asked for it."""
        x0, x1 = self.base_at(low), self.base_at(high)
        if self.is_log and self.base == "step":
            x0, x1 = max(x0, _BEFORE_ONE), max(x1, _BEFORE_ONE)
        return Extent(x0, x1, n_buckets, self.base, self.is_log)


def _up_to(outline: Envelope, x1: float) -> Envelope:
    x, low, high, has_nan, is_final = outline
    seen = x < x1
    return Envelope(x[seen], low[seen], high[seen], has_nan[seen], is_final)
