"""A leaf's values as small pictures: a histogram, an overview, and the scale of the colours."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.values.colours import Colours
from eqxviz.records import PERCENTS, Tile, ValueSummary
from eqxviz.session import formatting

_MARKED_PERCENTS = (5, 50, 95)


class Histogram(QWidget):
    """Counts over equal bins, with the range below and the bin under the pointer in words.

    Dotted lines mark zero and the percentiles 5, 50 and 95.
    """

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._counts: NDArray[np.int64] = np.zeros(0, np.int64)
        self._edges: NDArray[np.float64] = np.zeros(0)
        self._percentiles: dict[int, float] = {}
        self._is_log = False
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Histogram of values")
        theme.changed.connect(self.update)

    def show_value(self, value: ValueSummary) -> None:
        """Draw the histogram of `value`, and mark its percentiles."""
        self._counts, self._edges = value.histogram, value.edges
        self._percentiles = {
            percent: float(at)
            for percent, at in zip(PERCENTS, value.percentiles, strict=False)
            if percent in _MARKED_PERCENTS
        }
        self.setAccessibleDescription(_peak_in_words(self._counts, self._edges))
        self.update()

    def set_log(self, is_log: bool) -> None:
        """Let the height of a bar stand for the logarithm of its count."""
        self._is_log = is_log
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, 118)

    def mouseMoveEvent(self, event) -> None:
        n = len(self._counts)
        if n:
            i = min(max(int(event.position().x() / max(self.width(), 1) * n), 0), n - 1)
            low, high = formatting.number(self._edges[i]), formatting.number(self._edges[i + 1])
            self.setToolTip(f"{int(self._counts[i]):,} values from {low} to {high}")

    def paintEvent(self, event) -> None:
        n = len(self._counts)
        if n == 0:
            return
        painter = QPainter(self)
        painter.setFont(self._theme.font("small"))
        line = painter.fontMetrics().height()
        area = QRectF(0, line + 2, self.width(), self.height() - 2 * line - 8)
        bar_width = area.width() / n
        gap = 1.0 if bar_width > 4 else 0.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("differentiated"))
        heights = self._heights()
        for i, share in enumerate(heights.tolist()):
            if share:
                height = max(area.height() * share, 1.5)
                left = area.left() + i * bar_width
                painter.drawRect(QRectF(left, area.bottom() - height, bar_width - gap, height))
        self._paint_axis(painter, area)
        self._paint_percentiles(painter, area)

    def _heights(self) -> NDArray[np.float64]:
        """Return how high each bar is, as a share of the highest."""
        counts = np.log1p(self._counts) if self._is_log else self._counts
        return counts / max(float(counts.max()), 1e-9)

    def _x(self, area: QRectF, value: float) -> float:
        low, high = float(self._edges[0]), float(self._edges[-1])
        return area.left() + area.width() * (value / 2 - low / 2) / (high / 2 - low / 2)

    def _paint_axis(self, painter: QPainter, area: QRectF) -> None:
        painter.setPen(QPen(self._theme.color("line"), 0))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        low, high = float(self._edges[0]), float(self._edges[-1])
        painter.setPen(self._theme.color("faint"))
        foot = QRect(0, int(area.bottom()) + 2, self.width(), self.height())
        top = Qt.AlignmentFlag.AlignTop
        painter.drawText(foot, top | Qt.AlignmentFlag.AlignLeft, formatting.number(low))
        painter.drawText(foot, top | Qt.AlignmentFlag.AlignRight, formatting.number(high))
        if low < 0 < high:
            x = self._x(area, 0.0)
            painter.setPen(QPen(self._theme.color("faint"), 0, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _paint_percentiles(self, painter: QPainter, area: QRectF) -> None:
        """Draw the lines of the percentiles, and their names where these do not overlap."""
        taken = -1.0
        for percent, value in self._percentiles.items():
            x = self._x(area, value)
            painter.setPen(QPen(self._theme.color("text"), 0, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            name = "median" if percent == 50 else f"{percent} %"
            width = painter.fontMetrics().horizontalAdvance(name)
            left = min(max(x - width / 2, 0.0), self.width() - width)
            if left > taken:
                painter.setPen(self._theme.color("faint"))
                painter.drawText(QPointF(left, area.top() - 4), name)
                taken = left + width + 4


class Overview(QWidget):
    """All of an array as one small heat map."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._tile: Tile | None = None
        self._value: ValueSummary | None = None
        self._image = QImage()
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Heat map of values")
        theme.changed.connect(self._on_theme_changed)

    def show_tile(self, tile: Tile, value: ValueSummary | None) -> None:
        """Draw `tile` in the colours for `value`; what holds NaN or an infinity is marked."""
        self._tile, self._value = tile, value
        self._on_theme_changed()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        rows, columns = self._cells()
        cell = min(16.0, 240 / max(columns, 1))
        return QSize(240, int(min(max(rows * cell, 12), 200)))

    def mouseMoveEvent(self, event) -> None:
        rows, columns = self._cells()
        area = self._area()
        if self._tile is not None and area.contains(event.position()):
            down = (event.position().y() - area.top()) / area.height()
            across = (event.position().x() - area.left()) / area.width()
            row, column = min(int(down * rows), rows - 1), min(int(across * columns), columns - 1)
            value = formatting.number(float(self._tile.mean[row, column]))
            self.setToolTip(f"cell [{row}, {column}] of {rows} × {columns}: {value}")

    def paintEvent(self, event) -> None:
        if not self._image.isNull():
            QPainter(self).drawImage(self._area(), self._image)

    def _cells(self) -> tuple[int, int]:
        return (0, 0) if self._tile is None else self._tile.mean.shape

    def _area(self) -> QRectF:
        """Return where the cells are: square unless the matrix is too long for that."""
        rows, columns = self._cells()
        cell = min(self.width() / max(columns, 1), 16.0)
        height = min(max(rows * cell, 12.0), float(self.height()))
        return QRectF(0, 0, max(columns * cell, 12.0), height)

    def _on_theme_changed(self) -> None:
        if self._tile is not None:
            known = self._value
            colours = (
                Colours.of_summary(known, self._theme)
                if known is not None and known.size
                else Colours.of(self._tile.mean, self._theme)
            )
            self._image = colours.image(self._tile.mean, self._tile.flags)
        self.update()


