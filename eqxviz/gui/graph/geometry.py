"""Rectangles in sight, and the edges of a picture as the curves that they are."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eqxviz.layout import Placement

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]
Area = tuple[float, float, float, float]

_SAMPLES = 7  # straight pieces of one Bézier curve, far away


def overlapping(rectangles: Floats, area: Area) -> Ids:
    """Return which rows of x, y, width and height reach into `area` (x, y, width, height)."""
    x, y, width, height = area
    return np.flatnonzero(
        (rectangles[:, 0] <= x + width)
        & (rectangles[:, 0] + rectangles[:, 2] >= x)
        & (rectangles[:, 1] <= y + height)
        & (rectangles[:, 1] + rectangles[:, 3] >= y)
    )


class EdgeCurves:
    """The drawn edges of a placement: chains of cubic Bézier curves, none for a stub."""

    def __init__(self, placement: Placement) -> None:
        self._placement = placement
        self._offsets, self._points = placement.curve_offset, placement.curve_points

    def in_area(self, area: Area) -> Ids:
        """Return the edges that reach into `area`."""
        return overlapping(self._bounds, area)

    def nearest(self, x: float, y: float, reach: float) -> int:
        """Return the edge that passes nearest to a point, within `reach`; -1 if none does."""
        nearest, found = reach, -1
        for edge in self.in_area((x - reach, y - reach, 2 * reach, 2 * reach)).tolist():
            away = _distance(_polyline(self._placement.curve(edge)), x, y)
            if away < nearest:
                nearest, found = away, edge
        return found

    @cached_property
    def bent(self) -> "Lines":
        """Every edge as short straight pieces."""
        corners = self._points[self._starts[:, None] + np.arange(4)]  # (curve, 4, 2)
        samples = np.einsum("sk,ckd->csd", _weights(_SAMPLES), corners)
        pieces = np.concatenate([samples[:, :-1], samples[:, 1:]], axis=2).reshape(-1, 4)
        return Lines(np.ascontiguousarray(pieces), self._n_curves * _SAMPLES)

    @cached_property
    def straight(self) -> "Lines":
        """Every edge as one straight piece a curve: for far away."""
        first, points = self._starts, self._points
        return Lines(np.concatenate([points[first], points[first + 3]], axis=1), self._n_curves)

    @cached_property
    def _n_curves(self) -> Ids:
        """How many Bézier curves each edge is."""
        return np.maximum(np.diff(self._offsets) - 1, 0) // 3

    @cached_property
    def _starts(self) -> Ids:
        """The index of the first point of each Bézier curve."""
        n_curves = self._n_curves
        edge = np.repeat(np.arange(len(n_curves)), n_curves)
        return self._offsets[:-1][edge] + 3 * _nth(n_curves)

    @cached_property
    def _bounds(self) -> Floats:
        offsets, points = self._offsets, self._points
        bounds = np.full((len(offsets) - 1, 4), np.nan)
        drawn = np.flatnonzero(np.diff(offsets) > 0)
        if len(drawn):
            low = np.minimum.reduceat(points, offsets[drawn], axis=0)
            high = np.maximum.reduceat(points, offsets[drawn], axis=0)
            bounds[drawn] = np.concatenate([low, high - low], axis=1)
        return bounds


class Lines:
    """Straight pieces (x1, y1, x2, y2) of edges, in the order of the edges."""

    def __init__(self, pieces: Floats, counts: Ids) -> None:
        self._pieces, self._counts = pieces, counts
        self._first = np.cumsum(counts) - counts

    def of(self, edges: Ids) -> Floats:
        """Return the pieces of `edges`."""
        if len(edges) == len(self._counts):
            return self._pieces
        counts = self._counts[edges]
        return self._pieces[np.repeat(self._first[edges], counts) + _nth(counts)]


def _nth(counts: Ids) -> Ids:
    """Return 0, 1, ... for each of `counts`, one after the other."""
    return np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)


def _weights(n_pieces: int) -> Floats:
    """Return how much of each corner of a Bézier curve is in its points."""
    t = np.linspace(0.0, 1.0, n_pieces + 1)[:, None]
    return np.concatenate([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], axis=1)


def _polyline(curve: Floats) -> Floats:
    """Return points along a chain of Bézier curves."""
    weights = _weights(2 * _SAMPLES)
    return np.concatenate([weights @ curve[i : i + 4] for i in range(0, len(curve) - 1, 3)])


def _distance(points: Floats, x: float, y: float) -> float:
    """Return how far a point is from a line through `points`."""
    here, way = np.array([x, y]) - points[:-1], np.diff(points, axis=0)
    length = np.maximum((way**2).sum(axis=1), 1e-9)
    along = np.clip((here * way).sum(axis=1) / length, 0.0, 1.0)
    return float(np.hypot(*(here - along[:, None] * way).T).min())
