"""All leaves that are measured, each with its norms as a strip."""

from typing import Any

import numpy as np
from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from eqxviz.gui.plotting.strip import StripColours, columns_at
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import Index, RowModel, RowTable
from eqxviz.session.norms.strips import Strips, number

_TITLES = ("Leaf", "Over the run", "Newest", "Shape")  # what matters most, where it is narrow
_NAME, _STRIP, _NEWEST, _SHAPE = range(4)
_WIDTHS = (150, 160, 186, 84)
_INSET = 6


class LeafModel(RowModel):
    """A row a leaf, as `strips` have them; sorted by a column."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_TITLES, (), parent)
        self.strips: Strips | None = None
        self._order = np.zeros(0, np.int64)
        self._sorted = (-1, Qt.SortOrder.AscendingOrder)

    def show(self, strips: Strips | None) -> None:
        """Show these strips; the rows stay where they are if it is the same model."""
        before, self.strips = self.strips, strips
        n = len(strips.nodes) if strips is not None else 0
        if strips is None or before is None or before.history is not strips.history:
            self.beginResetModel()
            self._order = np.arange(n)
            self.endResetModel()
            self.sort(*self._sorted)
        else:
            self.refresh_cells()

    def node(self, row: int) -> int:
        """Return the node of a row in the tree that was measured, -1 for none."""
        if self.strips is None or not 0 <= row < len(self._order):
            return -1
        return int(self.strips.nodes[self._order[row]])

    def row_of(self, node: int) -> int:
        """Return the row of a node, -1 for none."""
        if self.strips is None:
            return -1
        found = np.flatnonzero(self.strips.nodes[self._order] == node)
        return int(found[0]) if len(found) else -1

    def n_rows(self) -> int:
        return len(self._order)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort the rows: by path, by size, or by the newest norm; -1 is the order of the model."""
        self._sorted = column, order
        strips = self.strips
        if strips is None:
            return
        nodes = strips.nodes.tolist()
        keys: list[Any] = list(range(len(nodes)))
        if column == _NAME:
            keys = [strips.tree.path(node) for node in nodes]
        elif column == _SHAPE:
            keys = [int(strips.tree.n_params[node]) for node in nodes]
        elif column in (_NEWEST, _STRIP):
            keys = [_sortable(strips.key(node)) for node in nodes]
        is_falling = order == Qt.SortOrder.DescendingOrder
        self.layoutAboutToBeChanged.emit()
        self._order = np.array(sorted(range(len(nodes)), key=keys.__getitem__, reverse=is_falling))
        self.layoutChanged.emit()

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        node, strips = self.node(index.row()), self.strips
        if node < 0 or strips is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(strips, node, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.alignment(index.column())
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == _NAME:
            return strips.tree.path(node)
        if role == Qt.ItemDataRole.AccessibleTextRole and index.column() == _NAME:
            said = (strips.tree.path(node), strips.text(node), strips.mark(node))
            return ", ".join(text for text in said if text)
        return None

    def _text(self, strips: Strips, node: int, column: int) -> str:
        if column == _NAME:
            return strips.tree.path(node)
        if column == _SHAPE:
            shape = strips.tree.shape(node) or ()
            return " × ".join(map(str, shape)) or "scalar"
        if column == _NEWEST:
            mark = strips.mark(node)
            newest = number(strips.key(node))
            return newest if not mark or mark == newest else f"{newest}  {mark}"
        return ""


class LeafTable(RowTable):
    """The table of leaves; what is under the mouse on a strip is said in a tooltip."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(26, _WIDTHS[0], parent)
        self.leaves = LeafModel(self)
        self._strip = _StripDelegate(theme, self)
        self.setModel(self.leaves)
        self.setItemDelegateForColumn(_STRIP, self._strip)
        self.setItemDelegateForColumn(_NEWEST, _MarkDelegate(theme, self))
        for column, width in enumerate(_WIDTHS):
            self.setColumnWidth(column, width)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setMouseTracking(True)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.horizontalHeader().setSortIndicatorClearable(True)
        self.setAccessibleName("Leaves that are measured")
        self.leaves.modelReset.connect(self.fit_columns)

    def fit_columns(self) -> None:
        """Give the strips what the names do not take."""
        rest = self.viewport().width() - self.columnWidth(_NEWEST) - self.columnWidth(_SHAPE)
        names = min(max(self.sizeHintForColumn(_NAME), _WIDTHS[_NAME]), rest - _WIDTHS[_STRIP])
        self.setColumnWidth(_STRIP, max(rest - names, _WIDTHS[_STRIP]))
        self.widen_names()

    def show_strips(self, strips: Strips | None) -> None:
        """Show these strips."""
        self._strip.show(strips)
        self.leaves.show(strips)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        at = event.position().toPoint()
        index, strips = self.indexAt(at), self.leaves.strips
        words = ""
        if strips is not None and index.isValid() and index.column() == _STRIP:
            box = _inside(self.visualRect(index))
            shown = columns_at(strips.steps, box.width())
            x = at.x() - box.left()
            if 0 <= x < len(shown):
                words = strips.text(self.leaves.node(index.row()), int(shown[x]))
        self.viewport().setToolTip(words)


class _StripDelegate(QStyledItemDelegate):
    """Paints strips."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._strips: Strips | None = None
        self._colours: StripColours | None = None
        theme.changed.connect(self._load)

    def show(self, strips: Strips | None) -> None:
        self._strips = strips
        self._load()

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        model, strips = index.model(), self._strips
        if strips is None or self._colours is None or not isinstance(model, LeafModel):
            return
        box = _inside(option.rect)
        values = strips.values(model.node(index.row()))
        if len(values):
            shown = columns_at(strips.steps, box.width())
            painter.drawImage(box, self._colours.image(values[shown][None]))

    def _load(self) -> None:
        known = self._strips
        self._colours = StripColours(known.low, known.high, self._theme) if known else None


class _MarkDelegate(QStyledItemDelegate):
    """Paints the mark of a problem beside the words that say it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        model = index.model()
        if not isinstance(model, LeafModel) or model.strips is None:
            return
        if model.strips.mark(model.node(index.row())):
            option.icon = self._theme.icon("mdi6.alert", "problem")
            option.features |= QStyleOptionViewItem.ViewItemFeature.HasDecoration
            option.decorationSize = QSize(14, 14)


def _inside(box: QRect) -> QRect:
    return box.adjusted(_INSET, _INSET, -_INSET, -_INSET)


def _sortable(value: float) -> float:
    return float("inf") if value != value else value
