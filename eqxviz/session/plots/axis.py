"""The horizontal axis of the plots: from steps and seconds to places, and back."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from eqxviz.session.curves import Axis, Curve, Envelope, Point
from eqxviz.session.plots.scales import Floats, Scale, XKind
from eqxviz.session.plots.smoothing import Extent

_BEFORE_ONE = 0.5  # steps are whole numbers


@dataclass(frozen=True)
class XAxis:
    """What is drawn along x. Curves are asked by their `base`: samples are a function of steps."""

    kind: XKind
    is_log: bool
    has_samples: bool = False  # whether it is known how many the calls take

    @property
    def base(self) -> Axis:
        """By what the points of curves are found."""
        return "seconds" if self.kind == "seconds" else "step"

    @cached_property
    def scale(self) -> Scale:
        """From values to places."""
        return Scale(self.is_log)

    def places(self, base: Floats, curve: Curve) -> Floats:
        """Return the places of steps of a curve, or of seconds."""
        values = curve.samples.of_steps(base) if self.kind == "samples" else base
        return self.scale.place(values)

    def base_at(self, place: float, curve: Curve) -> float:
        """Return the step of a curve, or the seconds, at a place."""
        value = self.scale.value(place)
        if self.kind == "samples":
            return float(curve.samples.to_steps(np.array([value]))[0])
        return value

    def place_on(self, other: "XAxis", place: float) -> float:
        """Return where what stood at `place` of another axis stands on this one, NaN if nowhere."""
        if self.is_log == other.is_log or math.isnan(place):
            return place if self.kind == other.kind else math.nan
        if self.kind != other.kind:  # these stand to each other as each curve has it
            return math.nan
        here = float(self.scale.place(np.array([other.scale.value(place)]))[0])
        return here if math.isfinite(here) else math.nan

    def place_of(self, point: Point, curve: Curve) -> float:
        """Return the place of a point of a curve."""
        base = point.seconds if self.base == "seconds" else float(point.step)
        return float(self.places(np.array([base]), curve)[0])

    def span(self, curves: Sequence[Curve]) -> tuple[float, float]:
        """Return the places of the first and the last point of all `curves`; 0 to 1 for none."""
        spans = [self._span(curve) for curve in curves if curve.n]
        if not spans:
            return 0.0, 1.0
        low, high = min(s[0] for s in spans), max(s[1] for s in spans)
        if self.is_log and low <= 0:
            # What has no place is left out: of steps the first, of others next to nothing.
            low = min(1.0, high) if self.kind == "step" else high * 1e-6
        first, last = self.scale.place(np.array([low, high], np.float64))
        if not (math.isfinite(first) and math.isfinite(last)):
            return 0.0, 1.0
        return float(first), float(last)

    def outline(self, curve: Curve, low: float, high: float, n_buckets: int) -> Envelope:
        """Return the outline between two places, its `x` as places."""
        x0, x1 = self.base_at(low, curve), self.base_at(high, curve)
        has_zero = self.is_log and self.base == "step" and x0 < _BEFORE_ONE
        outline = curve.envelope(
            *(_BEFORE_ONE if has_zero else x0, x1, n_buckets, self.base), is_log=self.is_log
        )
        if has_zero:
            # Step 0 has no logarithm, but the samples that were seen in it have.
            first = curve.envelope(-_BEFORE_ONE, _BEFORE_ONE, 1, self.base)
            outline = _up_to(first, _BEFORE_ONE).then(outline)
        return outline._replace(x=self.places(outline.x, curve))

    def extent(self, curve: Curve, low: float, high: float, n_buckets: int) -> Extent:
        """Return what is between two places as the average of a curve is asked for it."""
        x0, x1 = self.base_at(low, curve), self.base_at(high, curve)
        if self.is_log and self.base == "step":
            x0, x1 = max(x0, _BEFORE_ONE), max(x1, _BEFORE_ONE)
        return Extent(x0, x1, n_buckets, self.base, self.is_log)

    def _span(self, curve: Curve) -> tuple[float, float]:
        """Return the steps, seconds or samples of the first and the last point of a curve."""
        span = curve.span(self.base)
        if self.kind != "samples":
            return span
        first, last = curve.samples.of_steps(np.array(span))
        return float(first), float(last)


def _up_to(outline: Envelope, x1: float) -> Envelope:
    x, low, high, has_nan, is_final = outline
    seen = x < x1
    return Envelope(x[seen], low[seen], high[seen], has_nan[seen], is_final)
