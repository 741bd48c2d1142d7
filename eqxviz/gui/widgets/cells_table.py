"""A table whose columns say by themselves what stands in them: sorted, and chosen by the user."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QWidget

from eqxviz.gui.widgets.column_header import ColumnHeader
from eqxviz.gui.widgets.row_model import Index, RowModel
from eqxviz.gui.widgets.row_table import RowTable
from eqxviz.session.column import Cell

_R = TypeVar("_R")
_ROW_HEIGHT = 26
_NUMBER_LOOK = "number"


class CellsModel(RowModel, Generic[_R]):
    """Rows as `cells` say them; `id_of` tells one row from another.

    What a cell has besides its text, a subclass says by `look`.
    """

    def __init__(
        self, cells: Sequence[Cell[_R]], id_of: Callable[[_R], Hashable], parent: QWidget
    ) -> None:
        numbers = [i for i, cell in enumerate(cells) if cell.column.look == _NUMBER_LOOK]
        super().__init__([cell.column.title for cell in cells], numbers, parent)
        self.cells = cells
        self.id_of = id_of
        self.rows: list[_R] = []
        self._in_order: Sequence[_R] = []  # as they were given
        self._sorted: tuple[str, bool] = ("", False)

    def set_rows(self, rows: Sequence[_R]) -> None:
        """Show `rows`, in their order or sorted; those that are new at the end are appended."""
        self._in_order = rows
        wanted = self._arranged(rows)
        before = [self.id_of(row) for row in self.rows]
        after = [self.id_of(row) for row in wanted]
        n = len(before)
        if n and after[:n] == before:
            self.rows[:] = wanted[:n]
            self.refresh_cells()
            if len(after) > n:
                self.beginInsertRows(QModelIndex(), n, len(after) - 1)
                self.rows = wanted
                self.endInsertRows()
            return
        self.beginResetModel()
        self.rows = wanted
        self.endResetModel()

    def sort_by(self, column: str, is_falling: bool) -> None:
        """Sort by a column; "" is the order in which the rows were given."""
        self._sorted = (column, is_falling)
        self.beginResetModel()
        self.rows = self._arranged(self._in_order)
        self.endResetModel()

    def row_of(self, id: Hashable) -> int:
        """Return where the row of that id is, -1 if it is not there."""
        return next((i for i, row in enumerate(self.rows) if self.id_of(row) == id), -1)

    def n_rows(self) -> int:
        return len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.alignment(index.column())
        cell, row = self.cells[index.column()], self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.text(row)
        return self.look(row, cell.column.name, role)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        is_head = orientation == Qt.Orientation.Horizontal and 0 <= section < len(self.cells)
        if is_head and role == Qt.ItemDataRole.ToolTipRole:
            return self.cells[section].column.explanation
        return super().headerData(section, orientation, role)

    def look(self, row: _R, column: str, role: int) -> Any:
        """Return what a cell has in a role besides its text."""
        return None

    def _arranged(self, rows: Sequence[_R]) -> list[_R]:
        column, is_falling = self._sorted
        cell = next((cell for cell in self.cells if cell.column.name == column), None)
        return sorted(rows, key=cell.key, reverse=is_falling) if cell is not None else list(rows)


class CellsTable(RowTable, Generic[_R]):
    """The table of a `CellsModel`. A row is chosen by keys or mouse, opened by Return, and copied.

    Signals:
        row_chosen: The id of the row that the user went to.
        row_opened: The id of a row that was double clicked, or Return pressed on.
    """

    row_chosen = Signal(object)
    row_opened = Signal(object)

    def __init__(
        self, model: CellsModel[_R], at_first: Sequence[str], name: str, parent: QWidget
    ) -> None:
        columns = [cell.column for cell in model.cells]
        super().__init__(_ROW_HEIGHT, columns[0].width, parent)
        self.cells = model
        self._is_quiet = False  # rows are being set, not chosen
        self.setAccessibleName(name)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.header = ColumnHeader(columns, at_first, self)
        self.setHorizontalHeader(self.header)
        self.setModel(model)
        self.header.begin()
        self.header.layout_changed.connect(self.widen_names)
        self.header.sort_asked.connect(self.sort_by)
        self.selectionModel().currentRowChanged.connect(self._on_current_changed)
        self.clicked.connect(lambda index: self._choose(index.row()))
        self.activated.connect(lambda index: self.row_opened.emit(self._id(index.row())))

    def keep_layout(self, layout: tuple[str, ...], keep: Callable[[tuple[str, ...]], None]) -> None:
        """Lay the columns out as `layout` says, and `keep` each one that comes after."""
        if layout:
            self.header.show_layout(layout)
            self.widen_names()
        self.header.layout_changed.connect(lambda: keep(self.header.layout_text()))

    @property
    def current(self) -> Any:
        """The id of the current row, None if there is none."""
        return self._id(self.currentIndex().row()) if self.currentIndex().isValid() else None

    @property
    def selected(self) -> list[Any]:
        """The ids of the selected rows, from the top."""
        indices = self.selectionModel().selectedRows()
        return [self._id(row) for row in sorted(index.row() for index in indices)]

    def show_rows(self, rows: Sequence[_R]) -> None:
        """Show `rows`; the current one stays so, and the end stays in sight if it was."""
        current, selected, bar = self.current, self.selected, self.verticalScrollBar()
        was_at_end = bar.maximum() > 0 and bar.value() == bar.maximum()
        n_before = len(self.cells.rows)
        self._is_quiet = True
        self.cells.set_rows(rows)
        self._is_quiet = False
        if self.current != current or self.selected != selected:
            self._select_again(current, selected)
        if was_at_end and len(self.cells.rows) > n_before:
            self.scrollToBottom()

    def show_current(self, id: Hashable) -> None:
        """Make the row of that id the current one, as if by no one's hand."""
        at = self.cells.row_of(id)
        if at >= 0 and at == self.currentIndex().row():
            return
        self._is_quiet = True
        if at >= 0:
            self.selectRow(at)
        else:
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
        self._is_quiet = False

    def sort_by(self, column: str, is_falling: bool) -> None:
        """Sort the rows by a column; "" as they came."""
        current, selected = self.current, self.selected
        self._is_quiet = True
        self.header.show_sorting(column, is_falling)
        self.cells.sort_by(column, is_falling)
        self._is_quiet = False
        self._select_again(current, selected)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy) and self.currentIndex().isValid():
            shown = (self.header.logicalIndex(at) for at in range(self.header.count()))
            cells = [self.cells.cells[i] for i in shown if not self.header.isSectionHidden(i)]
            rows = sorted({i.row() for i in self.selectedIndexes()} | {self.currentIndex().row()})
            lines = ("\t".join(cell.text(self.cells.rows[row]) for cell in cells) for row in rows)
            QApplication.clipboard().setText("\n".join(lines))
        else:
            super().keyPressEvent(event)

    def _select_again(self, current: Hashable, selected: Sequence[Hashable]) -> None:
        self.show_current(current)
        if selected and selected != [current]:
            rows = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
            at = {self.cells.id_of(row): i for i, row in enumerate(self.cells.rows)}
            for id in selected:
                if id in at:
                    self.selectionModel().select(self.cells.index(at[id], 0), rows)

    def _on_current_changed(self, current: QModelIndex, previous: QModelIndex) -> None:
        # The first row becomes the current one by itself when the table gets the keyboard.
        if current.isValid() and previous.isValid():
            self._choose(current.row())

    def _choose(self, row: int) -> None:
        if not self._is_quiet:
            self.row_chosen.emit(self._id(row))

    def _id(self, row: int) -> Any:
        return self.cells.id_of(self.cells.rows[row])
