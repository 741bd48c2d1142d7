"""The tree view: rows, keys, search, and one selection with the rest of the window."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.theme import Theme
from eqxviz.gui.tree.delegate import ROW_HEIGHT, TreeDelegate, chevron_rect
from eqxviz.gui.tree.model import BYTES, COLUMNS, FILTER, NAME, TYPE, VALUE, TreeModel
from eqxviz.gui.widgets import RowTable, SearchBar, StateStack
from eqxviz.session.outline import Outline
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session

_WIDTHS = {TYPE: 110, VALUE: 128, BYTES: 70, FILTER: 112}
_USUAL_WIDTH = 84
_NARROWEST_NAME = 180


class TreeTable(RowTable):
    """A table that unfolds: Right, Left, Space, `*`, and a click on the chevron."""

    def __init__(self, model: TreeModel, theme: Theme, parent: QWidget) -> None:
        super().__init__(ROW_HEIGHT, _NARROWEST_NAME, parent)
        self.tree_model = model
        self.rows_delegate = TreeDelegate(model, theme, self)
        self.setModel(model)
        self.setItemDelegate(self.rows_delegate)
        self.setAccessibleName("Model tree")
        self.setMouseTracking(True)
        header = self.horizontalHeader()
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._on_header_menu)
        for column in range(len(COLUMNS)):
            self.setColumnWidth(column, _WIDTHS.get(column, _USUAL_WIDTH))
        # Inner nodes say their type beside their name; the column is for those who ask for it.
        self.setColumnHidden(TYPE, True)

    def current_node(self) -> int:
        """Return the selected node, or -1."""
        return self.tree_model.node(self.currentIndex().row())

    def show_node(self, node: int) -> None:
        """Unfold to `node`, select it and bring it into view."""
        outline = self.tree_model.outline
        if outline is None:
            return
        if outline.row_of(node) < 0:
            self.tree_model.change_rows(outline.reveal, np.array([node], np.int32))
        index = self.tree_model.index(outline.row_of(node), 0)
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)

    def toggle(self, node: int, *, below: bool = False) -> None:
        """Unfold `node` if it is folded, else fold it; with `below`, everything under it too."""
        outline = self.tree_model.outline
        if outline is None or node < 0:
            return
        selected, top = self.current_node(), self.verticalScrollBar().value()
        change = outline.set_expanded_below if below else outline.set_expanded
        self.tree_model.change_rows(change, node, not outline.expanded[node])
        self.verticalScrollBar().setValue(top)
        if selected >= 0:
            # A fold that hides the selected node leaves the selection on the folded one.
            self.show_node(selected if outline.row_of(selected) >= 0 else node)

    def _show_column(self, column: int, is_shown: bool) -> None:
        self.setColumnHidden(column, not is_shown)
        self.widen_names()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        outline, node = self.tree_model.outline, self.current_node()
        if outline is None or node < 0:
            super().keyPressEvent(event)
            return
        key, is_open = event.key(), bool(outline.expanded[node])
        if key == Qt.Key.Key_Right and outline.tree.n_children[node] > 0:
            self.show_node(int(outline.tree.first_child[node])) if is_open else self.toggle(node)
        elif key == Qt.Key.Key_Left and is_open:
            self.toggle(node)
        elif key == Qt.Key.Key_Left and node > 0:
            self.show_node(int(outline.tree.parent[node]))
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.toggle(node)
        elif key == Qt.Key.Key_Asterisk:
            self.toggle(node, below=True)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        node = self.tree_model.node(index.row())
        if node >= 0 and index.column() == NAME and self._on_chevron(node, event):
            shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self.toggle(node, below=bool(shift))
            return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        node = self.tree_model.node(self.indexAt(event.position().toPoint()).row())
        if node >= 0 and not self._on_chevron(node, event):
            self.toggle(node)

    def _on_chevron(self, node: int, event: QMouseEvent) -> bool:
        outline = self.tree_model.outline
        if outline is None or outline.tree.n_children[node] == 0:
            return False
        cell = self.visualRect(self.tree_model.index(outline.row_of(node), NAME))
        return chevron_rect(cell, outline.depth_of(node)).contains(event.position().toPoint())

    def _on_header_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        for column, title in enumerate(COLUMNS[1:], start=1):
            action = QAction(title, menu, checkable=True, checked=not self.isColumnHidden(column))
            action.toggled.connect(lambda on, c=column: self._show_column(c, on))
            menu.addAction(action)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.horizontalHeader().mapToGlobal(at))


class TreeView(QWidget):
    """The open model: a search field above the rows, and what to do where there is no model."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._matches: NDArray[np.int32] = np.zeros(0, np.int32)
        self._at_match = -1
        self._shown_revision: tuple[str, str, int] | None = None
        self.model = TreeModel(self)
        self.table = TreeTable(self.model, theme, self)
        self.search_bar = SearchBar(theme, "Search names, types, shapes, paths", self)
        filled = QWidget(self)
        filled.setProperty("surface", "base")
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.search_bar.setContentsMargins(8, 8, 8, 6)
        column.addWidget(self.search_bar)
        column.addWidget(self.table)
        self.stack = StateStack(
            theme,
            filled,
            icon="mdi6.file-tree-outline",
            title="No model open",
            text="Open a Python file that makes a model to see its PyTree here.",
            parent=self,
        )
        self.stack.cancelled.connect(session.cancel_open)
        self.stack.retried.connect(session.reload)
        self.stack.place_clicked.connect(self._on_place_clicked)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)
        self.setFocusProxy(self.table)
        self._connect()
        self._on_model_changed()

    def search(self, text: str) -> None:
        """Highlight what `text` matches, unfold to it, and go to the first match."""
        outline = self.model.outline
        if outline is None:
            return
        self._matches = outline.search(text)
        self._at_match = -1
        self.table.rows_delegate.set_matches(frozenset(self._matches.tolist()))
        if len(self._matches):
            self.model.change_rows(outline.reveal, self._matches)
            self.search_next(1)
        self._show_count()
        self.table.viewport().update()

    def search_next(self, step: int) -> None:
        """Go to the next match (`step` 1) or the one before (-1), around the end."""
        if len(self._matches):
            start = self._at_match if self._at_match >= 0 or step < 0 else -1
            self._at_match = (start + step) % len(self._matches)
            self.table.show_node(int(self._matches[self._at_match]))
            self._show_count()

    def focus_search(self) -> None:
        """Put the cursor into the search field."""
        self.search_bar.focus()

    def _show_count(self) -> None:
        self.search_bar.set_hits(self._at_match, len(self._matches))

    def _connect(self) -> None:
        session, theme = self._session, self._theme
        session.model_changed.connect(self._on_model_changed)
        session.selection_changed.connect(self._on_selection_changed)
        theme.changed.connect(self.table.viewport().update)
        self.destroyed.connect(lambda: _disconnect(session, self))
        self.search_bar.searched.connect(self.search)
        self.search_bar.stepped.connect(self.search_next)
        self.search_bar.left.connect(self.table.setFocus)
        self.table.selectionModel().currentRowChanged.connect(self._on_row_changed)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._on_menu)

    def _on_model_changed(self) -> None:
        session = self._session
        match session.model_state:
            case "working":
                self.stack.show_working(f"Opening {Path(session.path).name}")
            case "failed" if session.model_problem is not None:
                self.stack.show_failed(session.model_problem)
            case "filled":
                self._show_model()
            case _:
                self.stack.show_empty()

    def _on_place_clicked(self, file: str, line: int) -> None:
        self._session.select(Selection(kind="source", file=file, line=line))

    def _show_model(self) -> None:
        opened = self._session.model
        if opened is None:
            return
        shown = (opened.path, opened.target.name, opened.tree.revision)
        if shown != self._shown_revision:
            before = self.model.outline if self._same_target(shown) else None
            outline = Outline(opened.tree)
            if before is not None:
                outline.keep_expansion_of(before)
            self.model.set_outline(outline)
            self._shown_revision = shown
            self._matches = np.zeros(0, np.int32)
            if self.search_bar.text:
                self.search(self.search_bar.text)
        self.stack.show_filled()
        self._on_selection_changed()

    def _same_target(self, shown: tuple[str, str, int]) -> bool:
        return self._shown_revision is not None and self._shown_revision[:2] == shown[:2]

    def _on_row_changed(self) -> None:
        node = self.table.current_node()
        if node >= 0 and node != self._selected_node():
            self._session.select(Selection(kind="node", node=node))

    def _on_selection_changed(self) -> None:
        node = self._selected_node()
        outline = self.model.outline
        known = outline is not None and 0 <= node < len(outline.tree)
        if known and node != self.table.current_node():
            self.table.show_node(node)

    def _selected_node(self) -> int:
        selection = self._session.selection
        return selection.node if selection.kind == "node" else -1

    def _on_menu(self, at: QPoint) -> None:
        node = self.model.node(self.table.indexAt(at).row())
        outline = self.model.outline
        if node < 0 or outline is None:
            return
        tree = outline.tree
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        path = tree.path(node)
        copy = QApplication.clipboard().setText
        menu.addAction("Copy path", lambda: copy(path))
        where = f"lambda {tree.name}: {path}"
        menu.addAction("Copy as a tree_at lambda", lambda: copy(where))
        for other in tree.shared_with(node)[:12]:
            menu.addAction(f"Go to {tree.path(other)}", lambda o=other: self.table.show_node(o))
        if tree.n_children[node]:
            menu.addSeparator()
            menu.addAction("Unfold or fold all below", lambda: self.table.toggle(node, below=True))
        menu.addSeparator()
        for depth in (1, 2, 3):
            to_depth = f"Show {depth} level" + "s" * (depth > 1)
            menu.addAction(
                to_depth, lambda d=depth: self.model.change_rows(outline.expand_to_depth, d)
            )
        menu.addAction("Draw as a graph", lambda: self._session.draw_model(node))
        menu.popup(self.table.viewport().mapToGlobal(at))


def _disconnect(session: Session, view: TreeView) -> None:
    session.model_changed.disconnect(view._on_model_changed, missing_ok=True)
    session.selection_changed.disconnect(view._on_selection_changed, missing_ok=True)
