"""Two models side by side, by path: what differs most first."""

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from eqxviz.gui.compare.model import leaf_model
from eqxviz.gui.compare.pair import PairPanel
from eqxviz.gui.compare.sides import SideBar
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import RowTable, SearchBar, StateStack, hand_focus_on
from eqxviz.session.compare.difference_table import EQUAL, NUMBERS, STATUSES, summary
from eqxviz.session.row_sorting import RowSorting
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session

_NARROWEST_PATH = 260
_WIDTHS = (_NARROWEST_PATH, 118, 80, 80, 70, 64, 66)


class CompareView(QWidget):
    """Model A and model B: choosers, a line that sums up, the table, and the selected pair."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._comparison = session.comparison
        self._sorting = RowSorting()
        self._is_following = False  # the selection of another view
        self.sides = SideBar(self._comparison, theme, self)
        self.model = leaf_model(theme, self)
        self.summary = QLabel(self)
        self.summary.setProperty("face", "heading")
        self.summary.setWordWrap(True)
        self.note = QLabel(self)
        self.note.setProperty("tone", "faint")
        self.note.setWordWrap(True)
        self.cancel = QPushButton("Cancel", self)
        self.cancel.setProperty("kind", "quiet")
        self.cancel.clicked.connect(self._comparison.cancel)
        self.filter = QComboBox(self)
        self.filter.setAccessibleName("Which rows to show")
        self.filter.activated.connect(self._on_filtered)
        self.search = SearchBar(theme, "Search: weight, dtype:bf16, size>1e6", self)
        self.search.searched.connect(self._comparison.search)
        self.search.stepped.connect(self.search_next)
        self.search.left.connect(self._on_left_search)
        self.table = RowTable(24, _NARROWEST_PATH, self)
        self.pair = PairPanel(theme, self)
        self.stack = StateStack(
            theme,
            self._content(),
            icon="mdi6.compare-horizontal",
            title="No two models to compare yet",
            text="Choose A and B above: the open model, a snapshot of it, or another file. Take a "
            "snapshot at two steps of a run to see what training changed.",
            parent=self,
        )
        hand_focus_on(self, lambda: self.table)
        self._prepare()

    def set_actions(self, actions: list[QAction]) -> None:
        """Offer `actions` as buttons beside the choosers; the first one fills the empty view."""
        self.sides.add_actions(actions)
        self.stack.set_action(actions[0])

    def focus_search(self) -> None:
        """Let the user type what to look for."""
        self.search.focus()

    def search_next(self, step: int) -> None:
        """Select the next row (`step` 1) or the one before (-1), around the ends."""
        at = self.table.select_next(step)
        if at >= 0:
            self.search.set_hits(at, len(self.model.rows))

    def _content(self) -> QWidget:
        content = QWidget(self)
        content.setProperty("surface", "base")
        told = QHBoxLayout()
        told.setContentsMargins(12, 4, 12, 0)
        told.addWidget(self.summary, 1)
        told.addWidget(self.cancel)
        tools = QHBoxLayout()
        tools.setContentsMargins(12, 4, 12, 4)
        tools.addWidget(self.filter)
        tools.addWidget(self.search, 1)
        self.note.setContentsMargins(12, 0, 12, 0)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(told)
        column.addWidget(self.note)
        column.addLayout(tools)
        column.addWidget(self.table, 1)
        column.addWidget(self.pair)
        return content

    def _prepare(self) -> None:
        comparison, session, table = self._comparison, self._session, self.table
        table.setModel(self.model)
        table.setAccessibleName("Differences")
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        for column, width in enumerate(_WIDTHS):
            table.setColumnWidth(column, width)
        header = table.horizontalHeader()
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(-1, Qt.SortOrder.DescendingOrder)
        header.sectionClicked.connect(self._on_header_clicked)
        table.selectionModel().currentRowChanged.connect(self._on_row_changed)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.sides)
        whole.addWidget(self.stack, 1)
        self.sides.chosen.connect(comparison.compare)
        self.stack.cancelled.connect(comparison.cancel)
        comparison.sides.changed.connect(self._on_sides_changed)
        comparison.changed.connect(self._on_changed)
        comparison.progressed.connect(self._on_progressed)
        comparison.searched.connect(self._fill)
        comparison.mapped.connect(self._on_mapped)
        session.selection_changed.connect(self._on_selection_changed)
        self.destroyed.connect(lambda: _disconnect(session, self))
        self._on_changed()

    def _on_sides_changed(self) -> None:
        self.sides.refresh()

    def _on_changed(self) -> None:
        comparison = self._comparison
        self.sides.refresh()
        if comparison.state == "working":
            self.stack.show_working(comparison.activity)
        elif comparison.state == "failed" and comparison.problem is not None:
            self.stack.show_failed(comparison.problem, can_retry=False)
        elif comparison.table is None:
            self.model.show_rows(None)
            self.stack.show_empty()
        else:
            self._fill()
            self.stack.show_filled()

    def _on_progressed(self) -> None:
        """Show more values: the rows stay where they are until all have come."""
        if self._comparison.is_busy and len(self.model.rows):
            self.model.refresh_cells()
            self._tell()
        else:
            self._fill()

    def _fill(self) -> None:
        """Show the rows that are asked for, anew; the one that was selected stays selected."""
        table = self._comparison.table
        if table is None:
            return
        selected = self._selected_row()
        status = self.filter.currentData() or ""
        self.model.show_rows(table, table.rows(status, self._sorting))
        self._tell()
        if self.search.text:
            self.search.set_hits(-1, len(self.model.rows))
        self._select_row(selected)
        self._show_pair()

    def _tell(self) -> None:
        comparison, table = self._comparison, self._comparison.table
        assert table is not None
        counts = table.counts()
        busy = comparison.is_busy
        if busy:
            done, all_of_them = comparison.n_compared, comparison.n_to_compare
            self.summary.setText(f"Comparing values: {done:,} of {all_of_them:,} leaves")
        else:
            self.summary.setText(summary(table))
        self.cancel.setVisible(busy)
        self.note.setText(comparison.note)
        self.note.setVisible(bool(comparison.note))
        self._offer_filters(counts)

    def _offer_filters(self, counts: dict[str, int]) -> None:
        if self.filter.view().isVisible():
            return  # it is being read
        chosen = self.filter.currentData()
        self.filter.clear()
        self.filter.addItem("What differs", "")
        self.filter.addItem("All leaves", "all")
        for status in (*STATUSES, EQUAL):
            if status.name in counts:
                words = f"{status.glyph}  {status.word}  ({counts[status.name]:,})"
                self.filter.addItem(words, status.name)
        self.filter.setCurrentIndex(max(self.filter.findData(chosen), 0))

    def _on_filtered(self) -> None:
        self._fill()

    def _on_left_search(self) -> None:
        self.table.setFocus()

    def _on_header_clicked(self, column: int) -> None:
        """Sort by a column: the largest first, then the smallest, then by what differs most."""
        self._sorting = self._sorting.clicked(column, falls_first=column in NUMBERS)
        self.table.show_sorting(self._sorting)
        self._fill()

    def _on_row_changed(self, current: QModelIndex) -> None:
        self._show_pair()
        table = self._comparison.table
        if not current.isValid() or table is None:
            return
        row = int(self.model.rows[current.row()])
        self._comparison.ask_map(row)
        node = self._comparison.open_node(row)
        if node >= 0 and not self._is_following:
            self._session.select(Selection(kind="node", node=node))

    def _on_selection_changed(self) -> None:
        selection, table = self._session.selection, self._comparison.table
        if selection.kind != "node" or table is None:
            return
        self._is_following = True
        self._select_row(self._comparison.row_of(selection.node))
        self._is_following = False

    def _on_mapped(self) -> None:
        self.pair.picture.show_map(self._comparison.difference_map)

    def _selected_row(self) -> int:
        at = self.table.currentIndex().row()
        return int(self.model.rows[at]) if 0 <= at < len(self.model.rows) else -1

    def _select_row(self, row: int) -> None:
        places = (self.model.rows == row).nonzero()[0]
        if row >= 0 and len(places) and self.table.currentIndex().row() != places[0]:
            self.table.selectRow(int(places[0]))

    def _show_pair(self) -> None:
        row, table = self._selected_row(), self._comparison.table
        self.pair.setVisible(row >= 0)
        if row >= 0 and table is not None:
            self.pair.show_row(table, row)


def _disconnect(session: Session, view: CompareView) -> None:
    comparison = session.comparison
    for signal, slot in (
        (comparison.sides.changed, view._on_sides_changed),
        (comparison.changed, view._on_changed),
        (comparison.progressed, view._on_progressed),
        (comparison.searched, view._fill),
        (comparison.mapped, view._on_mapped),
        (session.selection_changed, view._on_selection_changed),
    ):
        signal.disconnect(slot, missing_ok=True)
