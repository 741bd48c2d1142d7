"""The norms of what is selected as curves, and how its elements were spread as a heat map."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from eqxviz.gui.plotting.frame import Frame
from eqxviz.gui.plotting.glyphs import (
    SAMPLE_WIDTH,
    colour_role,
    paint_marker,
    paint_sample,
)
from eqxviz.gui.plotting.strip import StripColours, columns_at
from eqxviz.gui.plotting.traces import Look, paint_traces
from eqxviz.gui.theme import Theme
from eqxviz.gui.theme.marks import paint_mark
from eqxviz.records.dynamics import LEAST_EXPONENT, N_BINS
from eqxviz.session.curves import Envelope
from eqxviz.session.norms.history import Histograms
from eqxviz.session.norms.strips import number
from eqxviz.session.plots.lines import Style
from eqxviz.session.plots.scales import Scale
from eqxviz.session.plots.ticks import x_ticks, y_ticks
from eqxviz.session.plots.trace import Trace, fitting, trace_of, value_at

_LEFT, _TOP, _RIGHT, _BELOW = 58.0, 22.0, 12.0, 20.0
_STYLES = (
    Style(0, "circle", (), False),
    Style(1, "square", (7, 4), False),
    Style(2, "triangle", (2, 3), False),
)
_MARK = 11.0
_INSET, _LEGEND_ROW = 8.0, 16.0
_LEAST_WIDTH = 120


class Line(NamedTuple):
    """A curve: its name, and a value for each step."""

    name: str
    values: NDArray[np.float32]


class NormPlot(QWidget):
    """Curves over steps on a logarithmic axis. Hovering says the values at a step."""

    def __init__(self, title: str, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._title = title
        self._theme = theme
        self._steps = np.zeros(0)
        self._lines: list[tuple[Line, Trace]] = []
        self._at = -1  # the column under the mouse
        self.setMouseTracking(True)
        self.setMinimumSize(_LEAST_WIDTH, 96)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(title)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(320, 150)

    def show_lines(self, steps: NDArray[np.int64], lines: list[Line]) -> None:
        """Draw these lines; what is not known of one is left out."""
        self._steps = steps.astype(np.float64)
        self._lines = []
        for line in lines:
            seen = ~(line.values < 0)
            if seen.any():
                values = line.values[seen].astype(np.float64)
                outline = Envelope(self._steps[seen], values, values, np.isnan(values))
                self._lines.append((line, trace_of(outline, Scale(is_log=True))))
        newest = (f"{line.name} {number(float(line.values[-1]))}" for line, _ in self._lines)
        self.setAccessibleDescription(", ".join(newest))
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        frame = self._frame()
        self._at = -1
        if len(self._steps) and frame.holds(event.position()):
            place = frame.place_x(event.position().x())
            self._at = int(np.abs(self._steps - place).argmin())
            step = f"step {int(self._steps[self._at]):,}"
            told = (
                f"{line.name} {number(float(line.values[self._at]))}" for line, _ in self._lines
            )
            self.setToolTip("\n".join((step, *told)))
        self.update()

    def leaveEvent(self, event) -> None:
        super().leaveEvent(event)
        self._at = -1
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme, frame = QPainter(self), self._theme, self._frame()
        painter.setFont(theme.font("small"))
        self._paint_legend(painter)
        if not self._lines:
            painter.setPen(theme.color("faint"))
            painter.drawText(frame.box.topLeft() + QPointF(8, 16), "Nothing is known of it")
            return
        _paint_axes(painter, frame, theme, self._window(), self._reach())
        painter.save()
        painter.setClipRect(frame.box.adjusted(0, -1, 1, 1))
        looks: list[tuple[Trace, Look]] = []
        for (_, trace), style in zip(self._lines, _STYLES, strict=False):
            colour = theme.color(colour_role(style))
            looks.append((trace, Look(colour, colour, style.dash)))
        paint_traces(painter, looks, frame, n_lines=len(looks))
        for (_, trace), style in zip(self._lines, _STYLES, strict=False):
            self._paint_marks(painter, frame, trace, style)
        painter.restore()
        for _, trace in self._lines:
            for place in trace.nan[:: max(len(trace.nan) // 20, 1)]:
                box = QRectF(0, 0, _MARK, _MARK)
                box.moveCenter(QPointF(frame.x(float(place)), frame.box.bottom() - _MARK))
                paint_mark(painter, box, "problem", theme.color("problem"))
        if self._at >= 0:
            painter.setPen(theme.color("faint"))
            x = frame.x(float(self._steps[self._at]))
            painter.drawLine(QPointF(x, frame.box.top()), QPointF(x, frame.box.bottom()))

    def _paint_marks(self, painter: QPainter, frame: Frame, trace: Trace, style: Style) -> None:
        colour, behind = self._theme.color(colour_role(style)), self._theme.color("base")
        low, high = self._window()
        for share in (0.15, 0.5, 0.85):
            place = low + share * (high - low)
            y = value_at(trace, place)
            if math.isfinite(y):
                at = QPointF(frame.x(place), frame.y(y))
                paint_marker(painter, at, 3.4, style, colour, behind)

    def _legend_places(self) -> list[QPointF]:
        """Return where the title is, then each sample: without a title where there is no room."""
        metrics = QFontMetricsF(self._theme.font("small"))
        names = [line.name for line, _ in self._lines] if len(self._lines) > 1 else []
        widths = [SAMPLE_WIDTH + 5 + metrics.horizontalAdvance(name) + 14 for name in names]
        title = metrics.horizontalAdvance(self._title) + 18
        has_title = _INSET + title + sum(widths) <= self.width()
        places = [QPointF(_INSET, 0)]
        at = QPointF(_INSET + (title if has_title or not names else 0), 0)
        for width in widths:
            if at.x() > _INSET and at.x() + width > self.width():
                at = QPointF(_INSET, at.y() + _LEGEND_ROW)
            places.append(at)
            at = at + QPointF(width, 0)
        return places

    def _paint_legend(self, painter: QPainter) -> None:
        theme = self._theme
        title, *places = self._legend_places()
        if title not in places:
            painter.setPen(theme.color("text"))
            painter.drawText(title + QPointF(0, 15), self._title)
        for place, (line, _), style in zip(places, self._lines, _STYLES, strict=False):
            colour = theme.color(colour_role(style))
            box = QRectF(place.x(), place.y() + 4, SAMPLE_WIDTH, 14)
            paint_sample(painter, box, style, colour, theme.color("base"), marked=True)
            painter.setPen(theme.color("faint"))
            painter.drawText(place + QPointF(SAMPLE_WIDTH + 5, 15), line.name)

    def _window(self) -> tuple[float, float]:
        if not len(self._steps):
            return 0.0, 1.0
        low, high = float(self._steps[0]), float(self._steps[-1])
        return (low, high) if high > low else (low - 0.5, high + 0.5)

    def _reach(self) -> tuple[float, float]:
        return fitting([trace for _, trace in self._lines], self._window(), clips=False)

    def _frame(self) -> Frame:
        top = _TOP + self._legend_places()[-1].y()
        box = QRectF(self.rect()).adjusted(_LEFT, top, -_RIGHT, -_BELOW)
        return Frame(box, self._window(), self._reach())


class HistogramMap(QWidget):
    """Histograms over steps: upwards the magnitude, an octave a row; the lighter, the more."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._title = ""
        self._known = Histograms(np.zeros(0, np.int64), np.zeros((0, N_BINS)))
        self.setMouseTracking(True)
        self.setMinimumSize(_LEAST_WIDTH, 96)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Histograms over steps")
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(320, 150)

    def show_histograms(self, title: str, histograms: Histograms) -> None:
        """Draw these."""
        self._title, self._known = title, histograms
        self.setAccessibleDescription(f"{title}: {len(histograms.steps)} steps")
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        words = ""
        if len(self._known.steps) and self._frame().holds(event.position()):
            words = self._words_at(event.position())
        self.setToolTip(words)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme, frame = QPainter(self), self._theme, self._frame()
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("text"))
        painter.drawText(QPointF(8, 15), self._title)
        if not len(self._known.steps):
            painter.setPen(theme.color("faint"))
            painter.drawText(frame.box.topLeft() + QPointF(8, 16), "No histograms yet")
            return
        low, high = self._bins()
        shown = columns_at(self._known.steps, max(int(frame.box.width()), 1))
        cells = self._known.shares[shown, low : high + 1].T[::-1]
        colours = StripColours(1e-4, 1.0, theme)
        blank = np.where(cells > 0, cells, -1.0)
        painter.drawImage(frame.box, colours.image(np.ascontiguousarray(blank)))
        _paint_axes(painter, frame, theme, self._window(), frame_reach(low, high), has_grid=False)

    def _words_at(self, at: QPointF) -> str:
        frame = self._frame()
        low, high = self._bins()
        shown = columns_at(self._known.steps, max(int(frame.box.width()), 1))
        column = int(shown[min(max(int(at.x() - frame.box.left()), 0), len(shown) - 1)])
        share = (frame.box.bottom() - at.y()) / frame.box.height()
        row = min(max(low + int(share * (high - low + 1)), low), high)
        step = f"step {int(self._known.steps[column]):,}"
        return f"{step}, {bin_words(row)}: {self._known.shares[column, row]:.2%}"

    def _bins(self) -> tuple[int, int]:
        """Return the first and the last bin in which anything was counted."""
        seen = np.flatnonzero(self._known.shares.any(axis=0))
        return (int(seen[0]), int(seen[-1])) if len(seen) else (0, N_BINS - 1)

    def _window(self) -> tuple[float, float]:
        steps = self._known.steps
        if not len(steps):
            return 0.0, 1.0
        low, high = float(steps[0]), float(steps[-1])
        return (low, high) if high > low else (low - 0.5, high + 0.5)

    def _frame(self) -> Frame:
        box = QRectF(self.rect()).adjusted(_LEFT, _TOP, -_RIGHT, -_BELOW)
        return Frame(box, self._window(), frame_reach(*self._bins()))


