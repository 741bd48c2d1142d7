"""What is known of the selected run, or what differs between several."""

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.runs.diff_pane import DiffPane
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import Chooser, Index, RowModel, RowTable
from eqxviz.session.runs.comparing import ComparedRow, RunComparison

_ROW_HEIGHT = 24
_NAME_WIDTH = 110
_MOST_NAMES = 0.45  # of the table
_VALUE_WIDTH = 104


class FactsModel(RowModel):
    """A row for each thing that is known, a column for each run; each section has a head."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__([""], (), parent)
        self._theme = theme
        self._marks = False
        self._tips: tuple[str, ...] = ()  # of the runs' columns
        self.rows: list[ComparedRow | str] = []  # a text is the head of a section

    def show_rows(self, comparison: RunComparison, *, whole: bool) -> None:
        """Show what differs; with `whole` also what is the same."""
        self.beginResetModel()
        self._titles = ["", *comparison.headings]
        self._tips = comparison.labels
        self._marks = len(comparison.runs) > 1
        self.rows = []
        section = ""
        for row in comparison.rows:
            if whole or row.differs:
                if row.section != section:
                    self.rows.append(section := row.section)
                self.rows.append(row)
        self.endResetModel()

    def n_rows(self) -> int:
        return len(self.rows)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        is_run = orientation == Qt.Orientation.Horizontal and 0 < section <= len(self._tips)
        if is_run and role == Qt.ItemDataRole.ToolTipRole:
            return self._tips[section - 1]
        return super().headerData(section, orientation, role)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        column = index.column()
        if isinstance(row, str):
            return self._of_head(row, column, role)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            if column:
                return row.values[column - 1]
            is_marked = self._marks and row.differs and role == Qt.ItemDataRole.DisplayRole
            return f"{'≠  ' if is_marked else ''}{row.name}"
        if role == Qt.ItemDataRole.AccessibleTextRole and not column:
            same = ", differs" if row.differs else ", the same" if self._marks else ""
            return f"{row.section}, {row.name}: {', '.join(row.values)}{same}"
        if role == Qt.ItemDataRole.ForegroundRole and not column:
            return self._theme.color("text" if row.differs else "faint")
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        is_head = isinstance(self.rows[index.row()], str)
        return Qt.ItemFlag.NoItemFlags if is_head else super().flags(index)

    def _of_head(self, section: str, column: int, role: int) -> Any:
        if column:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return section
        if role == Qt.ItemDataRole.FontRole:
            return self._theme.font("strong")
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._theme.color("text")
        return None


class _FactsTable(RowTable):
    """Names are as wide as they are, up to a part of the table; the values share what is left."""

    def widen_names(self) -> None:
        room, n_values = self.viewport().width(), self.model().columnCount() - 1
        names = min(max(self.sizeHintForColumn(0), _NAME_WIDTH), round(_MOST_NAMES * room))
        self.setColumnWidth(0, names)
        for column in range(1, n_values + 1):
            self.setColumnWidth(column, max((room - names) // n_values, _VALUE_WIDTH))


class FactsPanel(QWidget):
    """A line that sums up, the table of facts, and the texts that differ.

    Signals:
        asked: The check box that shows what is the same, too.
    """

    asked = Signal(bool)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._comparison: RunComparison | None = None
        self.summary = QLabel(self)
        self.summary.setProperty("face", "heading")
        self.all = QCheckBox("What is the same, too", self)
        self.all.toggled.connect(lambda _on: self._fill())
        self.texts = Chooser(self)
        self.texts.setAccessibleName("Which text")
        self.texts.currentIndexChanged.connect(lambda _at: self._show_text())
        self.table = _FactsTable(_ROW_HEIGHT, _NAME_WIDTH, self)
        self.table.setAccessibleName("What is known of the runs")
        self.model = FactsModel(theme, self)
        self.table.setModel(self.model)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.diff = DiffPane(theme, self)
        beside = QWidget(self)
        right = QVBoxLayout(beside)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(2)
        right.addWidget(self.texts)
        right.addWidget(self.diff, 1)
        self._beside = beside
        both = QSplitter(Qt.Orientation.Horizontal, self)
        both.addWidget(self.table)
        both.addWidget(beside)
        both.setSizes([600, 400])
        both.setHandleWidth(1)
        both.setChildrenCollapsible(False)
        head = QHBoxLayout()
        head.setContentsMargins(12, 6, 12, 2)
        head.addWidget(self.summary, 1)
        head.addWidget(self.all)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(both, 1)
        self.hide()

    def show_comparison(self, comparison: RunComparison | None) -> None:
        """Show what is known of one run, or what differs between several; None hides all."""
        before = self.texts.currentText()
        self._comparison = comparison
        self.setVisible(comparison is not None)
        if comparison is None:
            return
        self.summary.setText(comparison.summary)
        self.all.setVisible(len(comparison.runs) > 1)
        titles = [text.title for text in comparison.texts]
        self.texts.blockSignals(True)
        self.texts.clear()
        self.texts.addItems(titles)
        self.texts.setCurrentIndex(max(self.texts.findText(before), 0) if titles else -1)
        self.texts.blockSignals(False)
        self._beside.setVisible(bool(titles))
        self._fill()
        self._show_text()

    def _fill(self) -> None:
        comparison = self._comparison
        if comparison is None:
            return
        whole = self.all.isChecked() or len(comparison.runs) == 1
        model = self.model
        self.table.clearSpans()
        model.show_rows(comparison, whole=whole)
        self.table.horizontalHeader().setVisible(len(comparison.runs) > 1)
        n_columns = model.columnCount()
        for at, row in enumerate(model.rows):
            if isinstance(row, str) and n_columns > 1:
                self.table.setSpan(at, 0, 1, n_columns)
        self.table.widen_names()

    def _show_text(self) -> None:
        comparison, at = self._comparison, self.texts.currentIndex()
        if comparison is not None and 0 <= at < len(comparison.texts):
            text = comparison.texts[at]
            is_script = len(comparison.runs) == 1 and at == 0
            self.diff.show_text(text.text, is_diff=not is_script)
