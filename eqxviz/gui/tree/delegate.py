"""Paints the rows of the tree: a thin delegate, since the default one asks seven roles a cell."""

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from eqxviz.gui.theme import Theme, paint_mark
from eqxviz.gui.tree.model import FILTER, NAME, NUMBERS, TYPE, VALUE, TreeModel, cell_text
from eqxviz.records import ModelTree, NodeKind
from eqxviz.session.filtering import mark_of
from eqxviz.session.outline import Outline

ROW_HEIGHT = 24
INDENT = 14
_MARK = 13
_GAP = 5
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def chevron_rect(cell: QRect, depth: int) -> QRect:
    """Return where the chevron of a row of this depth is, in the coordinates of its name cell."""
    return QRect(cell.left() + 4 + depth * INDENT, cell.top(), 16, cell.height())


class TreeDelegate(QStyledItemDelegate):
    """Draws chevron, mark and name; values in mono; numbers to the right; badges for sharing."""

    def __init__(self, model: TreeModel, theme: Theme, parent: Any) -> None:
        super().__init__(parent)
        self._model = model
        self._theme = theme
        self._matches: frozenset[int] = frozenset()

    def set_matches(self, nodes: frozenset[int]) -> None:
        """Highlight these nodes as found."""
        self._matches = nodes

    def sizeHint(self, option: Any, index: Any) -> QSize:
        return QSize(80, ROW_HEIGHT)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        outline = self._model.outline
        node = self._model.node(index.row())
        if outline is None or node < 0:
            return
        rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue] - Qt's stubs lack it
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue] - as above
        painter.save()
        self._paint_background(painter, rect, state, node)
        if index.column() == NAME:
            self._paint_name(painter, rect, outline, node)
        else:
            self._paint_cell(painter, rect, outline.tree, node, index.column())
        painter.restore()

    def _paint_background(
        self, painter: QPainter, rect: QRect, state: QStyle.StateFlag, node: int
    ) -> None:
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, self._theme.color("selection"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, self._theme.color("hover"))
        if node in self._matches:
            tint = self._theme.color("warning")
            tint.setAlpha(46)
            painter.fillRect(rect, tint)

    def _paint_name(self, painter: QPainter, rect: QRect, outline: Outline, node: int) -> None:
        tree, depth = outline.tree, outline.depth_of(node)
        self._paint_guides(painter, rect, depth)
        chevron = chevron_rect(rect, depth)
        if tree.n_children[node] > 0:
            self._paint_chevron(painter, QRectF(chevron), bool(outline.expanded[node]))
        x = chevron.right() + 2
        mark = mark_of(tree, node)
        if mark:
            box = QRectF(x, rect.center().y() - _MARK / 2 + 0.5, _MARK, _MARK)
            paint_mark(painter, box, mark, self._theme.color(mark))
            x += _MARK + _GAP
        right = rect.right() - self._paint_badge(painter, rect, tree, node)
        name = cell_text(tree, node, NAME)
        font = self._theme.font("sans")
        font.setItalic(mark == "static_field")
        painter.setFont(font)
        painter.setPen(self._theme.color("faint" if mark in ("static_field", "none") else "text"))
        x += self._draw_text(painter, QRect(x, rect.top(), right - x, rect.height()), name) + 8
        if not mark:
            painter.setFont(self._theme.font("small"))
            painter.setPen(self._theme.color("faint"))
            room = QRect(x, rect.top(), right - x, rect.height())
            self._draw_text(painter, room, cell_text(tree, node, TYPE))

    def _paint_cell(
        self, painter: QPainter, rect: QRect, tree: ModelTree, node: int, column: int
    ) -> None:
        text = cell_text(tree, node, column)
        if not text:
            return
        faint = column in (FILTER, TYPE) or tree.kind[node] == NodeKind.STATIC_FIELD
        inner = tree.n_children[node] > 0
        painter.setPen(self._theme.color("faint" if faint or inner else "text"))
        is_value = column == VALUE and not inner
        painter.setFont(self._theme.font("mono" if is_value else "sans"))
        room = rect.adjusted(8, 0, -8, 0)
        align = _RIGHT if column in NUMBERS else _LEFT
        mode = Qt.TextElideMode.ElideMiddle if is_value else Qt.TextElideMode.ElideRight
        elided = QFontMetrics(painter.font()).elidedText(text, mode, room.width())
        painter.drawText(room, align, elided)

    def _paint_guides(self, painter: QPainter, rect: QRect, depth: int) -> None:
        """Draw the faint lines that lead the eye from a child up to its parent."""
        painter.setPen(QPen(self._theme.color("line"), 0))
        for level in range(depth):
            x = chevron_rect(rect, level).center().x()
            painter.drawLine(x, rect.top(), x, rect.bottom())

    def _paint_chevron(self, painter: QPainter, box: QRectF, is_open: bool) -> None:
        center, r = box.center(), 3.5
        points = (
            [QPointF(-r, -r / 2), QPointF(0, r / 2), QPointF(r, -r / 2)]
            if is_open
            else [QPointF(-r / 2, -r), QPointF(r / 2, 0), QPointF(-r / 2, r)]
        )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("faint"), 1.4))
        painter.drawPolyline(QPolygonF([center + p for p in points]))

    def _paint_badge(self, painter: QPainter, rect: QRect, tree: ModelTree, node: int) -> int:
        """Draw the link mark with the number of places, and return the width it took."""
        n_places = len(tree.shared_with(node)) + 1
        if n_places < 2:
            return 4
        color = self._theme.color("shared")
        painter.setFont(self._theme.font("small"))
        painter.setPen(color)
        text = f"×{n_places}"
        width = QFontMetrics(painter.font()).horizontalAdvance(text)
        painter.drawText(rect.adjusted(0, 0, -6, 0), _RIGHT, text)
        box = QRectF(rect.right() - width - 6 - 17, rect.center().y() - 6, 13, 13)
        paint_mark(painter, box, "shared", color)
        return width + 28

    def _draw_text(self, painter: QPainter, room: QRect, text: str) -> int:
        """Draw `text` elided into `room`, and return its width in pixels."""
        if room.width() <= 8:
            return 0
        metrics = QFontMetrics(painter.font())
        elided = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, _LEFT, elided)
        return metrics.horizontalAdvance(elided)
