"""How a row of a tree is indented, and the signs in it: drawn once, and kept."""

from collections.abc import Callable

from PySide6.QtCore import QLine, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from eqxviz.gui.theme import Theme, paint_mark

PaintSign = Callable[[QPainter, QRectF, str, QColor], None]


def levels_indented(width: int, indent: int) -> int:
    """Return by how many levels of `indent` a cell's text may be indented: half is for the text."""
    return max(0, width // 2) // indent


def chevron_rect(cell: QRect, depth: int, indent: int) -> QRect:
    """Return where the chevron of a row of this depth is, in the coordinates of its name cell."""
    n_levels = min(depth, levels_indented(cell.width(), indent))
    return QRect(cell.left() + 4 + n_levels * indent, cell.top(), 16, cell.height())


def guides(cell: QRect, depth: int, indent: int) -> list[QLine]:
    """Return the faint lines that lead the eye from a child up to its parent."""
    lines: list[QLine] = []
    for level in range(min(depth, levels_indented(cell.width(), indent))):
        x = chevron_rect(cell, level, indent).center().x()
        lines.append(QLine(x, cell.top(), x, cell.bottom()))
    return lines


class RowSigns:
    """Pictures of chevrons ("open", "closed"), and of what `paint` draws: marks, if not told."""

    def __init__(self, theme: Theme, paint: PaintSign = paint_mark) -> None:
        self._theme = theme
        self._paint = paint
        self._pixmaps: dict[tuple[str, str, int], QPixmap] = {}

    def clear(self) -> None:
        """Draw all anew: the theme's colours are others."""
        self._pixmaps.clear()

    def pixmap(self, name: str, role: str, side: int, ratio: float) -> QPixmap:
        """Return a sign in the colour of `role`; `ratio` is that of the screen's pixels."""
        key = (name, role, round(side * ratio))
        if key not in self._pixmaps:
            pixmap = QPixmap(round(side * ratio), round(side * ratio))
            pixmap.setDevicePixelRatio(ratio)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            paint = _paint_chevron if name in ("open", "closed") else self._paint
            paint(painter, QRectF(0, 0, side, side), name, self._theme.color(role))
            painter.end()
            self._pixmaps[key] = pixmap
        return self._pixmaps[key]


def _paint_chevron(painter: QPainter, box: QRectF, name: str, color: QColor) -> None:
    center, r = box.center(), 3.5
    points = (
        [QPointF(-r, -r / 2), QPointF(0, r / 2), QPointF(r, -r / 2)]
        if name == "open"
        else [QPointF(-r / 2, -r), QPointF(r / 2, 0), QPointF(-r / 2, r)]
    )
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(color, 1.4))
    painter.drawPolyline(QPolygonF([center + p for p in points]))
