"""The rows of the tree: walking, unfolding and selecting them, by keys and mouse."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QItemSelectionModel, QLine, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractItemView, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.tree.model import TreeModel
from eqxviz.gui.tree.painting import ROW_HEIGHT, RowPainter, chevron_rect
from eqxviz.gui.widgets import RowTable
from eqxviz.gui.widgets.column_header import ColumnHeader
from eqxviz.session.columns import COLUMNS, SHOWN_AT_FIRST
from eqxviz.session.outline.outline import Change
from eqxviz.session.outline.unfolding import Mask, Nodes

_NARROWEST_NAME = 140


class TreeTable(RowTable):
    """A table that unfolds: Right, Left, Space, `+`, `-`, `*`, and a click on the chevron.

    Its rows are painted here, a row at a time: a delegate would be called once a cell.

    Signals:
        menu_wanted: A node, and where on the screen.
        place_wanted: A node whose badge was clicked: the next place of its object is wanted.
        rested: A node on which the mouse rests (-1: it went), and where its row is on the screen.
    """

    menu_wanted = Signal(int, QPoint)
    place_wanted = Signal(int)
    rested = Signal(int, QRect)

    def __init__(self, model: TreeModel, theme: Theme, parent: QWidget) -> None:
        super().__init__(ROW_HEIGHT, _NARROWEST_NAME, parent)
        self.tree_model = model
        self.keys: dict[str, Callable[[], None]] = {}  # "Ctrl+C": what a key does besides
        self._painter = RowPainter(theme)
        self._hovered = -1
        self.header = ColumnHeader(COLUMNS, SHOWN_AT_FIRST, self)
        self.setHorizontalHeader(self.header)
        self.setModel(model)
        self.header.begin()
        self.header.layout_changed.connect(self.widen_names)
        self.header.columns_changed.connect(self.fit_columns)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setAccessibleName("Model tree")
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        model.modelReset.connect(self.show_cells)

    def fit_columns(self) -> None:
        """Narrow the columns so that all have room, and give the names what is left."""
        self.header.fit(self.viewport().width(), _NARROWEST_NAME)
        self.widen_names()

    def show_cells(self) -> None:
        """Paint what the cells of the model say now."""
        self._painter.show(self.tree_model.cells)
        self.viewport().update()

    def show_found(self, matches: Mask | None, above: Mask | None) -> None:
        """Tint the nodes that were found, and fainter those above them."""
        self._painter.show_found(matches, above)
        self.viewport().update()

    def show_read(self, nodes: Iterable[int]) -> None:
        """Let the nodes stand out that are read by what is selected elsewhere; the first is seen.

        Of one that is folded away, the node that it is folded in stands out.
        """
        model, outline = self.tree_model, self.tree_model.outline
        if outline is None:
            return
        seen = [_shown_above(model, node) for node in nodes if node < len(outline.tree)]
        self._painter.show_read(frozenset(seen))
        if seen:
            index = model.index(model.row_of(seen[0]), 0)
            self.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)
        self.viewport().update()

    def refresh_look(self) -> None:
        """Paint in the theme's present colours."""
        self._painter.refresh()
        self.viewport().update()

    def current_node(self) -> int:
        """Return the node of the current row, or -1."""
        return self.tree_model.node(self.currentIndex().row())

    def selected_nodes(self) -> Nodes:
        """Return the nodes of the selected rows, top to bottom."""
        selection = self.selectionModel().selection()
        spans = [selection.at(i) for i in range(selection.count())]
        rows = [np.arange(span.top(), span.bottom() + 1) for span in spans]
        return self.tree_model.nodes(np.unique(np.concatenate([*rows, np.zeros(0, np.intp)])))

    def show_node(self, node: int) -> None:
        """Unfold to `node`, select it and bring it into view."""
        outline = self.tree_model.outline
        if outline is None:
            return
        if self.tree_model.row_of(node) < 0:
            self.change(outline.reveal, np.array([node], np.int32))
        self._make_current(node)
        index = self.currentIndex()
        self.scrollTo(index.siblingAtColumn(0), QAbstractItemView.ScrollHint.EnsureVisible)

    def change(self, change: Callable[..., Change], *args: Any) -> None:
        """Call a method of the outline; the selection and what is on screen stay where they are."""
        model, bar = self.tree_model, self.verticalScrollBar()
        current, top = self.current_node(), model.node(bar.value() // ROW_HEIGHT)
        within = bar.value() % ROW_HEIGHT
        watching = self.selectionModel().blockSignals(True)
        model.change_rows(change, *args)
        self.selectionModel().blockSignals(watching)
        row = model.row_of(current)
        if current >= 0 and self.current_node() != current:
            self._make_current(current if row >= 0 else _shown_above(model, current))
        row = model.row_of(top)
        if row >= 0:
            bar.setValue(row * ROW_HEIGHT + within)
        self.viewport().update()

    def toggle(self, node: int, *, below: bool = False) -> None:
        """Unfold `node` if it is folded, else fold it; with `below`, everything under it too."""
        outline = self.tree_model.outline
        if outline is not None and node >= 0:
            self.unfold(node, not outline.is_expanded(node), below=below)

    def unfold(self, node: int, is_open: bool, *, below: bool = False) -> None:
        """Unfold or fold `node`; with `below`, everything under it too."""
        outline = self.tree_model.outline
        if outline is not None and node >= 0:
            change = outline.set_expanded_below if below else outline.set_expanded
            self.change(change, node, is_open)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        node = self.current_node()
        keys = Qt.Key
        act = self.keys.get(QKeySequence(event.keyCombination()).toString())
        if act is not None:
            act()
            return
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if node < 0 or not (plain or event.key() in (keys.Key_Asterisk, keys.Key_Plus)):
            super().keyPressEvent(event)
        elif event.key() in (keys.Key_Home, keys.Key_End):
            last = self.tree_model.rowCount() - 1
            row = 0 if event.key() == keys.Key_Home else last
            self.setCurrentIndex(self.tree_model.index(row, 0))
        elif not self._fold_by_key(event.key(), node):
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        node, cell = self._name_cell_at(event.position().toPoint())
        at = event.position().toPoint()
        if node >= 0 and event.button() == Qt.MouseButton.LeftButton:
            if self._chevron_at(node, cell).contains(at):
                shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
                self.toggle(node, below=bool(shift))
                return
            if self._painter.badge_rect(cell, node).contains(at):
                self.place_wanted.emit(node)
                return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        node, cell = self._name_cell_at(at)
        if node >= 0 and not self._chevron_at(node, cell).contains(at):
            self.toggle(node)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        at, index = event.globalPos(), self.indexAt(event.pos())
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
            box = self.visualRect(index.siblingAtColumn(0))
            at = self.viewport().mapToGlobal(box.bottomLeft() + QPoint(40, 0))
        node = self.tree_model.node(index.row())
        if node >= 0:
            self.menu_wanted.emit(node, at)

    def viewportEvent(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = self.rowAt(event.pos().y())
            if self.tree_model.node(row) >= 0:
                self.rested.emit(self.tree_model.node(row), self._row_on_screen(row))
            return True
        if kind == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            self._hover(self.rowAt(event.position().toPoint().y()))
        elif kind in (QEvent.Type.Leave, QEvent.Type.Wheel, QEvent.Type.MouseButtonPress):
            self._hover(-1)
        return super().viewportEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        outline = self.tree_model.outline
        if outline is None:
            return
        painter = QPainter(self.viewport())
        area = event.rect()
        columns = self._columns_in(area)
        first = (area.top() + self.verticalOffset()) // ROW_HEIGHT
        last = (area.bottom() + self.verticalOffset()) // ROW_HEIGHT
        guides: list[QLine] = []
        selected = self.selectionModel()
        current = self.currentIndex().row() if self.hasFocus() else -1
        name_left, name_width = self.columnViewportPosition(0), self.columnWidth(0)
        for row in range(first, min(last + 1, self.tree_model.rowCount())):
            node = self.tree_model.node(row)
            top = row * ROW_HEIGHT - self.verticalOffset()
            depth = outline.depth_of(node)
            box = QRect(0, top, self.viewport().width(), ROW_HEIGHT)
            is_selected = selected.isRowSelected(row)
            is_current = is_selected and row == current
            self._painter.paint_background(
                painter, box, node, (is_selected, is_current, row == self._hovered)
            )
            for column, left, width in columns:
                self._painter.paint_cell(painter, node, column, depth, (left, top, width))
            cell = QRect(name_left, top, name_width, ROW_HEIGHT)
            guides += self._painter.guides(cell, depth)
            if outline.tree.n_children[node] > 0:
                self._painter.paint_chevron(painter, cell, depth, outline.is_expanded(node))
        painter.setPen(QPen(self._painter.line_color(), 0))
        painter.drawLines(guides)

    def _columns_in(self, area: QRect) -> list[tuple[int, int, int]]:
        """Return the number, left edge and width of each column that is seen in `area`."""
        seen: list[tuple[int, int, int]] = []
        for at in range(self.header.count()):
            column = self.header.logicalIndex(at)
            left, width = self.columnViewportPosition(column), self.columnWidth(column)
            if width and left <= area.right() and left + width >= area.left():
                seen.append((column, left, width))
        return seen

    def _fold_by_key(self, key: int, node: int) -> bool:
        """Do what `key` means for folding; False if it means nothing."""
        outline, keys = self.tree_model.outline, Qt.Key
        if outline is None:
            return False
        is_open = outline.is_expanded(node)
        if key == keys.Key_Right and outline.tree.n_children[node] > 0:
            first = int(self.tree_model.node(self.currentIndex().row() + 1))
            self.show_node(first) if is_open and first >= 0 else self.unfold(node, True)
        elif key == keys.Key_Left and not is_open and node > 0:
            self.show_node(int(outline.tree.parent[node]))
        elif key in (keys.Key_Left, keys.Key_Minus):
            self.unfold(node, False)
        elif key == keys.Key_Plus:
            self.unfold(node, True)
        elif key in (keys.Key_Space, keys.Key_Return, keys.Key_Enter):
            self.toggle(node)
        elif key == keys.Key_Asterisk:
            self.toggle(node, below=True)
        else:
            return False
        return True

    def _make_current(self, node: int) -> None:
        row = self.tree_model.row_of(node)
        flags = QItemSelectionModel.SelectionFlag
        index = self.tree_model.index(row, 0)
        self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)

    def _name_cell_at(self, at: QPoint) -> tuple[int, QRect]:
        """Return the node at a place of the viewport, and its name cell; -1 in other columns."""
        index = self.indexAt(at)
        if not index.isValid() or index.column() != 0:
            return self.tree_model.node(index.row()), QRect()
        return self.tree_model.node(index.row()), self.visualRect(index)

    def _chevron_at(self, node: int, cell: QRect) -> QRect:
        outline = self.tree_model.outline
        if outline is None or cell.isEmpty() or outline.tree.n_children[node] == 0:
            return QRect()
        return chevron_rect(cell, outline.depth_of(node))

    def _row_on_screen(self, row: int) -> QRect:
        top = self.rowViewportPosition(row)
        corner = self.viewport().mapToGlobal(QPoint(0, top))
        return QRect(corner.x(), corner.y(), self.viewport().width(), ROW_HEIGHT)

    def _hover(self, row: int) -> None:
        if row == self._hovered:
            return
        for changed in (self._hovered, row):
            if changed >= 0:
                top = self.rowViewportPosition(changed)
                self.viewport().update(0, top, self.viewport().width(), ROW_HEIGHT)
        self._hovered = row
        self.rested.emit(-1, QRect())


def _shown_above(model: TreeModel, node: int) -> int:
    """Return the nearest node above `node` that has a row."""
    outline = model.outline
    while outline is not None and node > 0 and outline.row_of(node) < 0:
        node = int(outline.tree.parent[node])
    return node
