"""The rows of one half of `partition` as a Qt table."""

from typing import Any

from PySide6.QtCore import QObject, Qt

from eqxviz.gui.widgets import Index, RowModel
from eqxviz.session.filters.half_cells import COLUMNS, NAME, PARAMETERS, HalfCells
from eqxviz.session.marks import MARKS
from eqxviz.session.outline.outline import Outline

_CHECKED = {
    "all": Qt.CheckState.Checked,
    "some": Qt.CheckState.PartiallyChecked,
    "none": Qt.CheckState.Unchecked,
}


class HalfModel(RowModel):
    """A table whose row r is node `rows[r]` of an outline; a check box says what is in the half."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, (PARAMETERS,), parent)
        self.outline: Outline | None = None
        self.cells: HalfCells | None = None
        self._n_rows = 0

    def show(self, outline: Outline | None) -> None:
        """Take the rows that `outline` has now."""
        self.beginResetModel()
        self.outline = outline
        self._n_rows = len(outline) if outline is not None else 0
        self.endResetModel()

    def set_cells(self, cells: HalfCells | None) -> None:
        """Say in the same rows what `cells` say."""
        self.cells = cells
        self.refresh_cells()

    def node(self, row: int) -> int:
        """Return the node that `row` shows, or -1."""
        if self.outline is None or not 0 <= row < self._n_rows:
            return -1
        return int(self.outline.rows[row])

    def n_rows(self) -> int:
        return self._n_rows

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        node, cells = self.node(index.row()), self.cells
        if node < 0 or cells is None:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return cells.text(node, index.column())
            case Qt.ItemDataRole.AccessibleTextRole:
                return cells.spoken(node) if index.column() == NAME else None
            case Qt.ItemDataRole.CheckStateRole:
                return _CHECKED.get(cells.share(node)) if index.column() == NAME else None
            case Qt.ItemDataRole.TextAlignmentRole:
                return self.alignment(index.column())
            case Qt.ItemDataRole.ToolTipRole:
                mark = cells.mark(node)
                return "\n".join(
                    part
                    for part in (
                        cells.tree.path(node),
                        MARKS[mark].explanation if mark else "",
                        "A click on the box, or Space, moves it to the other half."
                        if cells.share(node)
                        else "",
                    )
                    if part
                )
        return None