class ColourBar(QWidget):
    """Which colour stands for which number."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._colours: Colours | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Colour scale")
        theme.changed.connect(self.update)

    def show_colours(self, colours: Colours) -> None:
        """Draw the scale of `colours`."""
        self._colours = colours
        low, high = formatting.number(colours.low), formatting.number(colours.high)
        self.setAccessibleDescription(f"from {low} to {high}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, 30)

    def paintEvent(self, event) -> None:
        if self._colours is None:
            return
        painter = QPainter(self)
        painter.setFont(self._theme.font("small"))
        painter.drawImage(QRectF(0, 2, self.width(), 9), self._colours.scale())
        painter.setPen(self._theme.color("faint"))
        foot = QRect(0, 12, self.width(), self.height())
        top = Qt.AlignmentFlag.AlignTop
        low, high = self._colours.low, self._colours.high
        painter.drawText(foot, top | Qt.AlignmentFlag.AlignLeft, formatting.number(low))
        painter.drawText(foot, top | Qt.AlignmentFlag.AlignRight, formatting.number(high))
        if self._colours.is_diverging:
            painter.drawText(foot, top | Qt.AlignmentFlag.AlignHCenter, "0")


def _peak_in_words(counts: NDArray[np.int64], edges: NDArray[np.float64]) -> str:
    if not len(counts) or not counts.any():
        return ""
    i = int(counts.argmax())
    low, high = formatting.number(edges[i]), formatting.number(edges[i + 1])
    return f"{len(counts)} bins; the fullest, with {int(counts[i]):,} values, is {low} to {high}"
