"""Painting a plot: the same for the screen and for pictures."""

import math

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from eqxviz.gui.plotting.frame import Frame
from eqxviz.gui.plotting.glyphs import colour_role, paint_marker
from eqxviz.gui.plotting.traces import Look, paint_traces
from eqxviz.gui.theme import Theme
from eqxviz.gui.theme.marks import paint_mark
from eqxviz.session.plots.drawing import Drawing, DrawnLine
from eqxviz.session.plots.ticks import Tick, x_ticks, y_ticks
from eqxviz.session.plots.trace import value_at

_BELOW = 20.0  # pixels for what is written under the axis
_TOP, _RIGHT = 6.0, 10.0
_LEAST_LEFT, _STEP_LEFT = 48.0, 12.0  # the room for values changes in steps, not with each digit
_TICK_WIDTH, _TICK_HEIGHT = 72.0, 27.0  # pixels between two ticks, at least
_MARKERS_APART = 150.0
_RING = 9.0
_HIDDEN = "Its curves are hidden: a click in the legend shows them"
_FAINT = 0.4  # how much of its colour a curve keeps where its average is drawn over it


class PlotPainter:
    """Paints drawings in the colours of a theme."""

    def __init__(self, theme: Theme, n_lines: int = 1) -> None:
        self._theme = theme
        self.n_lines = n_lines  # that are seen at once, in all plots
        self._font: QFont = theme.font("small")
        self._metrics = QFontMetricsF(self._font)

    def frame(self, rect: QRectF, drawing: Drawing) -> Frame:
        """Return where in `rect` the lines are drawn."""
        texts = (tick.text for tick in self._y_ticks(drawing, rect.height()))
        widest = max((self._metrics.horizontalAdvance(text) for text in texts), default=0.0) + 14
        n_steps = math.ceil(max(widest - _LEAST_LEFT, 0.0) / _STEP_LEFT)
        left = min(_LEAST_LEFT + n_steps * _STEP_LEFT, rect.width() / 2)
        box = rect.adjusted(left, _TOP, -_RIGHT, -_BELOW)
        return Frame(box, drawing.window, drawing.reach)

    def paint(
        self, painter: QPainter, frame: Frame, drawing: Drawing, *, is_vector: bool = False
    ) -> None:
        """Paint grid, lines, marks and axes."""
        painter.setFont(self._font)
        box = frame.box
        xs = x_ticks(
            *(*drawing.window, max(int(box.width() / _TICK_WIDTH), 1)),
            *(drawing.axis.scale, drawing.axis.kind),
        )
        ys = self._y_ticks(drawing, box.height() + _BELOW)
        self._paint_grid(painter, frame, xs, ys)
        painter.save()
        painter.setClipRect(box.adjusted(0, -1, 1, 1))
        # The run at hand, which is the first, lies over those that it is compared with.
        raw = [(drawn.trace, self._raw_look(drawn, drawing)) for drawn in drawing.lines]
        smooth = [
            (drawn.smooth, self._look(drawn)._replace(width=1.8))
            for drawn in drawing.lines
            if drawn.smooth is not None
        ]
        for traces, has_dots in ((raw, not drawing.smooths), (smooth, True)):
            paint_traces(
                *(painter, traces, frame),
                has_dots=has_dots,
                n_lines=self.n_lines,
                is_vector=is_vector,
            )
        if len(drawing.all_lines) > 1:
            for at, drawn in enumerate(drawing.lines):
                self._paint_markers(painter, frame, drawn, at, len(drawing.lines))
        painter.restore()
        self._paint_odd(painter, frame, drawing)
        self._paint_axes(painter, frame, xs, ys)
        self._paint_compiles(painter, frame, drawing)
        self._paint_words(painter, box, drawing)

    def _y_ticks(self, drawing: Drawing, height: float) -> list[Tick]:
        room = max(height - _BELOW - _TOP, 1.0)
        return y_ticks(*drawing.reach, max(int(room / _TICK_HEIGHT), 2), drawing.y)

    def _paint_grid(self, painter: QPainter, frame: Frame, xs: list[Tick], ys: list[Tick]) -> None:
        box, colour = frame.box, self._theme.color("line")
        faint = _mixed(colour, self._theme.color("base"), _FAINT)
        # Filling takes a tenth of the time that drawing lines takes.
        for tick in xs:
            if tick.text:
                x = math.floor(frame.x(tick.place))
                painter.fillRect(QRectF(x, box.top(), 1, box.height()), faint)
        for tick in ys:
            if tick.text:
                y = math.floor(frame.y(tick.place))
                painter.fillRect(QRectF(box.left(), y, box.width(), 1), colour)

    def _raw_look(self, drawn: DrawnLine, drawing: Drawing) -> Look:
        look = self._look(drawn)
        if drawing.smooths:
            look = look._replace(colour=look.gaps, gaps=self._fainter(look.gaps))
        return look

    def _look(self, drawn: DrawnLine) -> Look:
        colour = self._theme.color(colour_role(drawn.line.style))
        return Look(colour, self._fainter(colour), drawn.line.style.dash)

    def _fainter(self, colour: QColor) -> QColor:
        # Not see-through: that takes longer, and is darker wherever a line meets itself.
        return _mixed(colour, self._theme.color("base"), _FAINT)

    def _paint_markers(
        self, painter: QPainter, frame: Frame, drawn: DrawnLine, at: int, n_lines: int
    ) -> None:
        """Paint marks along a line: at places that move with it, not those of the other lines."""
        trace = drawn.smooth if drawn.smooth is not None else drawn.trace
        if not len(trace.x):
            return
        style, box = drawn.line.style, frame.box
        wide = abs(frame.place_x(box.left() + _MARKERS_APART) - frame.place_x(box.left()))
        apart = 2.0 ** math.ceil(math.log2(wide)) if wide > 0 else 1.0
        low, high = frame.place_x(box.left()), frame.place_x(box.right())
        shift = apart * (at + 0.5) / n_lines
        first = math.ceil((low - shift) / apart)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour, behind = self._theme.color(colour_role(style)), self._theme.color("base")
        for i in range(first, first + min(math.floor((high - low) / apart) + 1, 40)):
            place = i * apart + shift
            y = value_at(trace, place)
            if math.isfinite(y) and box.top() <= frame.y(y) <= box.bottom():
                where = QPointF(frame.x(place), frame.y(y))
                paint_marker(painter, where, 3.6, style, colour, behind)

    def _paint_words(self, painter: QPainter, box: QRectF, drawing: Drawing) -> None:
        """Say in an empty picture how it is filled."""
        if drawing.lines:
            return
        is_empty = not drawing.all_lines
        words = "Drag a curve here, or choose some in the list" if is_empty else _HIDDEN
        words = self._metrics.elidedText(words, Qt.TextElideMode.ElideRight, box.width() - 16)
        room = QRectF(0, 0, self._metrics.horizontalAdvance(words) + 10, self._metrics.height() + 4)
        room.moveCenter(box.center())
        painter.fillRect(room, self._theme.color("base"))
        painter.setPen(self._theme.color("faint"))
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_odd(self, painter: QPainter, frame: Frame, drawing: Drawing) -> None:
        """Mark values that have no place: NaN and minus infinity below, infinity above."""
        box = frame.box
        for drawn in drawing.lines:
            trace = drawn.trace
            for places, y, mark in (
                (trace.nan, box.bottom() - 8, "problem"),
                (trace.below, box.bottom() - 3, "down"),
                (trace.above, box.top() + 3, "up"),
            ):
                pixels = frame.xs(places)
                # Of marks that would lie on one another the first is drawn.
                x = pixels[np.diff(np.floor(pixels / _RING), prepend=-np.inf) != 0]
                x = x[(x >= box.left() - _RING) & (x <= box.right() + _RING)]
                for at in np.clip(x, box.left() + 5, box.right() - 5).tolist():
                    self._paint_odd_mark(painter, QPointF(at, y), mark)

    def _paint_odd_mark(self, painter: QPainter, at: QPointF, mark: str) -> None:
        colour = self._theme.color("problem")
        if mark == "problem":
            box = QRectF(0, 0, 12, 12)
            box.moveCenter(at)
            paint_mark(painter, box, "problem", colour)
            return
        tip = -5.0 if mark == "up" else 5.0
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        corners = [QPointF(0, tip), QPointF(-4, 0), QPointF(4, 0)]
        painter.drawPolygon(QPolygonF([at + corner for corner in corners]))

    def _paint_axes(self, painter: QPainter, frame: Frame, xs: list[Tick], ys: list[Tick]) -> None:
        box, theme = frame.box, self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(theme.color("none"), 1))
        bottom, left = math.floor(box.bottom()) + 0.5, math.floor(box.left()) + 0.5
        painter.drawLine(QLineF(left, bottom, box.right(), bottom))
        for tick in xs:
            x = math.floor(frame.x(tick.place)) + 0.5
            painter.drawLine(QLineF(x, bottom, x, bottom + (4 if tick.text else 2)))
        for tick in ys:
            y = math.floor(frame.y(tick.place)) + 0.5
            painter.drawLine(QLineF(left - (4 if tick.text else 2), y, left, y))
        painter.setPen(theme.color("faint"))
        height = self._metrics.height()
        taken = -math.inf
        for tick in xs:
            width = self._metrics.horizontalAdvance(tick.text)
            x = min(max(frame.x(tick.place) - width / 2, 2), box.right() + _RIGHT - width - 1)
            if tick.text and x > taken + 8:
                painter.drawText(QPointF(x, bottom + 4 + height * 0.82), tick.text)
                taken = x + width
        align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for tick in ys:
            if tick.text:
                y = frame.y(tick.place)
                room = QRectF(0, y - height / 2, box.left() - 7, height)
                painter.drawText(room, align, tick.text)

    def _paint_compiles(self, painter: QPainter, frame: Frame, drawing: Drawing) -> None:
        """Paint a ring on the axis for every compilation."""
        for mark in drawing.compiles:
            box = QRectF(0, 0, _RING + 2, _RING + 2)
            box.moveCenter(QPointF(frame.x(mark.place), frame.box.bottom()))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("base"))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.drawEllipse(box)
            paint_mark(painter, box, "compiling", self._theme.color("compiling"))


def _mixed(one: QColor, other: QColor, share: float) -> QColor:
    """Return `share` of one colour and the rest of another."""
    rest = 1 - share
    return QColor.fromRgbF(
        share * one.redF() + rest * other.redF(),
        share * one.greenF() + rest * other.greenF(),
        share * one.blueF() + rest * other.blueF(),
    )
