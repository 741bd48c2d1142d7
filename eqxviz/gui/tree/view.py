"""The tree view: rows, keys, search, path, and one selection with the rest of the window."""

from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from eqxviz.gui.settings import TREE_COLUMNS, TREE_ONLY_FOUND, TREE_SORTING, Settings
from eqxviz.gui.theme import Theme
from eqxviz.gui.tree.breadcrumbs import Breadcrumbs
from eqxviz.gui.tree.finding import Finding
from eqxviz.gui.tree.model import TreeModel
from eqxviz.gui.tree.node_actions import NodeActions
from eqxviz.gui.tree.node_card import NodeCard
from eqxviz.gui.tree.notice import Notice
from eqxviz.gui.tree.ordering import Ordering
from eqxviz.gui.tree.table import TreeTable
from eqxviz.gui.widgets import SearchBar, StateStack, hand_focus_on, tab_in_turn
from eqxviz.records import ModelTree
from eqxviz.session import paths
from eqxviz.session.columns import NAMES, sorting_by
from eqxviz.session.linked import leaves_read
from eqxviz.session.search import COMPLETIONS
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from eqxviz.session.xray import COLUMNS as XRAY_COLUMNS

_STRIPS_MS = 500  # norms may come fifteen times a second
_SEARCHED = "Search: weight, dtype:bf16, size>1e6"


