"""Both halves of `partition`, side by side: they scroll, fold and select together."""

from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QItemSelectionModel, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from eqxviz.gui.filters.model import HalfModel
from eqxviz.gui.filters.painting import ROW_HEIGHT, HalfPainter, box_rect, chevron_rect
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ElidedLabel, RowTable, hand_focus_on
from eqxviz.session.filters.half_cells import NAME, PARAMETERS, VALUE, HalfCells
from eqxviz.session.filters.playground import Split
from eqxviz.session.outline.outline import Outline

_NARROWEST_NAME = 150
_ASIDE = 2  # pixels of the bar that shows which row has the keyboard
_WIDTHS = {VALUE: 94, PARAMETERS: 60}
_TITLES = {True: "Selected", False: "The rest"}


class HalfTable(RowTable):
    """One half: Right, Left and `*` fold, Space and a click on a box move to the other half.

    Signals:
        moved: A node that is to be in the other half.
        folded: A node, whether it is to be open, and whether all below it too.
        wanted: A node to select, hidden or not.
        menu_wanted: A node, and where on the screen.
    """

    moved = Signal(int)
    folded = Signal(int, bool, bool)
    wanted = Signal(int)
    menu_wanted = Signal(int, QPoint)

    def __init__(self, model: HalfModel, theme: Theme, parent: QWidget) -> None:
        super().__init__(ROW_HEIGHT, _NARROWEST_NAME, parent)
        self.half = model
        self.setModel(model)
        self._painter = HalfPainter(model, theme)
        self._hovered = -1
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)
        theme.changed.connect(self._on_theme_changed)

    def current_node(self) -> int:
        """Return the node of the current row, or -1."""
        return self.half.node(self.currentIndex().row())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint whole rows: a delegate would be called once a cell."""
        painter, area = QPainter(self.viewport()), event.rect()
        offset, width = self.verticalOffset(), self.viewport().width()
        columns = [
            (column, self.columnViewportPosition(column), self.columnWidth(column))
            for column in range(self.half.columnCount())
        ]
        last = min((area.bottom() + offset) // ROW_HEIGHT, self.half.rowCount() - 1)
        current, fill = self.currentIndex().row(), self._painter.fill
        for row in range((area.top() + offset) // ROW_HEIGHT, last + 1):
            top = row * ROW_HEIGHT - offset
            if row in (current, self._hovered):
                role = "selection" if row == current else "hover"
                painter.fillRect(0, top, width, ROW_HEIGHT, fill(role))
            if row == current and self.hasFocus():
                painter.fillRect(0, top, _ASIDE, ROW_HEIGHT, fill("accent"))
            node = self.half.node(row)
            for column, left, room in columns:
                cell = QRect(left, top, room, ROW_HEIGHT)
                self._painter.paint_cell(painter, node, column, cell)

    def viewportEvent(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            self._hover(self.rowAt(event.position().toPoint().y()))
        elif kind in (QEvent.Type.Leave, QEvent.Type.Wheel):
            self._hover(-1)
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        outline, node, keys = self.half.outline, self.current_node(), Qt.Key
        if outline is None or node < 0:
            super().keyPressEvent(event)
            return
        key, is_open = event.key(), outline.is_expanded(node)
        has_children = bool(outline.tree.n_children[node] > 0)
        if key == keys.Key_Space:
            self.moved.emit(node)
        elif key in (keys.Key_Return, keys.Key_Enter):
            self.folded.emit(node, not is_open, False)
        elif key == keys.Key_Asterisk:
            self.folded.emit(node, not is_open, True)
        elif key == keys.Key_Right and has_children and not is_open:
            self.folded.emit(node, True, False)
        elif key == keys.Key_Right and has_children:
            self.wanted.emit(int(outline.tree.first_child[node]))
        elif key == keys.Key_Left and is_open:
            self.folded.emit(node, False, False)
        elif key == keys.Key_Left and node > 0:
            self.wanted.emit(int(outline.tree.parent[node]))
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        outline, at = self.half.outline, event.position().toPoint()
        node = self.half.node(self.indexAt(at).row())
        if outline is None or node < 0 or event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        cell = self.visualRect(self.indexAt(at).siblingAtColumn(NAME))
        depth = outline.depth_of(node)
        if outline.tree.n_children[node] > 0 and chevron_rect(cell, depth).contains(at):
            below = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.folded.emit(node, not outline.is_expanded(node), below)
        elif box_rect(cell, depth).adjusted(-2, -5, 3, 5).contains(at):
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.moved.emit(node)
        else:
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        outline, node = self.half.outline, self.half.node(self.rowAt(int(event.position().y())))
        if outline is not None and node >= 0 and outline.tree.n_children[node] > 0:
            self.folded.emit(node, not outline.is_expanded(node), False)
        elif node >= 0:
            self.moved.emit(node)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index, at = self.indexAt(event.pos()), event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
            at = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft() + QPoint(40, 0))
        node = self.half.node(index.row())
        if node >= 0:
            self.menu_wanted.emit(node, at)

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            self._hovered = row
            self.viewport().update()

    def _on_theme_changed(self) -> None:
        self._painter.refresh()
        self.viewport().update()


class HalvesPane(QWidget):
    """The selected half on the left, the rest on the right.

    Signals:
        moved: A node that is to be in the other half.
        selected: The node of the row that was chosen.
        menu_wanted: A node, and where on the screen.
    """

    moved = Signal(int)
    selected = Signal(int)
    menu_wanted = Signal(int, QPoint)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.outline: Outline | None = None
        self.models = {half: HalfModel(self) for half in (True, False)}
        self.tables = {half: HalfTable(self.models[half], theme, self) for half in (True, False)}
        self.heads = {half: ElidedLabel("", self) for half in (True, False)}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        for half, table in self.tables.items():
            row.addLayout(self._column(half, table), 1)
            table.moved.connect(self.moved)
            table.menu_wanted.connect(self.menu_wanted)
            table.folded.connect(self.fold)
            table.wanted.connect(self.show_node)
            table.selectionModel().currentRowChanged.connect(
                lambda index, _before, model=self.models[half]: self._on_row(
                    model.node(index.row())
                )
            )
            other = self.tables[not half].verticalScrollBar()
            table.verticalScrollBar().valueChanged.connect(other.setValue)
        hand_focus_on(self, lambda: self.tables[True])

    def show_outline(self, outline: Outline | None) -> None:
        """Show the rows of `outline`, or nothing."""
        self.outline = outline
        for half, model in self.models.items():
            self._without_signals(half, lambda model=model: model.show(outline))

    def show_split(self, split: Split | None) -> None:
        """Say in the same rows what a spec makes of the tree."""
        for half, model in self.models.items():
            cells = HalfCells(split, half) if split is not None else None
            model.set_cells(cells)
            self.heads[half].set_text(cells.headline() if cells is not None else "")
            self.tables[half].viewport().update()

    def show_node(self, node: int) -> None:
        """Unfold to `node`, and select it in both halves."""
        if self.outline is None or not 0 <= node < len(self.outline.tree):
            return
        if self.outline.row_of(node) < 0:
            self._change(self.outline.reveal, np.array([node], np.int32))
        self._make_current(node)
        table = self.tables[True]
        table.scrollTo(table.currentIndex(), QAbstractItemView.ScrollHint.EnsureVisible)
        self._on_row(node)

    def fold(self, node: int, is_open: bool, below: bool) -> None:
        """Unfold or fold a node in both halves."""
        if self.outline is not None:
            change = self.outline.set_expanded_below if below else self.outline.set_expanded
            self._change(change, node, is_open)

    def expand_to_depth(self, depth: int) -> None:
        """Unfold exactly the nodes above `depth`."""
        if self.outline is not None:
            self._change(self.outline.expand_to_depth, depth)

    def _column(self, half: bool, table: HalfTable) -> QVBoxLayout:
        title = QLabel(_TITLES[half], self)
        title.setProperty("face", "heading")
        self.heads[half].setProperty("tone", "faint")
        table.setAccessibleName(f"{_TITLES[half]}, a half of the model")
        head = QHBoxLayout()
        head.setContentsMargins(12, 6, 8, 4)
        head.setSpacing(10)
        head.addWidget(title)
        head.addWidget(self.heads[half], 1)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(table, 1)
        return column

    def _change(self, change: Callable[..., Any], *args: Any) -> None:
        """Call a method of the outline; selection and scrolling stay where they are."""
        outline = self.outline
        if outline is None:
            return
        node = self.tables[True].current_node()
        top = self.tables[True].verticalScrollBar().value()
        change(*args)
        self.show_outline(outline)
        self.tables[True].verticalScrollBar().setValue(top)
        while node > 0 and outline.row_of(node) < 0:
            node = int(outline.tree.parent[node])
        if node >= 0:
            self._make_current(node)

    def _make_current(self, node: int) -> None:
        if self.outline is None:
            return
        row, flags = self.outline.row_of(node), QItemSelectionModel.SelectionFlag
        for half, table in self.tables.items():
            index = self.models[half].index(row, NAME)
            self._without_signals(
                half,
                lambda table=table, index=index: table.selectionModel().setCurrentIndex(
                    index, flags.ClearAndSelect | flags.Rows
                ),
            )
            table.viewport().update()

    def _on_row(self, node: int) -> None:
        if node >= 0:
            self._make_current(node)
            self.selected.emit(node)

    def _without_signals(self, half: bool, work: Callable[[], None]) -> None:
        """Do `work` without hearing which row is current meanwhile."""
        chosen = self.tables[half].selectionModel()
        was_blocked = chosen.blockSignals(True)
        work()
        chosen.blockSignals(was_blocked)
