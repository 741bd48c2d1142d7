"""The rows of a comparison as a Qt table: nothing is made of a row that is not asked for."""

from collections.abc import Container, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets.row_model import Index, RowModel

_NO_ROWS: NDArray[np.int64] = np.zeros(0, np.int64)


class _Mark(Protocol):
    @property
    def glyph(self) -> str: ...
    @property
    def role(self) -> str: ...


class _Differences(Protocol):
    def cell(self, row: int, column: int) -> str: ...
    def mark(self, row: int) -> _Mark: ...
    def tooltip(self, row: int) -> str: ...


class DifferenceModel(RowModel):
    """A table whose row r is row `rows[r]` of a comparison.

    Args:
        titles: Of the columns; the first is read aloud as the whole row.
        numbers: The columns that stand to the right.
        marked: The column that says how a row differs, in the colour of that.
        mono: The columns in the font of code.
        tips: What is said of a column's title where the pointer rests on it.
    """

    def __init__(
        self,
        titles: Sequence[str],
        numbers: Container[int],
        theme: Theme,
        parent: QObject,
        *,
        marked: int,
        mono: Container[int],
        tips: Mapping[int, str],
    ) -> None:
        super().__init__(titles, numbers, parent)
        self._theme, self._marked, self._mono, self._tips = theme, marked, mono, tips
        self._table: _Differences | None = None
        self.rows: NDArray[np.integer] = _NO_ROWS

    def show_rows(self, table: _Differences | None, rows: NDArray[np.integer] = _NO_ROWS) -> None:
        """Show `rows` of `table`, in that order."""
        self.beginResetModel()
        self._table, self.rows = table, rows
        self.endResetModel()

    def n_rows(self) -> int:
        return len(self.rows)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return self._tips.get(section)
        return super().headerData(section, orientation, role)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        table = self._table
        if table is None or not 0 <= index.row() < len(self.rows):
            return None
        row, column = int(self.rows[index.row()]), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            text = table.cell(row, column)
            return f"{table.mark(row).glyph}  {text}" if column == self._marked else text
        if role == Qt.ItemDataRole.AccessibleTextRole and column == 0:
            cells = (table.cell(row, c) for c in range(self.columnCount()))
            return ", ".join(cell for cell in cells if cell)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.alignment(column)
        if role == Qt.ItemDataRole.FontRole and column in self._mono:
            return self._theme.font("mono")
        if role == Qt.ItemDataRole.ForegroundRole and column == self._marked:
            return self._theme.color(table.mark(row).role)
        if role == Qt.ItemDataRole.ToolTipRole:
            return table.tooltip(row)
        return None