class TreeView(QWidget):
    """The open model: search and path above the rows, and what to do where there is no model."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._settings: Settings | None = None
        self._sorted = ("", False)  # by which column, and whether it falls
        self._shown: tuple[str, str, int] | None = None
        self._read: list[int] = []  # the nodes that the selection reads
        self._has_strips = False
        self._strips_timer = QTimer(self, singleShot=True, interval=_STRIPS_MS)
        self._strips_timer.timeout.connect(self._on_strips_due)
        self.model = TreeModel(self)
        self.table = TreeTable(self.model, theme, self)
        self.nodes = NodeActions(session, self.table)
        self.ordering = Ordering(session, self.table, self._on_outline_changed)
        self.search_bar = SearchBar(theme, _SEARCHED, self, COMPLETIONS)
        self.crumbs = Breadcrumbs(theme, self)
        self.notice = Notice(theme, self)
        self.card = NodeCard(session, self.model, self.table, theme, self)
        self.finding = Finding(session, self.table, self.search_bar, theme)
        self.stack = StateStack(
            theme,
            self._filled(),
            icon="mdi6.file-tree-outline",
            title="No model open",
            text="Open a Python file that makes a model to see its PyTree here.",
            parent=self,
        )
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)
        hand_focus_on(self, lambda: self.table)
        self._connect()
        self._on_model_changed()

    def use_settings(self, settings: Settings) -> None:
        """Lay the columns out as they were left, and remember from now on how they are left."""
        self._settings = settings
        if layout := settings[TREE_COLUMNS]:
            self.table.header.show_layout(layout)
            self.table.header.show_column("dynamics", self._has_strips)
        self.finding.only_button.setChecked(settings[TREE_ONLY_FOUND])
        self.finding.only_button.toggled.connect(self._on_only_switched)
        name, _, order = settings[TREE_SORTING].partition(":")
        if name in NAMES:
            self.sort_by(name, order == "falling")

    def sort_by(self, column: str, is_falling: bool) -> None:
        """Sort siblings by a column of `COLUMNS`; "" as the model has them."""
        self._sorted = (column, is_falling)
        self.table.header.show_sorting(column, is_falling)
        if self._settings is not None:
            order = "falling" if is_falling else "rising"
            self._settings[TREE_SORTING] = f"{column}:{order}" if column else ""
        strips = self._session.dynamics.strips() if column == "dynamics" else None
        self.ordering.sort(sorting_by(column, is_falling, self._session.xray, strips))

    def search(self, text: str) -> None:
        """Highlight what `text` matches, and go to the first match."""
        self.finding.ask(text)

    def search_next(self, step: int) -> None:
        """Go to the next match (`step` 1) or the one before (-1), around the end."""
        self.finding.step(step)

    def focus_search(self) -> None:
        """Put the cursor into the search field."""
        self.search_bar.focus()

    def _filled(self) -> QWidget:
        filled = QWidget(self)
        filled.setProperty("surface", "base")
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.search_bar.setContentsMargins(8, 8, 8, 4)
        for widget in (self.search_bar, self.crumbs, self.notice, self.table):
            column.addWidget(widget)
        tab_in_turn(self.search_bar, self.crumbs, self.notice, self.table)
        return filled

    def _connect(self) -> None:
        session, table = self._session, self.table
        for signal, slot in self._session_slots():
            signal.connect(slot)
        self.destroyed.connect(lambda: _disconnect(self))
        self.stack.cancelled.connect(session.cancel_open)
        self.stack.retried.connect(session.reload)
        self.stack.place_clicked.connect(self._on_place_clicked)
        self._theme.changed.connect(table.refresh_look)
        table.selectionModel().currentRowChanged.connect(self._on_row_changed)
        table.header.sort_asked.connect(self.sort_by)
        table.header.layout_changed.connect(self._on_layout_changed)
        self.crumbs.chosen.connect(self.nodes.go)
        self.crumbs.copy_asked.connect(self.nodes.copy_paths)
        self.notice.pressed.connect(session.reload)

    def _session_slots(self) -> tuple:
        session = self._session
        return (
            (session.model_changed, self._on_model_changed),
            (session.tree_grew, self._on_tree_grew),
            (session.xray_changed, self._on_xray_changed),
            (session.filter_changed, self._on_filtering_changed),
            (session.selection_changed, self._on_selection_changed),
            (session.graphs_changed, self._on_graphs_changed),
            (session.dynamics.changed, self._on_dynamics_changed),
        )

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

    def _show_model(self) -> None:
        opened = self._session.model
        if opened is None:
            return
        shown = (opened.path, opened.target.name, opened.tree.revision)
        if shown != self._shown:
            is_same = self._shown is not None and self._shown[:2] == shown[:2]
            self._shown = shown
            self.ordering.show(opened.tree, self.model.outline if is_same else None)
        self.notice.tell_of(self._session)
        self.stack.show_filled()
        self._on_selection_changed()

    def _on_tree_grew(self) -> None:
        opened, outline = self._session.model, self.model.outline
        if opened is None or outline is None or opened.tree.revision != outline.tree.revision:
            return
        self.ordering.grow(opened.tree)
        self.notice.tell_of(self._session)

    def _on_outline_changed(self) -> None:
        self._on_filtering_changed()
        self.finding.refresh()
        self._on_selection_changed()

    def _on_xray_changed(self) -> None:
        self._on_filtering_changed()
        if self._sorted[0] in XRAY_COLUMNS:
            self.sort_by(*self._sorted)

    def _on_filtering_changed(self) -> None:
        strips = self._session.dynamics.strips()
        self.model.set_filtering(self._session.xray, self._session.frozen_mask, strips)
        if self._has_strips != (strips is not None):
            # The column comes with the norms and goes with them; by hand it can be had otherwise.
            self._has_strips = strips is not None
            header, column = self.table.header, NAMES.index("dynamics")
            header.show_column("dynamics", self._has_strips)
            header.moveSection(header.visualIndex(column), 1)  # beside the names: it is looked at
        self.table.show_cells()

    def _on_dynamics_changed(self) -> None:
        if not self._strips_timer.isActive():
            self._strips_timer.start()

    def _on_strips_due(self) -> None:
        shown = self.model.cells.strips if self.model.cells is not None else None
        if self._session.dynamics.strips() is not shown:
            self._on_filtering_changed()

    def _on_row_changed(self) -> None:
        node = self.table.current_node()
        if node >= 0 and node != _selected_node(self._session.selection):
            self._session.select(Selection(kind="node", node=node))

    def _on_selection_changed(self) -> None:
        node, outline = _selected_node(self._session.selection), self.model.outline
        known = outline is not None and 0 <= node < len(outline.tree)
        if known and node != self.table.current_node():
            self.table.show_node(node)
        if outline is not None:
            self._read = self._leaves_read(outline.tree)
            self.table.show_read(self._read)
            self.crumbs.show_path(paths.breadcrumbs(outline.tree, node if known else 0))

    def _on_graphs_changed(self) -> None:
        outline = self.model.outline
        # Where nothing else is read, the table is not scrolled under the user's hands.
        if outline is not None and self._leaves_read(outline.tree) != self._read:
            self._on_selection_changed()

    def _leaves_read(self, tree: ModelTree) -> list[int]:
        """Return the leaves that the selection reads in the graph in front."""
        return leaves_read(self._session.tab_in_front, self._session.selection, tree)

    def _on_layout_changed(self) -> None:
        if self._settings is not None:
            self._settings[TREE_COLUMNS] = self.table.header.layout_text()

    def _on_only_switched(self, is_only: bool) -> None:
        if self._settings is not None:
            self._settings[TREE_ONLY_FOUND] = is_only

    def _on_place_clicked(self, file: str, line: int) -> None:
        self._session.select(Selection(kind="source", file=file, line=line))


def _disconnect(view: TreeView) -> None:
    view.finding.close()
    for signal, slot in view._session_slots():
        signal.disconnect(slot, missing_ok=True)


def _selected_node(selection: Selection) -> int:
    return selection.node if selection.kind == "node" else -1
