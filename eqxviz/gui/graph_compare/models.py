"""The rows of a comparison of graphs as Qt tables: nothing is made of a row not asked for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import Index, RowModel
from eqxviz.session.graph_compare.table import (
    AFTER,
    BEFORE,
    BYTES,
    COLUMNS,
    EQUATION,
    FLOPS,
    GROUP,
    KIND,
    NUMBERS,
    EquationTable,
    GroupTable,
)

_NO_ROWS: NDArray[np.int64] = np.zeros(0, np.int64)
_MONO = (GROUP, EQUATION, BEFORE, AFTER)
_HEADER_TIPS = {
    FLOPS: "How many floating point operations more, or fewer; nothing where it is not known",
    BYTES: "How many bytes more, or fewer, are read and written if nothing is fused",
}


class EquationModel(RowModel):
    """A table whose row r is row `rows[r]` of the comparison."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(COLUMNS, NUMBERS, parent)
        self._theme = theme
        self.table: EquationTable | None = None
        self.rows = _NO_ROWS

    def show_rows(self, table: EquationTable | None, rows: NDArray[np.int64] = _NO_ROWS) -> None:
        """Show `rows` of `table`, in that order."""
        self.beginResetModel()
        self.table, self.rows = table, rows
        self.endResetModel()

    def n_rows(self) -> int:
        return len(self.rows)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return _HEADER_TIPS.get(section)
        return super().headerData(section, orientation, role)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        table = self.table
        if table is None or not 0 <= index.row() < len(self.rows):
            return None
        row, column = int(self.rows[index.row()]), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            text = table.cell(row, column)
            return f"{table.kind(row).glyph}  {text}" if column == KIND else text
        if role == Qt.ItemDataRole.AccessibleTextRole and column == KIND:
            cells = (table.cell(row, c) for c in range(len(COLUMNS)))
            return ", ".join(cell for cell in cells if cell)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.alignment(column)
        if role == Qt.ItemDataRole.FontRole and column in _MONO:
            return self._theme.font("mono")
        if role == Qt.ItemDataRole.ForegroundRole and column == KIND:
            return self._theme.color(table.kind(row).role)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(table.explanation(row))
        return None


class GroupModel(RowModel):
    """A table of the groups in which something differs."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(GroupTable.COLUMNS, GroupTable.NUMBERS, parent)
        self._theme = theme
        self.table: GroupTable | None = None

    def show_table(self, table: GroupTable | None) -> None:
        """Show the rows of `table`."""
        self.beginResetModel()
        self.table = table
        self.endResetModel()

    def n_rows(self) -> int:
        return len(self.table) if self.table is not None else 0

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        table = self.table
        if table is None or not 0 <= index.row() < len(table):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return table.cell(index.row(), index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.alignment(index.column())
        if role == Qt.ItemDataRole.FontRole and index.column() == 0:
            return self._theme.font("mono")
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{table.cell(index.row(), 0)}\nReturn lists its equations"
        return None
