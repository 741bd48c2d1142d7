"""The rows of a comparison as a Qt table: nothing is made of a row that is not asked for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import Index, RowModel
from eqxviz.session.compare.difference_table import (
    AFTER,
    BEFORE,
    COLUMNS,
    NUMBERS,
    PATH,
    STATUS,
    DifferenceTable,
)

_MONO = (PATH, BEFORE, AFTER)
_NO_ROWS: NDArray[np.int32] = np.zeros(0, np.int32)


class DifferenceModel(RowModel):
    """A table whose row r is row `rows[r]` of the comparison."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(COLUMNS, NUMBERS, parent)
        self._theme = theme
        self.table: DifferenceTable | None = None
        self.rows = _NO_ROWS

    def show_rows(self, table: DifferenceTable | None, rows: NDArray[np.int32]) -> None:
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
            return f"{table.status(row).glyph}  {text}" if column == STATUS else text
        if role == Qt.ItemDataRole.AccessibleTextRole and column == PATH:
            cells = (table.cell(row, c) for c in range(len(COLUMNS)))
            return ", ".join(cell for cell in cells if cell)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.alignment(column)
        if role == Qt.ItemDataRole.FontRole and column in _MONO:
            return self._theme.font("mono")
        if role == Qt.ItemDataRole.ForegroundRole and column == STATUS:
            return self._theme.color(table.status(row).role)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join([table.path(row), *table.explanation(row)])
        return None


_HEADER_TIPS = {
    COLUMNS.index("Max |Δ|"): "The largest |a - b| of two elements",
    COLUMNS.index("Relative"): "The largest |a - b| / max(|a|, |b|); 0 where both are zero",
    COLUMNS.index("Elements"): "How many elements differ; a NaN equals a NaN",
}
