"""The horizontal axis of the plots: from steps and seconds to places, and back."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from eqxviz.session.curves import Axis, Curve, Envelope, Point
from eqxviz.session.plots.scales import Floats, Samples, Scale, XKind

_OCTAVE = math.log10(2)
_MOST_PIECES = 40


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
        if self.is_log and low <= 0:
            # What has no place is left out: of steps the first, of seconds next to nothing.
            low = min(1.0, high) if self.base == "step" else high * 1e-6
        first, last = self.places(np.array([low, high], np.float64))
        if not (math.isfinite(first) and math.isfinite(last)):
            return 0.0, 1.0
        return float(first), float(last)

    def outline(self, curve: Curve, low: float, high: float, n_buckets: int) -> Envelope:
        """Return the outline between two places, its `x` as places.

        Where places are logarithms, it is put together of stretches within which buckets of equal
        width are no wider than a bucket of places is.
        """
        if not self.is_log:
            outline = curve.envelope(self.base_at(low), self.base_at(high), n_buckets, self.base)
            return outline._replace(x=self.places(outline.x))
        n_pieces = min(max(math.ceil((high - low) / _OCTAVE), 1), _MOST_PIECES)
        edges = np.linspace(low, high, n_pieces + 1)
        n_each = 2 * math.ceil(n_buckets / n_pieces)
        pieces: list[Envelope] = []
        for i in range(n_pieces):
            x0, x1 = self.base_at(float(edges[i])), self.base_at(float(edges[i + 1]))
            piece = curve.envelope(x0, x1, n_each, self.base)
            # The neighbours of a stretch are wanted at the ends of the whole alone.
            is_in = (piece.x >= x0) | (i == 0)
            is_in &= (piece.x < x1) | (i == n_pieces - 1)
            pieces.append(
                piece._replace(
                    x=piece.x[is_in],
                    low=piece.low[is_in],
                    high=piece.high[is_in],
                    has_nan=piece.has_nan[is_in],
                )
            )
        joined = (np.concatenate([getattr(p, name) for p in pieces]) for name in _COLUMNS)
        x, *columns = joined
        whole = pieces[0]._replace(**dict(zip(_COLUMNS, (x, *columns), strict=True)))
        return whole._replace(x=self.places(whole.x))


_COLUMNS = ("x", "low", "high", "has_nan")
