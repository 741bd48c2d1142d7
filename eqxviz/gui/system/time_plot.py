"""A small plot over the time of a run, from zero up; a cursor reads it."""

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from eqxviz.gui.plotting.frame import Frame
from eqxviz.gui.plotting.glyphs import dashed
from eqxviz.gui.plotting.traces import Look, paint_traces
from eqxviz.gui.theme import Theme
from eqxviz.session import formatting
from eqxviz.session.plots.trace import Trace
from eqxviz.session.system.lines import Line, Plot

_MARGIN = 2
_HEAD_GAP = 4
_HEAD_ROWS = 2  # at most, of the names of lines
_PIECE = 14  # of a line, before its name
_N_COLORS = 8
_DASHES: tuple[tuple[float, ...], ...] = ((), (2.0, 3.0))  # pixels
_OF_LIMIT = (6.0, 4.0)
_FAINT = 0.4  # how much of its colour a broken line keeps in its gaps, where it winds
_MOST_READ = 4
# A limit is drawn where something comes near it: else it would flatten what there is to see.
_NEAR = 0.3
_HEADROOM = 1.12  # the label of the uppermost grid line stands there
_ROUND = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)


class TimePlot(QWidget):
    """Title, what the plot says now, its lines and their names. Left and Right move the cursor."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._plot: Plot | None = None
        self._cursor = -1  # index of the sample that is read; -1: none
        self.setFont(theme.font("small"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        theme.changed.connect(self.update)

    def show_plot(self, plot: Plot) -> None:
        """Draw `plot`; the cursor stays at its moment."""
        at = self._seconds_of(self._cursor)
        self._plot = plot
        self._cursor = self._nearest(at) if at is not None else -1
        self.setAccessibleName(f"{plot.title}: {plot.said}")
        self.setToolTip(plot.said)
        self._describe()
        self.update()

    @property
    def reading(self) -> str:
        """What the cursor reads, or what the plot says on the whole."""
        plot, at = self._plot, self._seconds_of(self._cursor)
        if plot is None:
            return ""
        if at is None:
            return plot.said
        values = [(line.name, float(line.values[self._cursor])) for line in self._lines()]
        known = [(name, value) for name, value in values if math.isfinite(value)][:_MOST_READ]
        named = len(self._lines()) > 1
        texts = (f"{name} {plot.text(value)}" if named else plot.text(value)
                 for name, value in known)  # fmt: skip
        return f"{formatting.seconds(at)}: {', '.join(texts) or formatting.NOTHING}"

    @property
    def axis_texts(self) -> tuple[str, str, str]:
        """What is written at the uppermost grid line, and at both ends of the time: "" where
        nothing is drawn, or both ends are one."""
        plot = self._plot
        if plot is None or not len(plot.seconds):
            return "", "", ""
        uppermost = plot.text(self._highest()) if _largest(list(self._lines())) > 0 else ""
        first, last = (formatting.seconds(float(plot.seconds[end])) for end in (0, -1))
        return uppermost, first, last if len(plot.seconds) > 1 else ""

    def sizeHint(self) -> QSize:
        return QSize(260, 140)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 90)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme, plot = QPainter(self), self._theme, self._plot
        if plot is None:
            return
        area, frame = self._area(), self._frame()
        self._paint_head(painter, plot)
        painter.setPen(QPen(theme.color("line")))
        for part in (0.0, 0.5, 1.0):
            y = area.bottom() - part * area.height()
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        nowhere = np.zeros(0)
        for line, look in self._looks():
            values = line.values
            trace = Trace(plot.seconds, values, values, False, nowhere, nowhere, nowhere)
            paint_traces(painter, [(trace, look)], frame)
        self._paint_cursor(painter, frame)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(theme.color("faint"))
        top = QRectF(area.left(), area.top() + 1, area.width(), self.fontMetrics().height())
        foot = QRectF(area.left(), area.bottom() + 1, area.width(), self.fontMetrics().height())
        uppermost, first, last = self.axis_texts
        painter.drawText(top, Qt.AlignmentFlag.AlignLeft, uppermost)
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, first)
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight, last)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
            painter.setPen(theme.color("accent"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._plot is not None and len(self._plot.seconds):
            self._read(self._nearest(self._frame().place_x(event.position().x())))

    def leaveEvent(self, event: object) -> None:
        self._read(-1)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._read(-1)
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        n = len(self._plot.seconds) if self._plot is not None else 0
        at = self._cursor if self._cursor >= 0 else n
        places = {
            Qt.Key.Key_Left: at - 1,
            Qt.Key.Key_Right: at + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: n - 1,
        }
        if n and event.key() in places:
            self._read(min(max(places[Qt.Key(event.key())], 0), n - 1))
        else:
            super().keyPressEvent(event)

    def _paint_head(self, painter: QPainter, plot: Plot) -> None:
        """Write the title, and below it what one line says, or what each of several is now."""
        theme, metrics = self._theme, self.fontMetrics()
        height, width = metrics.height(), self.width() - 2 * _MARGIN
        entries = self._entries()
        title = plot.title
        at = self._seconds_of(self._cursor)
        if entries and at is not None:
            title = f"{title}, {formatting.seconds(at)}"
        painter.setPen(theme.color("faint"))
        painter.drawText(QRectF(_MARGIN, 0, width, height), 0, title)
        if not entries:
            words = metrics.elidedText(self.reading, Qt.TextElideMode.ElideRight, width)
            painter.setPen(theme.color("text"))
            painter.drawText(QRectF(_MARGIN, height, width, height), 0, words)
        for look, text, row, x in entries:
            top = (1 + row) * height
            painter.setPen(dashed(QPen(look.colour, look.width), look.dash))
            painter.drawLine(QPointF(x, top + height / 2), QPointF(x + _PIECE, top + height / 2))
            painter.setPen(theme.color("text"))
            painter.drawText(QRectF(x + _PIECE + 4, top, width, height), 0, text)

    def _entries(self) -> list[tuple[Look, str, int, float]]:
        """Return each of several lines: its look, what it is where it is read, row and place."""
        plot, placed = self._plot, list[tuple[Look, str, int, float]]()
        looks = self._looks()
        if plot is None or len(looks) < 2:
            return placed
        row, x = 0, float(_MARGIN)
        for line, look in looks:
            value = float(line.values[self._cursor])  # -1 is the last
            text = f"{line.name} {plot.text(value)}"
            needed = _PIECE + 4 + self.fontMetrics().horizontalAdvance(text)
            if x > _MARGIN and x + needed > self.width():
                row, x = row + 1, float(_MARGIN)
            if row < _HEAD_ROWS:
                placed.append((look, text, row, x))
            x += needed + 12
        return placed

    def _paint_cursor(self, painter: QPainter, frame: Frame) -> None:
        at = self._seconds_of(self._cursor)
        if at is None:
            return
        x, area = frame.x(at), frame.box
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("faint"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        for line, look in self._looks():
            value = float(line.values[self._cursor])
            if math.isfinite(value):
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(look.colour)
                painter.drawEllipse(QPointF(x, frame.y(value)), 3, 3)

    def _looks(self) -> list[tuple[Line, Look]]:
        """Return each line with its look: told apart by colour, and by how it is broken."""
        looks: list[tuple[Line, Look]] = []
        for i, line in enumerate(self._lines()):
            colour = self._theme.color("problem" if line.is_limit else f"curve.{i % _N_COLORS}")
            faint = QColor(colour)
            faint.setAlphaF(_FAINT)
            looks.append(
                (line, Look(colour, faint, _OF_LIMIT if line.is_limit else _DASHES[i % 2]))
            )
        return looks

    def _lines(self) -> tuple[Line, ...]:
        """Return the lines that are drawn: a limit only where something comes near it."""
        plot = self._plot
        if plot is None:
            return ()
        used = _largest([line for line in plot.lines if not line.is_limit])
        return tuple(
            line for line in plot.lines if not line.is_limit or used >= _NEAR * _largest([line])
        )

    def _area(self) -> QRectF:
        height = self.fontMetrics().height()
        entries = self._entries()
        top = (2 + (entries[-1][2] if entries else 0)) * height + _HEAD_GAP
        return QRectF(
            _MARGIN, top, self.width() - 2 * _MARGIN, max(self.height() - top - height - 2, 1)
        )

    def _frame(self) -> Frame:
        seconds = self._plot.seconds if self._plot is not None else np.zeros(0)
        span = (float(seconds[0]), float(seconds[-1])) if len(seconds) else (0.0, 1.0)
        return Frame(self._area(), span, (0.0, self._highest()))

    def _highest(self) -> float:
        """Return a round number well above all lines, where the uppermost grid line is."""
        wanted = _largest(list(self._lines())) * _HEADROOM
        if wanted <= 0:
            return 1.0
        power = 10.0 ** math.floor(math.log10(wanted))
        return next(step * power for step in _ROUND if step * power >= wanted)

    def _nearest(self, seconds: float) -> int:
        assert self._plot is not None
        if not len(self._plot.seconds):
            return -1
        return int(np.abs(self._plot.seconds - seconds).argmin())

    def _seconds_of(self, index: int) -> float | None:
        plot = self._plot
        is_there = plot is not None and 0 <= index < len(plot.seconds)
        return float(plot.seconds[index]) if plot is not None and is_there else None

    def _read(self, index: int) -> None:
        if index != self._cursor:
            self._cursor = index
            self._describe()
            self.update()

    def _describe(self) -> None:
        self.setAccessibleDescription(self.reading)


def _largest(lines: list[Line]) -> float:
    values = [float(np.nanmax(line.values)) for line in lines if np.isfinite(line.values).any()]
    return max(values, default=0.0)
