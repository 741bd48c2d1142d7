"""A mark beside a line of source: a stop, where a script is paused, or both."""

from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from eqxviz.gui.theme import Theme

WIDTH = 26  # pixels: of the margin in which marks stand
_STOP_X, _ARROW_X = 8.0, 19.5  # the middles of a stop and of an arrow in it


@dataclass(frozen=True)
class LineMark:
    """What is marked at a line, and the words for it."""

    kind: str = ""  # "stop", or "" for none
    is_enabled: bool = True
    has_condition: bool = False
    words: str = ""
    arrow: str = ""  # "at": the script is here; "frame": one of its callers; "" for neither

    def at(self, is_at: bool, words: str) -> "LineMark":
        """Return this mark with an arrow: filled where the script is, hollow for a caller."""
        both = "\n".join(part for part in (self.words, words) if part)
        return replace(self, arrow="at" if is_at else "frame", words=both)


def paint_line_mark(painter: QPainter, line: QRect, mark: LineMark, theme: Theme) -> None:
    """Paint `mark` at the left of `line`: a disc for a stop, hollow while it is disabled.

    A stop with a condition has a bar across it. The painter's state is the same afterwards.
    """
    side = min(11.0, line.height() - 3.0)
    box = QRectF(0, 0, side, side)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if mark.kind == "stop":
        box.moveCenter(QPointF(line.left() + _STOP_X, line.center().y() + 0.5))
        _paint_stop(painter, box, mark, theme)
    if mark.arrow:
        box.moveCenter(QPointF(line.left() + _ARROW_X, line.center().y() + 0.5))
        _paint_arrow(painter, box, mark, theme)
    painter.restore()


def paint_offer(painter: QPainter, line: QRect, theme: Theme) -> None:
    """Paint where a click would set a stop."""
    color = QColor(theme.color("stop"))
    color.setAlpha(90)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawEllipse(QPointF(line.left() + _STOP_X, line.center().y() + 0.5), 4.5, 4.5)
    painter.restore()


def _paint_stop(painter: QPainter, box: QRectF, mark: LineMark, theme: Theme) -> None:
    color = theme.color("stop" if mark.is_enabled else "none")
    painter.setPen(QPen(color, 1.5))
    painter.setBrush(color if mark.is_enabled else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(box.adjusted(0.75, 0.75, -0.75, -0.75))
    if mark.has_condition:
        painter.setPen(QPen(theme.color("base") if mark.is_enabled else color, 1.6))
        y, inset = box.center().y(), box.width() * 0.28
        for dy in (-1.6, 1.6):
            painter.drawLine(
                QPointF(box.left() + inset, y + dy), QPointF(box.right() - inset, y + dy)
            )


def _paint_arrow(painter: QPainter, box: QRectF, mark: LineMark, theme: Theme) -> None:
    color, y = theme.color("running"), box.center().y()
    left, right, half = box.left() + 1, box.right() - 1, box.height() * 0.46
    painter.setPen(QPen(color, 1.4))
    painter.setBrush(color if mark.arrow == "at" else theme.color("base"))
    painter.drawPolygon(
        QPolygonF([QPointF(left, y - half), QPointF(right, y), QPointF(left, y + half)])
    )
