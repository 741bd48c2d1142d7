"""The variables of the chosen frame, unfolded as far as one likes."""

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QKeySequence, QPixmap
from PySide6.QtWidgets import (
    QApplication,
    QHeaderView,
    QMenu,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from eqxviz.gui.theme import Theme
from eqxviz.session.debugging.variables import FrameVariables, Row

_PATH = Qt.ItemDataRole.UserRole
_INDENT = 14
_NAME, _VALUE, _TYPE = range(3)


class VariablesPane(QTreeWidget):
    """A name, a value and a type a line. What holds arrays opens as a tree by Return.

    Signals:
        open_wanted: The path of a variable that is to be opened as a tree.
    """

    open_wanted = Signal(str)

    def __init__(self, variables: FrameVariables, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._variables = variables
        self._theme = theme
        self._is_quiet = False
        self._rows: list[Row] = []
        blank = QPixmap(64, 64)  # one as large as the others keeps the names in one line
        blank.fill(Qt.GlobalColor.transparent)
        self._blank = QIcon(blank)
        self.is_past = False
        self.setColumnCount(3)
        self.setHeaderLabels(["Variable", "Value", "Type"])
        self.setAccessibleName("Variables")
        self.setUniformRowHeights(True)
        self.setIndentation(_INDENT)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setFrameShape(QTreeWidget.Shape.NoFrame)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(_VALUE, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(_TYPE, QHeaderView.ResizeMode.Interactive)
        self.setColumnWidth(_NAME, 130)
        self.setColumnWidth(_TYPE, 80)
        self.itemExpanded.connect(lambda item: self._on_folded(item, True))
        self.itemCollapsed.connect(lambda item: self._on_folded(item, False))
        self.itemDoubleClicked.connect(lambda item, _column: self._open(item))
        self.customContextMenuRequested.connect(self._on_menu_wanted)
        theme.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show the variables as they are; what is looked at stays in view."""
        rows = self._variables.rows()
        self._is_quiet = True
        if [(r.path, r.depth) for r in rows] != [(r.path, r.depth) for r in self._rows]:
            self._fill(rows)
        self._rows = rows
        for item, row in zip(self._items(), rows, strict=True):
            self._show(item, row)
        self._is_quiet = False

    def menu(self, row: Row) -> QMenu:
        """Return what can be done with a variable; the menu deletes itself when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy, variables = QApplication.clipboard().setText, self._variables
        variable = row.variable
        if variable is not None:
            opens = menu.addAction(
                "Open as a tree\tReturn", lambda: self.open_wanted.emit(row.path)
            )
            opens.setEnabled(variable.is_tree and not self.is_past)
            words = "Fold" if row.is_open else "Unfold"
            fold = menu.addAction(words, lambda: variables.unfold(row.path, not row.is_open))
            fold.setEnabled(variable.has_parts)
            menu.addSeparator()
            menu.addAction("Copy the value\tCtrl+C", lambda: copy(variable.text))
            menu.addAction("Copy the path", lambda: copy(row.path))
            menu.addSeparator()
        n = variables.n_globals
        words = f"Show the {n:,} globals" if not variables.shows_globals else "Hide the globals"
        menu.addAction(words, variables.switch_globals).setEnabled(n > 0)
        return menu

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        if item is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(item)
        elif item is not None and event.matches(QKeySequence.StandardKey.Copy):
            QApplication.clipboard().setText(item.text(_VALUE))
        elif item is not None and event.key() == Qt.Key.Key_Space:
            item.setExpanded(not item.isExpanded())
        else:
            super().keyPressEvent(event)

    def _fill(self, rows: list[Row]) -> None:
        """Have an item for each row. Those that are there stay: one may be being folded."""
        current = self.currentItem()
        kept = current.data(_NAME, _PATH) if current is not None else ""
        above: list[QTreeWidgetItem] = [self.invisibleRootItem()]
        filled = [0]  # how many items within those above are rows already
        for row in rows:
            while len(above) > row.depth + 1:
                _cut(above.pop(), filled.pop())
            parent, at = above[-1], filled[-1]
            item = parent.child(at) or QTreeWidgetItem(parent)
            item.setData(_NAME, _PATH, row.path)
            filled[-1] += 1
            above.append(item)
            filled.append(0)
            if row.path == kept and item is not self.currentItem():
                self.setCurrentItem(item)
        while above:
            _cut(above.pop(), filled.pop())

    def _items(self) -> list[QTreeWidgetItem]:
        found: list[QTreeWidgetItem] = []

        def walk(item: QTreeWidgetItem) -> None:
            for i in range(item.childCount()):
                if (inner := item.child(i)) is not None:
                    found.append(inner)
                    walk(inner)

        walk(self.invisibleRootItem())
        return found

    def _show(self, item: QTreeWidgetItem, row: Row) -> None:
        variable, theme = row.variable, self._theme
        if variable is None:
            item.setText(_NAME, row.words)
            item.setForeground(_NAME, theme.color("faint"))
            item.setFirstColumnSpanned(True)
            return
        item.setFirstColumnSpanned(False)
        policy = QTreeWidgetItem.ChildIndicatorPolicy
        item.setChildIndicatorPolicy(
            policy.ShowIndicator if variable.has_parts else policy.DontShowIndicator
        )
        item.setExpanded(row.is_open)
        texts = (variable.name, variable.text, variable.type)
        tip = f"{row.path}: {variable.type}\n{variable.text}"
        if row.is_new:
            tip += "\nIt has changed since the pause before."
        for column, text in enumerate(texts):
            item.setText(column, text)
            item.setToolTip(column, tip)
        item.setText(_VALUE, f"{'● ' if row.is_new else ''}{variable.text}")
        for column in (_NAME, _VALUE):
            item.setFont(column, theme.font("mono"))
        faint, text = theme.color("faint"), theme.color("text")
        is_faint = self.is_past or variable.is_global
        item.setForeground(_NAME, faint if is_faint else text)
        item.setForeground(
            _VALUE, theme.color("accent") if row.is_new else faint if is_faint else text
        )
        item.setForeground(_TYPE, faint)
        tree = theme.icon("mdi6.file-tree-outline", "differentiated")
        item.setIcon(_NAME, tree if variable.is_tree else self._blank)

    def _row(self, item: QTreeWidgetItem) -> Row | None:
        path = item.data(_NAME, _PATH)
        return next((row for row in self._rows if row.path == path), None)

    def _open(self, item: QTreeWidgetItem) -> None:
        row = self._row(item)
        if row is None or row.variable is None:
            return
        if row.variable.is_tree:
            self.open_wanted.emit(row.path)
        elif row.variable.has_parts:
            item.setExpanded(not item.isExpanded())

    def _on_folded(self, item: QTreeWidgetItem, is_open: bool) -> None:
        if not self._is_quiet:
            self._variables.unfold(item.data(_NAME, _PATH), is_open)

    def _on_menu_wanted(self, at: QPoint) -> None:
        item = self.itemAt(at)
        row = self._row(item) if item is not None else None
        if row is not None:
            self.menu(row).popup(self.viewport().mapToGlobal(at))


def _cut(item: QTreeWidgetItem, n: int) -> None:
    """Leave `item` the first `n` of its children."""
    while item.childCount() > n:
        item.takeChild(item.childCount() - 1)
