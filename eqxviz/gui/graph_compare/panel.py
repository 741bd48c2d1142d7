"""What differs between two graphs: a sentence, and a table of equations or of groups."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QStackedWidget,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.graph_compare.models import GroupModel, equation_model
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import (
    ElidedLabel,
    FileAsker,
    IconButton,
    RowTable,
    SearchBar,
    StateStack,
    ThinBar,
    hand_focus_on,
)
from eqxviz.session.graph_compare.comparing import GraphComparison
from eqxviz.session.graph_compare.table import (
    AFTER,
    BEFORE,
    BYTES,
    EQUATION,
    FLOPS,
    GROUP,
    KIND,
    NUMBERS,
    EquationTable,
)
from eqxviz.session.graph_compare.telling import KINDS
from eqxviz.session.row_sorting import RowSorting
from eqxviz.session.session import Session

_ROW = 24
_KIND_WIDTH = 98
_LONGEST_NUMBER = "−88.8 MB"
_SHARES = {GROUP: 23, EQUATION: 27, BEFORE: 25, AFTER: 25}  # of the room that is left, in percent
_NARROWEST = 72
_FILES = "Text (*.txt);;JSON (*.json)"


class EquationTableView(RowTable):
    """A table whose texts share the room that kinds and numbers leave."""

    def widen_names(self) -> None:
        number = self.width_of(_LONGEST_NUMBER)
        fixed = {KIND: _KIND_WIDTH, FLOPS: number, BYTES: number}
        room = self.viewport().width() - sum(fixed.values())
        for column, width in fixed.items():
            self.setColumnWidth(column, width)
        for column, share in _SHARES.items():
            self.setColumnWidth(column, max(room * share // 100, _NARROWEST))


class DifferencePanel(QWidget):
    """Shows a comparison of graphs, and selects in the graphs what is selected in it.

    Signals:
        closed: It is to be seen no more.
    """

    closed = Signal()

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._comparison = session.graph_comparison
        self._asker = FileAsker(self)
        self._sorting = RowSorting()
        self._within: tuple[int, int] | None = None  # groups before and after, of these alone
        self._is_own = False  # the selection is being changed from here, or followed
        self._asked = 0  # how often rows were asked for: what was asked before is not shown
        self._busy = ThinBar(theme, self)
        self._busy.hide()
        self.sides = ElidedLabel("", self)
        self.sides.setProperty("face", "heading")
        self.summary = QLabel(self)
        self.summary.setWordWrap(True)
        self.summary.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.tabs = QTabBar(self)
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName("Differences by equation or by group")
        for title in ("Equations", "Groups"):
            self.tabs.addTab(title)
        self.filter = QComboBox(self)
        self.filter.setAccessibleName("Which differences to show")
        self.filter.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.search = SearchBar(theme, "Search: group, primitive, shape", self)
        self.within = QToolButton(self)
        self.within.setAutoRaise(True)
        self.within.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.within.setIcon(theme.icon("mdi6.close", "faint"))
        self.within.setToolTip("Show the equations of all groups again")
        self.equations, self.groups = equation_model(theme, self), GroupModel(theme, self)
        self.table = EquationTableView(_ROW, _KIND_WIDTH, self)
        self.group_table = RowTable(_ROW, 220, self)
        self.pages = QStackedWidget(self)
        self.swap = IconButton(
            theme, "mdi6.swap-horizontal", "Let before and after change places", self
        )
        self.copy = IconButton(theme, "mdi6.content-copy", "Copy what differs, as text", self)
        self.save = IconButton(
            theme, "mdi6.content-save-outline", "Save what differs (text or JSON)", self
        )
        self.close_button = IconButton(theme, "mdi6.close", "Close the comparison (Escape)", self)
        self.stack = StateStack(
            theme,
            self._content(),
            icon="mdi6.vector-difference",
            title="No graphs are compared",
            text="Choose Compare above: with what the graph was before an edit, with another "
            "graph, or with the gradient of the same function.",
            parent=self,
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._head())
        column.addWidget(self._busy)
        column.addWidget(self.stack, 1)
        self.setAccessibleName("Differences of two graphs")
        self._prepare_tables()
        hand_focus_on(self, self._shown_table)
        self._connect()
        self._on_changed()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def focus_search(self) -> None:
        """Let the user type what to look for."""
        self.tabs.setCurrentIndex(0)
        self.search.focus()

    def search_next(self, step: int) -> None:
        """Select the next row (`step` 1) or the one before (-1), around the ends."""
        at = self.table.select_next(step)
        if at >= 0:
            self.search.set_hits(at, len(self.equations.rows))

    def show_group(self, row: int) -> None:
        """List the equations of a group alone."""
        table = self.groups.table
        if table is None or not 0 <= row < len(table):
            return
        before, after = table.groups[row].tolist()
        self._within = before, after
        self.within.setText(table.cell(row, 0))
        self.tabs.setCurrentIndex(0)
        self._fill()
        self.table.setFocus()

    def ask_save(self) -> None:
        """Let the user choose a file, and write what differs to it."""
        path = str(Path.cwd() / "differences")
        self._asker.file_to_write("Save what differs", _FILES, path, self._save)

    def _save(self, path: str) -> None:
        if why := self._comparison.save(path):
            self.summary.setText(f"{path} was not written: {why}")

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setContentsMargins(12, 4, 6, 2)
        head.setSpacing(4)
        head.addWidget(self.sides, 1)
        for button in (self.swap, self.copy, self.save, self.close_button):
            head.addWidget(button)
        return head

    def _content(self) -> QWidget:
        content = QWidget(self)
        content.setProperty("surface", "base")
        tools = QHBoxLayout()
        tools.setContentsMargins(8, 2, 12, 4)
        tools.setSpacing(8)
        tools.addWidget(self.tabs)
        tools.addWidget(self.filter)
        tools.addWidget(self.within)
        tools.addWidget(self.search, 1)
        self.summary.setContentsMargins(12, 0, 12, 2)
        self.pages.addWidget(self.table)
        self.pages.addWidget(self.group_table)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.summary)
        column.addLayout(tools)
        column.addWidget(self.pages, 1)
        return content

    def _prepare_tables(self) -> None:
        for table, model, name in (
            (self.table, self.equations, "Equations that differ"),
            (self.group_table, self.groups, "Groups in which something differs"),
        ):
            table.setModel(model)
            table.setAccessibleName(name)
            table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
            for column in range(model.columnCount()):
                table.setColumnWidth(column, table.width_of(_LONGEST_NUMBER))
        header = self.table.horizontalHeader()
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.sectionClicked.connect(self._on_header_clicked)
        opening = QAction("List its equations", self.group_table)
        opening.setShortcuts([QKeySequence("Return"), QKeySequence("Enter")])
        opening.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        opening.triggered.connect(lambda: self.show_group(self.group_table.currentIndex().row()))
        self.group_table.addAction(opening)

    def _connect(self) -> None:
        session, comparison = self._session, self._comparison
        comparison.changed.connect(self._on_changed)
        session.selection_changed.connect(self._on_selection_changed)
        self.destroyed.connect(lambda: _disconnect(session, comparison, self))
        self.stack.cancelled.connect(comparison.cancel)
        self.tabs.currentChanged.connect(self._on_tab_chosen)
        self.filter.activated.connect(self._fill)
        self.search.searched.connect(self._fill)
        self.search.stepped.connect(self.search_next)
        self.search.left.connect(self.table.setFocus)
        self.within.clicked.connect(self._on_all_groups)
        self.table.selectionModel().currentRowChanged.connect(self._on_row_changed)
        self.group_table.doubleClicked.connect(lambda index: self.show_group(index.row()))
        self.swap.clicked.connect(comparison.swap)
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(comparison.text()))
        self.save.clicked.connect(self.ask_save)
        self.close_button.clicked.connect(self.closed)

    def _on_changed(self) -> None:
        comparison = self._comparison
        self._asked += 1  # rows on their way are of another comparison
        self._busy.hide()
        self._within = None
        self.sides.set_text(_sides(comparison))
        found = comparison.found
        for button in (self.swap, self.copy, self.save):
            button.setEnabled(found is not None)
        self.groups.show_table(found.groups if found is not None else None)
        if comparison.state == "working":
            self.stack.show_working(comparison.activity)
        elif comparison.state == "failed" and comparison.problem is not None:
            self.stack.show_failed(comparison.problem, can_retry=False)
        elif found is None:
            self.equations.show_rows(None)
            self.stack.show_empty()
        else:
            self.summary.setText(found.summary)
            self._offer_filters()
            self._fill()
            self.stack.show_filled()

    def _offer_filters(self) -> None:
        found, chosen = self._comparison.found, self.filter.currentData()
        if found is None:
            return
        counts = found.equations.counts()
        self.filter.clear()
        self.filter.addItem("What differs", "")
        self.filter.addItem("All equations", "all")
        for kind in KINDS:
            if kind.name in counts:
                words = f"{kind.glyph}  {kind.word}  ({counts[kind.name]:,})"
                self.filter.addItem(words, kind.name)
        self.filter.setCurrentIndex(max(self.filter.findData(chosen), 0))

    def _fill(self) -> None:
        """Show the rows that are asked for, anew; the one that was selected stays selected."""
        found = self._comparison.found
        if found is None:
            return
        kind, search = self.filter.currentData() or "", self.search.text
        table, sorting, within = found.equations, self._sorting, self._within
        self._asked += 1
        asked = self._asked
        if table.is_quick(sorting):
            self._show_rows(table, table.rows(kind, sorting, search, within), asked)
            return
        self._busy.show()
        self._session.in_background(
            lambda: table.rows(kind, sorting, search, within),
            lambda rows: self._show_rows(table, rows, asked),
        )

    def _show_rows(self, table: EquationTable, rows: NDArray[np.int64], asked: int) -> None:
        """Show `rows`, unless others were asked for since."""
        if asked != self._asked:
            return
        self._busy.hide()
        self._is_own = True
        self.equations.show_rows(table, rows)
        self._is_own = False
        self.within.setVisible(self._within is not None)
        self.search.set_hits(-1, len(rows) if self.search.text else 0)
        self._on_selection_changed()

    def _on_tab_chosen(self, index: int) -> None:
        self.pages.setCurrentIndex(index)
        for widget in (self.filter, self.search):
            widget.setEnabled(index == 0)

    def _on_all_groups(self) -> None:
        self._within = None
        self._fill()

    def _on_header_clicked(self, column: int) -> None:
        """Sort by a column, then the other way, then as the graph is read."""
        self._sorting = self._sorting.clicked(column, falls_first=column in NUMBERS)
        self.table.show_sorting(self._sorting)
        self._fill()

    def _on_row_changed(self, current: QModelIndex) -> None:
        if self._is_own or not 0 <= current.row() < len(self.equations.rows):
            return
        self._is_own = True
        self._comparison.select(int(self.equations.rows[current.row()]))
        self._is_own = False

    def _on_selection_changed(self) -> None:
        """Select the row of the equation that is selected in one of the graphs."""
        if self._is_own:
            return
        places = (self.equations.rows == self._comparison.row_of(self._session.selection)).nonzero()
        self._is_own = True
        if len(places[0]):
            self.table.selectRow(int(places[0][0]))
        else:
            self.table.clearSelection()
        self._is_own = False

    def _shown_table(self) -> RowTable:
        return self.group_table if self.tabs.currentIndex() else self.table


def _sides(comparison: GraphComparison) -> str:
    """Return "model · before → model": what is compared with what."""
    before, after = comparison.before, comparison.after
    if before is None:
        return "Compare graphs"
    return f"{before.title}  →  {after.title if after is not None else '…'}"


def _disconnect(session: Session, comparison: GraphComparison, panel: DifferencePanel) -> None:
    panel._asked += 1  # rows on their way have nowhere to be shown
    comparison.changed.disconnect(panel._on_changed, missing_ok=True)
    session.selection_changed.disconnect(panel._on_selection_changed, missing_ok=True)