def frame_reach(low: int, high: int) -> tuple[float, float]:
    """Return the logarithms to base 10 at the bottom and the top of bins."""
    octave = math.log10(2)
    return (low + LEAST_EXPONENT - 1) * octave, (high + LEAST_EXPONENT) * octave


def bin_words(row: int) -> str:
    """Return in words what is counted in a bin."""
    if row == 0:
        return "exactly 0"
    if row == N_BINS - 1:
        return "NaN or infinite"
    low = 2.0 ** (row + LEAST_EXPONENT - 1)
    return f"{number(low)} to {number(2 * low)}"


def _paint_axes(
    painter: QPainter,
    frame: Frame,
    theme: Theme,
    window: tuple[float, float],
    reach: tuple[float, float],
    *,
    has_grid: bool = True,
) -> None:
    box, metrics = frame.box, QFontMetricsF(theme.font("small"))
    ys = y_ticks(*reach, max(int(box.height() / 24), 2), Scale(is_log=True))
    xs = x_ticks(*window, max(int(box.width() / 72), 1), Scale(), "step")
    for tick in ys:
        if not tick.text or not reach[0] <= tick.place <= reach[1]:
            continue
        y = math.floor(frame.y(tick.place))
        if has_grid:
            painter.fillRect(QRectF(box.left(), y, box.width(), 1), theme.color("line"))
        painter.setPen(theme.color("faint"))
        x = box.left() - metrics.horizontalAdvance(tick.text) - 6
        painter.drawText(QPointF(x, y + metrics.ascent() / 2 - 1), tick.text)
    for tick in xs:
        if tick.text and window[0] <= tick.place <= window[1]:
            half = metrics.horizontalAdvance(tick.text) / 2
            x = min(max(frame.x(tick.place) - half, box.left()), box.right() - 2 * half)
            painter.setPen(theme.color("faint"))
            painter.drawText(QPointF(x, box.bottom() + 14), tick.text)
