"""The marks: a shape, a colour role and a word for each meaning; none rests on hue alone."""

from collections.abc import Callable

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF


def paint_mark(painter: QPainter, rect: QRectF, name: str, color: QColor) -> None:
    """Paint the mark called `name` into the largest square centred in `rect`.

    The painter's state is the same afterwards.

    Raises:
        KeyError: If no mark has that name.
    """
    side = min(rect.width(), rect.height())
    square = QRectF(0, 0, side, side)
    square.moveCenter(QRectF(rect).center())
    pen_width = max(1.0, side / 9)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(color, pen_width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    _SHAPES[name](painter, square.adjusted(*_inset(side)), color)
    painter.restore()


def _inset(side: float) -> tuple[float, float, float, float]:
    margin = side * 0.14
    return margin, margin, -margin, -margin


def _filled_circle(painter: QPainter, box: QRectF, color: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawEllipse(box)


def _half_circle(painter: QPainter, box: QRectF, color: QColor) -> None:
    painter.drawEllipse(_within_pen(painter, box))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawPie(box, 90 * 16, 180 * 16)


def _filled_square(painter: QPainter, box: QRectF, color: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    inset = box.width() * 0.06
    painter.drawRoundedRect(box.adjusted(inset, inset, -inset, -inset), 1, 1)


def _hollow_square(painter: QPainter, box: QRectF, color: QColor) -> None:
    inset = box.width() * 0.06
    painter.drawRoundedRect(_within_pen(painter, box.adjusted(inset, inset, -inset, -inset)), 1, 1)


def _dash(painter: QPainter, box: QRectF, color: QColor) -> None:
    y = box.center().y()
    inset = box.width() * 0.12
    painter.drawLine(QLineF(box.left() + inset, y, box.right() - inset, y))


def _chain(painter: QPainter, box: QRectF, color: QColor) -> None:
    """Two links of a chain, lying across one another's end."""
    painter.translate(box.center())
    painter.rotate(-45)
    link = QRectF(0, 0, box.width() * 0.66, box.height() * 0.40)
    for x in (-box.width() * 0.27, box.width() * 0.27):
        link.moveCenter(QPointF(x, 0))
        painter.drawRoundedRect(link, link.height() / 2, link.height() / 2)


def _snowflake(painter: QPainter, box: QRectF, color: QColor) -> None:
    painter.translate(box.center())
    radius = box.width() / 2
    for _ in range(6):
        painter.drawLine(QLineF(0, 0, 0, -radius))
        painter.drawLine(QLineF(0, -radius * 0.55, radius * 0.28, -radius * 0.85))
        painter.drawLine(QLineF(0, -radius * 0.55, -radius * 0.28, -radius * 0.85))
        painter.rotate(60)


def _triangle(painter: QPainter, box: QRectF, color: QColor) -> None:
    path = QPainterPath()
    top, left, right = QPointF(box.center().x(), box.top()), box.bottomLeft(), box.bottomRight()
    path.addPolygon(QPolygonF([top, right, left, top]))
    x, height = box.center().x(), box.height()
    stroke = QRectF(x - height * 0.06, box.top() + height * 0.36, height * 0.12, height * 0.30)
    dot = QRectF(x - height * 0.07, box.top() + height * 0.75, height * 0.14, height * 0.14)
    for hole in (stroke, dot):
        path.addRect(hole)  # the odd-even rule cuts the exclamation mark out of the triangle
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawPath(path)


def _ring(painter: QPainter, box: QRectF, color: QColor) -> None:
    pen = painter.pen()
    pen.setWidthF(max(1.4, box.width() / 5))
    painter.setPen(pen)
    painter.drawEllipse(_within_pen(painter, box))


def _within_pen(painter: QPainter, box: QRectF) -> QRectF:
    half = painter.pen().widthF() / 2
    return box.adjusted(half, half, -half, -half)


_SHAPES: dict[str, Callable[[QPainter, QRectF, QColor], None]] = {
    "differentiated": _filled_circle,
    "traced": _half_circle,
    "static": _filled_square,
    "static_field": _hollow_square,
    "none": _dash,
    "shared": _chain,
    "frozen": _snowflake,
    "problem": _triangle,
    "compiling": _ring,
}
