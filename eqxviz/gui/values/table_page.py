"""The statistics of all arrays of a subtree as a table, what stands out first."""

from typing import Any

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import Index, RowModel, RowTable, StateStack
from eqxviz.records import ModelTree
from eqxviz.session import formatting
from eqxviz.session.session import Session
from eqxviz.session.values.statistics import COLUMNS, StatisticsTable

_TITLES = ("Leaf", "Stands out", "Elements", "Min", "Max", "Mean", "Std", "Norm", "Zeros")
_NARROWEST_NAME = 200
_WIDTHS = (_NARROWEST_NAME, 90, 72, 92, 92, 92, 92, 92, 56)  # the longest number: -0.0001234
_STANDS_OUT = 1
_NARROWEST_WORDS, _WIDEST_WORDS = 90, 190
_SAID_OF = {
    "exploding": ": typical size of an element, against the median of leaves of the same name",
    "tiny": ": typical size of an element, against the median of leaves of the same name",
    "dead": ": all zero",
}


class StatisticsModel(RowModel):
    """The rows of a `StatisticsTable`, in its order."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget) -> None:
        super().__init__(_TITLES, range(2, len(COLUMNS)), parent)
        self._session = session
        self._theme = theme
        self._n_rows = 0

    @property
    def table(self) -> StatisticsTable:
        """What is shown."""
        return self._session.statistics

    def refresh(self) -> None:
        """Show the rows as they are now."""
        if self._n_rows == len(self.table):
            self.refresh_header()
            self.refresh_cells()
            return
        self.beginResetModel()
        self._n_rows = len(self.table)
        self.endResetModel()

    def node_at(self, row: int) -> int:
        """Return the node of a shown row."""
        return int(self.table.columns["nodes"][self.table.order[row]])

    def n_rows(self) -> int:
        return self._n_rows

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= self._n_rows:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(index.row(), index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.alignment(index.column())
        if role == Qt.ItemDataRole.ToolTipRole and index.column() < 2:
            model, text = self._session.model, self.table.text(index.row())
            path = model.tree.path(self.node_at(index.row())) if model is not None else ""
            return f"{path}\n{text}{_SAID_OF.get(text.partition(':')[0], '')}" if text else path
        outliers = self.table.outliers
        if index.column() == 1 and outliers is not None:
            is_problem = outliers.is_problem(int(self.table.order[index.row()]))
            if role == Qt.ItemDataRole.ForegroundRole:
                return self._theme.color("problem" if is_problem else "faint")
            if role == Qt.ItemDataRole.DecorationRole and is_problem:
                return self._theme.icon("mdi6.alert", "problem")
        return None

    def _text(self, row: int, column: int) -> str:
        table, model = self.table, self._session.model
        at = int(table.order[row])
        columns = table.columns
        name = COLUMNS[column]
        if name == "leaf":
            return _below(model.tree, table.node, int(columns["nodes"][at])) if model else ""
        if name == "outlier":
            return table.text(row)
        size = int(columns["size"][at])
        if size < 0:
            return "no values" if name == "size" else ""
        if name == "size":
            return formatting.count(size)
        if name == "zeros":
            return f"{int(columns['n_zero'][at]) / size:.1%}" if size else ""
        value = float(columns[name][at])
        return f"{value:.4g}" if value == value else formatting.NOTHING


class TablePage(QWidget):
    """The table, what it is of, and how far it is read.

    Signals:
        leaf_selected: The node of the row that is the current one.
        leaf_opened: The node of a row that was double clicked, or Return pressed on.
    """

    leaf_selected = Signal(int)
    leaf_opened = Signal(int)

    def __init__(self, session: Session, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._table: StatisticsTable = session.statistics
        self._node = 0
        self._is_refreshing = False
        self.model = StatisticsModel(session, theme, self)
        self.rows = RowTable(26, _NARROWEST_NAME, self)
        self.rows.setModel(self.model)
        self.rows.setAccessibleName("Statistics of arrays")
        self.rows.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.rows.setToolTip("Double click, or Return, opens the array")
        for column, width in enumerate(_WIDTHS):
            self.rows.setColumnWidth(column, width)
        header = self.rows.horizontalHeader()
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.sectionClicked.connect(self._on_header_clicked)
        self.rows.selectionModel().currentRowChanged.connect(self._on_row_changed)
        self.rows.clicked.connect(self._on_row_clicked)
        self.rows.activated.connect(
            lambda index: self.leaf_opened.emit(self.model.node_at(index.row()))
        )
        self._summary = QLabel(self)
        self.read_button = QPushButton("Read the statistics", self)
        self.read_button.clicked.connect(self.read)
        self.stack = StateStack(
            theme,
            self.rows,
            icon="mdi6.table-large",
            title="Statistics of every array here",
            text="Minimum, maximum, mean, norm, NaN, infinities and zeros of each leaf, what "
            "stands out first. All values are read for it.",
            parent=self,
        )
        self.stack.cancelled.connect(self._table.cancel)
        self.stack.retried.connect(self.read)
        head = QHBoxLayout()
        head.setContentsMargins(14, 4, 14, 0)
        head.addWidget(self._summary, 1)
        head.addWidget(self.read_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        column.addWidget(self.stack, 1)
        self._table.changed.connect(self._on_table_changed)
        self.destroyed.connect(lambda: _disconnect(session, self))

    def show_node(self, node: int) -> None:
        """Offer the statistics of the arrays below `node`; those of few elements are read now."""
        self._node = node
        model = self._session.model
        if model is not None and self._table.node != node and model.tree.is_complete:
            n_elements, n_leaves = int(model.tree.n_params[node]), int(model.tree.n_leaves[node])
            if n_elements <= _READ_AT_ONCE and n_leaves <= _LEAVES_AT_ONCE:
                self.read()
                return
        self._on_table_changed()

    def read(self) -> None:
        """Read the statistics."""
        self._table.start(self._node)

    def _on_table_changed(self) -> None:
        table = self._table
        if table.node != self._node:
            self._summary.setText(self._invitation())
            model = self._session.model
            self.read_button.setVisible(True)
            self.read_button.setEnabled(model is not None and model.tree.is_complete)
            self.stack.show_empty()
            return
        self.read_button.setVisible(False)
        self._is_refreshing = True
        self.model.refresh()
        self._is_refreshing = False
        self._widen_words()
        column = COLUMNS.index(table.sorted_by)
        falls = Qt.SortOrder.DescendingOrder
        order = falls if table.is_descending else Qt.SortOrder.AscendingOrder
        self.rows.horizontalHeader().setSortIndicator(column, order)
        self._summary.setText(self._said())
        if table.state == "failed" and table.problem is not None:
            self.stack.show_failed(table.problem)
        elif table.state == "working":
            # The rows that are there are shown meanwhile.
            if len(table) and self.stack.state == "empty":
                self.stack.show_filled()
            self.stack.show_working(f"Reading the statistics: {table.progress:.0%}")
        else:
            self.stack.show_filled()

    def _invitation(self) -> str:
        model = self._session.model
        if model is None:
            return ""
        if not model.tree.is_complete:
            return "The tree is still being read"
        n_leaves = formatting.count(int(model.tree.n_leaves[self._node]))
        n_elements = formatting.count(int(model.tree.n_params[self._node]))
        return f"{n_leaves} leaves, {n_elements} elements"

    def _said(self) -> str:
        table = self._table
        n_standing, n_problems = 0, 0
        if table.outliers is not None:
            n_standing, n_problems = table.outliers.n_standing, table.outliers.n_problems
        arrays = "array" if table.n_leaves == 1 else "arrays"
        read = f"{len(table):,} of " if len(table) < table.n_leaves else ""
        words = f"{n_standing:,} stand out" if n_standing > 1 else "1 stands out"
        if not n_standing:
            words = "none stands out"
        if n_problems:
            words += f", {n_problems:,} as a problem"
        return f"{read}{table.n_leaves:,} {arrays}; {words}"

    def _widen_words(self) -> None:
        """Give what stands out the room that its words take, and no more."""
        wanted = self.rows.sizeHintForColumn(_STANDS_OUT)
        width = min(max(wanted, _NARROWEST_WORDS), _WIDEST_WORDS)
        if width != self.rows.columnWidth(_STANDS_OUT):
            self.rows.setColumnWidth(_STANDS_OUT, width)
            self.rows.widen_names()

    def _on_header_clicked(self, section: int) -> None:
        table = self._table
        column = COLUMNS[section]
        is_descending = not table.is_descending if table.sorted_by == column else section > 0
        table.sort(column, is_descending=is_descending)

    def _on_row_changed(self, current: QModelIndex, previous: QModelIndex) -> None:
        # The first row becomes the current one by itself when the table gets the keyboard.
        if current.isValid() and previous.isValid() and not self._is_refreshing:
            self._on_row_clicked(current)

    def _on_row_clicked(self, index: QModelIndex) -> None:
        self.leaf_selected.emit(self.model.node_at(index.row()))


def _below(tree: ModelTree, top: int, node: int) -> str:
    """Return the path of `node` from `top` on."""
    path = tree.path(node).removeprefix(tree.path(top))
    return path.removeprefix(".") or tree.path(node)


# So much is read in a moment, without being asked.
_READ_AT_ONCE = 4_000_000
_LEAVES_AT_ONCE = 3000


def _disconnect(session: Session, page: TablePage) -> None:
    session.statistics.changed.disconnect(page._on_table_changed, missing_ok=True)
