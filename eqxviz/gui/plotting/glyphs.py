"""The marks that tell lines apart, and a sample of a line for legends."""

import math

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from eqxviz.session.plots.lines import N_COLOURS, Style

_CORNERS: dict[str, tuple[tuple[float, float], ...]] = {
    "square": ((-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)),
    "triangle": ((0, -1.1), (1.05, 0.8), (-1.05, 0.8)),
    "down": ((0, 1.1), (1.05, -0.8), (-1.05, -0.8)),
    "diamond": ((0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)),
}
_STROKES: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "cross": ((-0.9, -0.9, 0.9, 0.9), (-0.9, 0.9, 0.9, -0.9)),
    "plus": ((-1.1, 0, 1.1, 0), (0, -1.1, 0, 1.1)),
    "bar": ((0, -1.2, 0, 1.2),),
}
SAMPLE_WIDTH = 26


def colour_role(style: Style) -> str:
    """Return the role of the colour of a line."""
    return f"curve.{style.colour % N_COLOURS}"


def paint_marker(
    painter: QPainter, at: QPointF, radius: float, style: Style, colour: QColor, behind: QColor
) -> None:
    """Paint the mark of a line at a point; a hollow one is filled with what is behind it."""
    strokes = _STROKES.get(style.marker)
    if strokes is not None:
        pen = QPen(colour, 1.6 if not style.is_hollow else 1.1)
        painter.setPen(pen)
        x, y, r = at.x(), at.y(), radius
        painter.drawLines([QLineF(x + a * r, y + b * r, x + c * r, y + d * r)
                           for a, b, c, d in strokes])  # fmt: skip
        return
    painter.setPen(QPen(colour, 1.1) if style.is_hollow else QPen(behind, 1.0))
    painter.setBrush(behind if style.is_hollow else colour)
    corners = _CORNERS.get(style.marker)
    if corners is None:
        painter.drawEllipse(at, radius, radius)
    else:
        painter.drawPolygon(
            QPolygonF([QPointF(at.x() + x * radius, at.y() + y * radius) for x, y in corners])
        )


def dashed(pen: QPen, dash: tuple[float, ...]) -> QPen:
    """Return `pen` with a pattern of pixels."""
    if dash:
        width = max(pen.widthF(), 1.0)
        pen.setDashPattern([length / width for length in dash])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def paint_sample(
    painter: QPainter, box: QRectF, style: Style, colour: QColor, behind: QColor, *, marked: bool
) -> None:
    """Paint a short piece of a line across `box`, with its mark where it has one."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = math.floor(box.center().y()) + 0.5
    painter.setPen(dashed(QPen(colour, 1.8), style.dash))
    painter.drawLine(QLineF(box.left(), middle, box.right(), middle))
    if marked:
        paint_marker(painter, QPointF(box.center().x(), middle), 3.6, style, colour, behind)
    painter.restore()
