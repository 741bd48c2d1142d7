"""The rows of an `Outline` as a Qt table: no object per row, nothing computed that is not asked."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex, QObject, Qt

from eqxviz.gui.widgets import Index, RowModel
from eqxviz.session.columns import COLUMNS, Cells
from eqxviz.session.marks import MARKS
from eqxviz.session.norms.strips import Strips
from eqxviz.session.outline.outline import Change, Outline
from eqxviz.session.outline.unfolding import Mask, Nodes
from eqxviz.session.xray import XRay

_NUMBERS = [i for i, column in enumerate(COLUMNS) if column.look == "number"]


class TreeModel(RowModel):
    """A table whose row r is node `outline.rows[r]`, and whose columns are `COLUMNS`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__([column.title for column in COLUMNS], _NUMBERS, parent)
        self.outline: Outline | None = None
        self.cells: Cells | None = None
        self._rows = np.zeros(0, np.int32)  # what the views know of: the outline may be ahead

    def set_outline(self, outline: Outline | None) -> None:
        """Show `outline`, or nothing."""
        self.beginResetModel()
        self.outline, self.cells = outline, None
        self._rows = outline.rows if outline is not None else np.zeros(0, np.int32)
        self.set_filtering(None, None)
        self.endResetModel()

    def set_filtering(
        self, xray: XRay | None, frozen: Mask | None, strips: Strips | None = None
    ) -> None:
        """Say in the columns of filtering what `xray` says, and which nodes are held back.

        `strips` are the norms of each node over the run. The tree may have grown since.
        """
        if self.outline is not None:
            tree = self.outline.tree
            known = strips if strips is not None and strips.tree is tree else None
            self.cells = Cells(tree, xray or XRay(tree), frozen, known)

    def cells_text(self, node: int, column: str) -> str:
        """Return what the column of that name says of `node`, "" while there is no tree."""
        return self.cells.text(node, column) if self.cells is not None else ""

    def change_rows(self, change: Callable[..., Change], *args: Any) -> None:
        """Call `change(*args)`, a method of the outline, and tell the views which rows changed."""
        outline = self.outline
        if outline is None:
            return
        done = change(*args)
        first, last = done.first_row, done.first_row + max(done.n_removed, done.n_inserted) - 1
        if done.n_removed and done.n_inserted:
            self.beginResetModel()
            self._rows = outline.rows
            self.endResetModel()
        elif done.n_inserted:
            self.beginInsertRows(QModelIndex(), first, last)
            self._rows = outline.rows
            self.endInsertRows()
        elif done.n_removed:
            self.beginRemoveRows(QModelIndex(), first, last)
            self._rows = outline.rows
            self.endRemoveRows()

    def node(self, row: int) -> int:
        """Return the node that `row` shows, or -1."""
        return int(self._rows[row]) if 0 <= row < len(self._rows) else -1

    def nodes(self, rows: NDArray[np.integer]) -> Nodes:
        """Return the nodes that `rows` show."""
        return self._rows[rows]

    def row_of(self, node: int) -> int:
        """Return the row that shows `node`, or -1."""
        return self.outline.row_of(node) if self.outline is not None and node >= 0 else -1

    def n_rows(self) -> int:
        return len(self._rows)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        is_title = orientation == Qt.Orientation.Horizontal and 0 <= section < len(COLUMNS)
        if is_title and role == Qt.ItemDataRole.ToolTipRole:
            explanation = COLUMNS[section].explanation
            return f"{explanation}. A click sorts, a third one as the model has it."
        return super().headerData(section, orientation, role)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        node, cells = self.node(index.row()), self.cells
        if node < 0 or cells is None:
            return None
        column = COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return cells.text(node, column.name)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return cells.spoken(node) if index.column() == 0 else None
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            mark = cells.mark(node)
            return MARKS[mark].explanation if mark else None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.alignment(index.column())
        return None
