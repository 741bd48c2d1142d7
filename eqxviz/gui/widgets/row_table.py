"""A table of rows whose first column, the names, takes the room that the others leave."""

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from eqxviz.session.row_sorting import RowSorting

_AROUND_TEXT = 16  # pixels: the margins of the style and the padding of the style sheet


class RowTable(QTableView):
    """One row is selected at a time, and no name gets narrower than can be read."""

    def __init__(self, row_height: int, narrowest_name: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._narrowest_name = narrowest_name
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)  # Tab leaves the table; arrows move in it
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.horizontalHeader().setHighlightSections(False)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(row_height)

    def select_next(self, step: int) -> int:
        """Select the next row (`step` 1) or the one before (-1), around the ends, and return it.

        -1 is returned where there are no rows.
        """
        n_rows, at = self.model().rowCount(), self.currentIndex().row()
        if not n_rows:
            return -1
        at = (at + step) % n_rows if at >= 0 else (0 if step > 0 else n_rows - 1)
        self.selectRow(at)
        return at

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """Let Home and End go to the first and the last row: a row is one thing here."""
        ends = {
            QAbstractItemView.CursorAction.MoveHome: 0,
            QAbstractItemView.CursorAction.MoveEnd: -1,
        }
        n_rows = self.model().rowCount()
        if action in ends and n_rows:
            column = max(self.currentIndex().column(), 0)
            return self.model().index(ends[action] % n_rows, column)
        return super().moveCursor(action, modifiers)

    def show_sorting(self, sorting: RowSorting) -> None:
        """Mark the head of the column that the rows are sorted by."""
        order = Qt.SortOrder.DescendingOrder if sorting.descending else Qt.SortOrder.AscendingOrder
        self.horizontalHeader().setSortIndicator(
            -1 if sorting.column is None else sorting.column, order
        )

    def width_of(self, text: str) -> int:
        """Return how wide a column must be for `text` to be shown whole."""
        return self.fontMetrics().horizontalAdvance(text) + _AROUND_TEXT

    def widen_names(self) -> None:
        """Give the names what the other columns leave."""
        n_columns = self.model().columnCount()
        others = sum(self.columnWidth(column) for column in range(1, n_columns))
        self.setColumnWidth(0, max(self.viewport().width() - others, self._narrowest_name))

    def fit_columns(self) -> None:
        """Lay the columns out in the room that there is."""
        self.widen_names()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_columns()
