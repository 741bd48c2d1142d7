"""A leaf's values as pictures: a histogram, and the array as a heat map."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.session import formatting

# Five stops each, evenly spaced. Sequential: dark blue over green to yellow, lightness rising
# evenly. Diverging: blue over grey to orange, equal in lightness on both sides of zero.
_SEQUENTIAL = ((34, 22, 74), (36, 80, 132), (30, 135, 129), (112, 188, 86), (248, 226, 60))
_DIVERGING_LIGHT = ((0, 82, 147), (108, 168, 212), (240, 240, 240), (240, 160, 96), (178, 68, 0))
_DIVERGING_DARK = ((122, 190, 240), (40, 104, 156), (44, 46, 52), (170, 88, 24), (255, 172, 104))


class Histogram(QWidget):
    """Counts over equal bins, with the range below and the bin under the pointer in words."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._counts: NDArray[np.int64] = np.zeros(0, np.int64)
        self._edges: NDArray[np.float64] = np.zeros(0)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Histogram of values")

    def show_counts(self, counts: NDArray[np.int64], edges: NDArray[np.float64]) -> None:
        """Draw `counts`; bin i reaches from `edges[i]` to `edges[i + 1]`."""
        self._counts, self._edges = counts, edges
        self.setAccessibleDescription(_peak_in_words(counts, edges))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, 104)

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
        foot = painter.fontMetrics().height() + 4
        area = QRectF(0, 2, self.width(), self.height() - foot - 2)
        bar_width = area.width() / n
        gap = 1.0 if bar_width > 4 else 0.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("differentiated"))
        highest = max(int(self._counts.max()), 1)
        for i, count in enumerate(self._counts.tolist()):
            if count:
                height = max(area.height() * count / highest, 1.5)
                left = area.left() + i * bar_width
                painter.drawRect(QRectF(left, area.bottom() - height, bar_width - gap, height))
        self._paint_axis(painter, area)

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
            x = area.left() + area.width() * (0 - low) / (high - low)
            painter.setPen(QPen(self._theme.color("faint"), 0, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))


class HeatMap(QWidget):
    """An array as a matrix of colours: diverging around zero if signed, else sequential."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._tile: NDArray[np.float32] = np.zeros((0, 0), np.float32)
        self._image = QImage()
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Heat map of values")
        theme.changed.connect(self._on_theme_changed)

    def show_tile(self, tile: NDArray[np.float32]) -> None:
        """Draw `tile` of shape (rows, columns); elements that are not finite are marked."""
        self._tile = tile
        self._on_theme_changed()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        rows, columns = self._tile.shape
        cell = min(16.0, 240 / max(columns, 1))
        return QSize(240, int(min(max(rows * cell, 12), 200)))

    def mouseMoveEvent(self, event) -> None:
        rows, columns = self._tile.shape
        area = self._area()
        if rows and columns and area.contains(event.position()):
            row = min(int((event.position().y() - area.top()) / area.height() * rows), rows - 1)
            column = min(
                int((event.position().x() - area.left()) / area.width() * columns), columns - 1
            )
            value = formatting.number(float(self._tile[row, column]))
            self.setToolTip(f"cell [{row}, {column}] of {rows} × {columns}: {value}")

    def paintEvent(self, event) -> None:
        if self._image.isNull():
            return
        painter = QPainter(self)
        painter.drawImage(self._area(), self._image)

    def _area(self) -> QRectF:
        """Return where the cells are: square unless the matrix is too long for that."""
        rows, columns = self._tile.shape
        cell = min(self.width() / max(columns, 1), 16.0)
        height = min(max(rows * cell, 12.0), float(self.height()))
        return QRectF(0, 0, max(columns * cell, 12.0), height)

    def _on_theme_changed(self) -> None:
        self._image = heat_image(
            self._tile, dark=self._theme.is_dark, not_finite=self._theme.color("problem")
        )
        self.update()


def heat_image(tile: NDArray[np.float32], *, dark: bool, not_finite: QColor) -> QImage:
    """Return the picture of `tile`, a pixel a cell: signed data around zero, else low to high."""
    if tile.size == 0:
        return QImage()
    finite = np.isfinite(tile)
    shown = np.where(finite, tile, 0).astype(np.float64)
    low, high = (float(shown[finite].min()), float(shown[finite].max())) if finite.any() else (0, 0)
    if low < 0 < high:
        reach = max(-low, high)
        stops, place = (_DIVERGING_DARK if dark else _DIVERGING_LIGHT), shown / reach / 2 + 0.5
    else:
        stops, place = _SEQUENTIAL, (shown - low) / ((high - low) or 1.0)
    table = np.array(stops, np.float64)
    at = np.linspace(0, 1, len(stops))
    pixels = np.empty((*tile.shape, 4), np.uint8)
    for channel in range(3):
        pixels[..., channel] = np.interp(place, at, table[:, channel])
    pixels[..., 3] = 255
    pixels[~finite, :3] = (not_finite.red(), not_finite.green(), not_finite.blue())
    rows, columns = tile.shape
    # Copied: QImage does not keep the buffer alive.
    return QImage(pixels.data, columns, rows, columns * 4, QImage.Format.Format_RGBA8888).copy()


def _peak_in_words(counts: NDArray[np.int64], edges: NDArray[np.float64]) -> str:
    if not len(counts) or not counts.any():
        return ""
    i = int(counts.argmax())
    low, high = formatting.number(edges[i]), formatting.number(edges[i + 1])
    return f"{len(counts)} bins; the fullest, with {int(counts[i]):,} values, is {low} to {high}"
