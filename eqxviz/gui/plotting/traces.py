"""Painting traces: columns of pixels where points are dense, lines from point to point elsewhere.

What is painted is read straight from the memory of numpy's arrays.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from eqxviz.gui.plotting.frame import Frame
from eqxviz.gui.plotting.glyphs import dashed
from eqxviz.session.plots.trace import Trace

Floats = NDArray[np.float64]

# Pixels of line in a view that are drawn without steps: more takes too long. A line that is but a
# pixel wide takes less than half the time.
_MOST_SMOOTH = 40_000.0
_MORE_THIN = 2.5
_MOST_STROKED = 400  # points: Qt finds the dashes of a longer line too slowly
_HIGH = 6.0  # pixels
_DOTS_APART = 9.0  # pixels between points that are shown as dots
_WINDING = 2.0  # as long as it is wide: the gaps of a dashed line that winds more are no dashes


class Look(NamedTuple):
    """How a line looks; `gaps` is its colour between the dashes, where it winds."""

    colour: QColor
    gaps: QColor
    dash: tuple[float, ...]
    width: float = 1.5


def paint_traces(
    painter: QPainter,
    traces: Sequence[tuple[Trace, Look]],
    frame: Frame,
    *,
    has_dots: bool = True,
    n_lines: int = 1,
    is_vector: bool = False,
) -> None:
    """Paint some of `n_lines` traces that are seen at once, the first over the others.

    For a picture made of shapes, dense points are one shape.
    """
    if frame.box.isEmpty():  # what is clipped to no room at all lets Qt crash
        return
    most = _MOST_SMOOTH / max(n_lines, 1)
    cover = _Cover(frame) if len(traces) > 1 else None
    seen = [
        None if is_vector else _seen_columns(trace, look, frame, most, cover)
        for trace, look in traces
    ]
    for (trace, look), columns in zip(reversed(traces), reversed(seen), strict=True):
        if columns is not None:
            for rects, pieces, colour in columns:
                _fill_columns(painter, rects, pieces, colour)
        elif len(trace.x):
            _paint_points(painter, trace, frame, look, has_dots, math.inf if is_vector else most)


def _paint_points(
    painter: QPainter, trace: Trace, frame: Frame, look: Look, has_dots: bool, most: float
) -> None:
    x = frame.xs(trace.x)
    if trace.is_dense:
        low, high = frame.ys(trace.low), frame.ys(trace.high)
        if math.isinf(most):
            _paint_band(painter, x, low, high, look.colour)
        else:
            # Little is to be filled: a line down and up in every bucket is as exact, and smooth.
            zigzag = np.stack([high, low], axis=1).ravel()
            thinner = look._replace(width=look.width * 0.8)
            _paint_line(painter, x.repeat(2), zigzag, thinner, frame, 2 * most)
        return
    y = frame.ys(trace.high)
    _paint_line(painter, x, y, look, frame, most)
    if has_dots and len(x) and float(x[-1] - x[0]) >= _DOTS_APART * (len(x) - 1):
        _paint_dots(painter, x, y, look.colour)


_Columns = list[tuple[Floats, Floats, QColor]]  # rectangles, lines between far ones, their colour


def _seen_columns(
    trace: Trace, look: Look, frame: Frame, most: float, cover: "_Cover | None"
) -> _Columns | None:
    """Return the parts of a trace's columns that are not under `cover`, and add the columns to it.

    None for one that is painted as a line.
    """
    if not len(trace.x) or not trace.is_dense:
        return None
    x, low, high = frame.xs(trace.x), frame.ys(trace.low), frame.ys(trace.high)
    if float(np.nansum(low - high)) <= most / 2:
        return None
    rects, is_there, pieces = _columns(x, high, low)
    phase = _phase(x, low - high, look.dash, frame)
    if phase is None:
        parts: _Columns = [(rects[is_there], pieces, look.colour)]
    else:
        parts = [
            (rects[is_there & ~phase], pieces, look.gaps),
            (rects[is_there & phase], pieces, look.colour),
        ]
    if cover is not None:
        parts = [(cover.seen(part), pieces, colour) for part, pieces, colour in parts]
        cover.add(rects[is_there])
    return parts


class _Cover:
    """How far each column of pixels is painted over later: what is under it need not be painted."""

    def __init__(self, frame: Frame) -> None:
        self._left = math.floor(frame.box.left())
        self._is_empty = True
        n = math.ceil(frame.box.width()) + 2
        self._top, self._bottom = np.full(n, np.inf), np.full(n, -np.inf)

    def seen(self, rects: Floats) -> Floats:
        """Return what is seen of rectangles a pixel wide: the parts above and below the cover."""
        if self._is_empty:
            return rects
        at, is_in = self._places(rects)
        top, bottom = rects[:, 1], rects[:, 1] + rects[:, 3]
        over, under = np.full(len(rects), np.inf), np.full(len(rects), np.inf)
        over[is_in], under[is_in] = self._top[at], self._bottom[at]
        above, below = rects.copy(), rects.copy()
        above[:, 3] = np.minimum(bottom, over) - top
        below[:, 1] = np.maximum(top, under)
        below[:, 3] = np.where(np.isfinite(under), bottom - below[:, 1], 0.0)
        parts = np.concatenate([above, below])
        return parts[parts[:, 3] > 0]

    def add(self, rects: Floats) -> None:
        """Take in more of it; of two stretches of a column that do not touch the larger counts."""
        self._is_empty = False
        at, is_in = self._places(rects)
        top, bottom = rects[is_in, 1], rects[is_in, 1] + rects[is_in, 3]
        # Of several in one column the last counts: less is covered then than is in truth.
        last = np.flatnonzero(np.diff(at, append=-1))
        at, top, bottom = at[last], top[last], bottom[last]
        over, under = self._top[at], self._bottom[at]
        touches = (top <= under) & (bottom >= over)
        is_larger = bottom - top > under - over
        self._top[at] = np.where(touches, np.minimum(top, over), np.where(is_larger, top, over))
        self._bottom[at] = np.where(
            touches, np.maximum(bottom, under), np.where(is_larger, bottom, under)
        )

    def _places(self, rects: Floats) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        at = (rects[:, 0] - self._left).astype(np.int64)
        is_in = (at >= 0) & (at < len(self._top))
        return at[is_in], is_in


def _columns(x: Floats, top: Floats, bottom: Floats) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """Return a column of pixels for each bucket, high enough to touch the one before it.

    With them whether there is something in each, and the lines between those that are apart.
    """
    with np.errstate(invalid="ignore"):
        joined_bottom, joined_top = bottom.copy(), top.copy()
        # Next to a gap the comparison is with NaN, which fmax and fmin pass over.
        joined_bottom[1:] = np.fmax(bottom[1:], top[:-1])
        joined_top[1:] = np.fmin(top[1:], bottom[:-1])
        is_there = ~np.isnan(top)
    column = np.floor(x)
    # Between buckets that are apart, for want of points between them, the line goes on.
    far = np.flatnonzero(np.diff(column) > 1.5)
    far = far[is_there[far] & is_there[far + 1]]
    for i in (far, far + 1):
        joined_bottom[i], joined_top[i] = bottom[i], top[i]
    middle = (top + bottom) / 2
    rects = np.empty((len(x), 4))
    rects[:, 0], rects[:, 1], rects[:, 2] = column, np.floor(joined_top), 1.0
    rects[:, 3] = np.maximum(np.floor(joined_bottom) - rects[:, 1] + 1.0, 1.0)
    return rects, is_there, np.stack([x[far], middle[far], x[far + 1], middle[far + 1]], axis=1)


def _fill_columns(painter: QPainter, rects: Floats, pieces: Floats, colour: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    if len(rects):
        first: Any = shiboken6.wrapInstance(rects.ctypes.data, QRectF)
        painter.drawRects(first, len(rects))
    if len(pieces):
        painter.setPen(QPen(colour, 1))
        _draw_lines(painter, pieces)


def _paint_band(painter: QPainter, x: Floats, low: Floats, high: Floats, colour: QColor) -> None:
    """Fill the shape between the outline's edges, one for each piece without a gap."""
    painter.setPen(QPen(colour, 0.8))
    painter.setBrush(colour)
    for piece in _unbroken(high):
        around = np.concatenate([piece, piece[::-1]])
        y = np.concatenate([high[piece], low[piece[::-1]]])
        painter.drawPolygon(_polygon(x[around], y))


