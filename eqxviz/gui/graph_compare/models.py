"""The tables of where two graphs differ: equation by equation, and group by group."""

from typing import Any

from PySide6.QtCore import QObject, Qt

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import Index, RowModel
from eqxviz.gui.widgets.difference_model import DifferenceModel
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
    GroupTable,
)

_HEADER_TIPS = {
    FLOPS: "How many floating point operations more, or fewer; nothing where it is not known",
    BYTES: "How many bytes more, or fewer, are read and written if nothing is fused",
}


def equation_model(theme: Theme, parent: QObject) -> DifferenceModel:
    """Return a table, still empty, for the rows of an `EquationTable`."""
    mono = (GROUP, EQUATION, BEFORE, AFTER)
    return DifferenceModel(
        COLUMNS, NUMBERS, theme, parent, marked=KIND, mono=mono, tips=_HEADER_TIPS
    )


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
