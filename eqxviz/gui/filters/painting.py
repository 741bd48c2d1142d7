"""Paints the rows of one half: a thin delegate, since the default one asks seven roles a cell."""

from typing import Any

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from eqxviz.gui.filters.model import HalfModel
from eqxviz.gui.theme import Theme, paint_mark
from eqxviz.session.half_cells import NAME, PARAMETERS, VALUE, HalfCells, Share

ROW_HEIGHT = 24
_INDENT = 12
_SIDE = 13  # of a check box and of a mark
_GAP = 5
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def chevron_rect(cell: QRect, depth: int) -> QRect:
    """Return where the chevron of a row of this depth is, in the coordinates of its name cell."""
    return QRect(cell.left() + 4 + depth * _INDENT, cell.top(), 16, cell.height())


def box_rect(cell: QRect, depth: int) -> QRect:
    """Return where the check box of a row of this depth is."""
    top = cell.top() + (cell.height() - _SIDE) // 2
    return QRect(chevron_rect(cell, depth).right() + 3, top, _SIDE, _SIDE)


class HalfDelegate(QStyledItemDelegate):
    """Draws chevron, box, mark and name; what the other half has is None, and faint."""

    def __init__(self, model: HalfModel, theme: Theme, parent: Any) -> None:
        super().__init__(parent)
        self._model = model
        self._theme = theme

    def sizeHint(self, option: Any, index: Any) -> QSize:
        return QSize(80, ROW_HEIGHT)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        cells, node = self._model.cells, self._model.node(index.row())
        if cells is None or node < 0:
            return
        rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue] - Qt's stubs lack it
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue] - as above
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, self._color("selection"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, self._color("hover"))
        if index.column() == NAME:
            self._paint_name(painter, rect, cells, node)
        else:
            self._paint_text(painter, rect, cells, node, index.column())
        painter.restore()

    def _paint_name(self, painter: QPainter, rect: QRect, cells: HalfCells, node: int) -> None:
        outline = self._model.outline
        if outline is None:
            return
        depth = outline.depth_of(node)
        self._paint_guides(painter, rect, depth)
        if cells.tree.n_children[node] > 0:
            self._paint_chevron(painter, chevron_rect(rect, depth), outline.is_expanded(node))
        box = box_rect(rect, depth)
        share = cells.share(node)
        if share:
            paint_box(painter, box, share, self._color("accent"), self._color("none"))
        x = box.right() + 1 + _GAP
        is_absent, mark = cells.is_absent(node), cells.mark(node)
        if mark:
            square = QRectF(x, rect.top() + (rect.height() - _SIDE) / 2, _SIDE, _SIDE)
            paint_mark(painter, square, mark, self._color("none" if is_absent else mark))
            x += _SIDE + _GAP
        font = self._theme.font("sans")
        font.setItalic(mark == "static_field")
        faint = is_absent or mark == "static_field"
        name, room = cells.text(node, NAME), rect.right() - x
        x += self._draw(painter, name, QRect(x, rect.top(), room, rect.height()), font, faint) + 8
        kind, small = cells.kind(node), self._theme.font("small")
        self._draw(painter, kind, QRect(x, rect.top(), rect.right() - x, rect.height()), small)

    def _paint_text(
        self, painter: QPainter, rect: QRect, cells: HalfCells, node: int, column: int
    ) -> None:
        text = cells.text(node, column)
        if not text:
            return
        is_inner = cells.tree.n_children[node] > 0
        font = self._theme.font("mono" if column == VALUE else "sans")
        faint = is_inner or text == "None" or cells.mark(node) == "static_field"
        align = _RIGHT if column == PARAMETERS else _LEFT
        middle = Qt.TextElideMode.ElideMiddle
        self._draw(painter, text, rect.adjusted(8, 0, -8, 0), font, faint, align, middle)

    def _draw(
        self,
        painter: QPainter,
        text: str,
        room: QRect,
        font: Any,
        faint: bool = True,
        align: Qt.AlignmentFlag = _LEFT,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> int:
        """Draw `text` elided into `room`, and return its width in pixels."""
        if room.width() <= 8 or not text:
            return 0
        painter.setFont(font)
        painter.setPen(self._color("faint" if faint else "text"))
        metrics = QFontMetrics(font)
        width = metrics.horizontalAdvance(text)
        if width > room.width():
            text = metrics.elidedText(text, elide, room.width())
            width = room.width()
        painter.drawText(room, align, text)
        return width

    def _paint_guides(self, painter: QPainter, rect: QRect, depth: int) -> None:
        """Draw the faint lines that lead the eye from a child up to its parent."""
        painter.setPen(QPen(self._color("line"), 0))
        for level in range(depth):
            x = chevron_rect(rect, level).center().x()
            painter.drawLine(x, rect.top(), x, rect.bottom())

    def _paint_chevron(self, painter: QPainter, box: QRect, is_open: bool) -> None:
        center, r = QRectF(box).center(), 3.5
        points = (
            [QPointF(-r, -r / 2), QPointF(0, r / 2), QPointF(r, -r / 2)]
            if is_open
            else [QPointF(-r / 2, -r), QPointF(r / 2, 0), QPointF(-r / 2, r)]
        )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._color("faint"), 1.4))
        painter.drawPolyline(QPolygonF([center + p for p in points]))

    def _color(self, role: str) -> QColor:
        return self._theme.color(role)


def paint_box(painter: QPainter, box: QRect, share: Share, full: QColor, empty: QColor) -> None:
    """Draw a check box: a tick for all, a bar for some, nothing in it for none."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    frame = QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5)
    painter.setPen(QPen(empty if share == "none" else full, 1.2))
    painter.drawRoundedRect(frame, 3, 3)
    pen = QPen(full, 1.8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    x, y, side = frame.left(), frame.top(), frame.width()
    if share == "all":
        tick = ((0.24, 0.52), (0.43, 0.71), (0.77, 0.30))
        painter.drawPolyline(QPolygonF([QPointF(x + a * side, y + b * side) for a, b in tick]))
    elif share == "some":
        painter.drawLine(
            QPointF(x + 0.27 * side, y + 0.5 * side), QPointF(x + 0.73 * side, y + 0.5 * side)
        )
    painter.restore()