def _paint_line(
    painter: QPainter,
    x: Floats,
    y: Floats,
    look: Look,
    frame: Frame,
    most: float,
) -> None:
    """Draw a line from point to point: without steps if it is at most about `most` pixels long.

    One that is longer is thin, one that is longer still has steps.
    """
    is_vector = math.isinf(most)
    pieces = np.stack([x[:-1], y[:-1], x[1:], y[1:]], axis=1)
    pieces = pieces[~np.isnan(pieces).any(axis=1)]
    length = float(np.abs(pieces[:, 2:] - pieces[:, :2]).sum())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, length <= _MORE_THIN * most)
    dash, width = look.dash, look.width if length <= most else 1.0
    if dash and len(pieces) and length > _WINDING * float(pieces[-1, 2] - pieces[0, 0]):
        painter.setPen(QPen(look.gaps, width))
        _draw_lines(painter, pieces)
    pen = QPen(look.colour, width)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    if is_vector or (dash and len(x) <= _MOST_STROKED):
        painter.setPen(dashed(pen, dash))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for piece in _unbroken(y):
            if len(piece) > 1:
                painter.drawPolyline(_polygon(x[piece], y[piece]))
        return
    painter.setPen(pen)
    phase = _phase(pieces[:, 0], np.abs(pieces[:, 3] - pieces[:, 1]), dash, frame)
    _draw_lines(painter, pieces if phase is None else pieces[phase])


def _paint_dots(painter: QPainter, x: Floats, y: Floats, colour: QColor) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    for i in np.flatnonzero(~np.isnan(y)):
        painter.drawEllipse(QPointF(x[i], y[i]), 2.2, 2.2)


def _phase(
    x: Floats, heights: Floats, dash: tuple[float, ...], frame: Frame
) -> NDArray[np.bool_] | None:
    """Return where a dashed line is drawn: the pattern lies along x and moves with the points.

    What is higher than `_HIGH` is drawn everywhere: no spike falls into a gap.
    """
    if not dash:
        return None
    edges = np.cumsum(dash)
    at = np.mod(x - frame.x(0.0), edges[-1])
    return (np.searchsorted(edges, at, "right") % 2 == 0) | (heights > _HIGH)


def _draw_lines(painter: QPainter, pieces: Floats) -> None:
    if len(pieces):
        pieces = np.ascontiguousarray(pieces, np.float64)
        first: Any = shiboken6.wrapInstance(pieces.ctypes.data, QLineF)
        painter.drawLines(first, len(pieces))


def _unbroken(y: Floats) -> list[NDArray[np.int64]]:
    """Return the indices of each stretch without NaN."""
    there = np.flatnonzero(~np.isnan(y))
    return np.split(there, np.flatnonzero(np.diff(there) > 1) + 1) if len(there) else []


def _polygon(x: Floats, y: Floats) -> QPolygonF:
    return QPolygonF([QPointF(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)])
