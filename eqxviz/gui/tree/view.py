"""The tree view: rows, keys, search, path, and one selection with the rest of the window."""

from pathlib import Path

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from eqxviz.gui.settings import TREE_COLUMNS, TREE_SORTING, Settings
from eqxviz.gui.theme import Theme
from eqxviz.gui.tree.breadcrumbs import Breadcrumbs
from eqxviz.gui.tree.finding import Finding
from eqxviz.gui.tree.menu import MOST_DEPTH, MenuActions, node_menu
from eqxviz.gui.tree.model import TreeModel
from eqxviz.gui.tree.notice import Notice
from eqxviz.gui.tree.table import TreeTable
from eqxviz.gui.widgets import HoverCard, SearchBar, StateStack
from eqxviz.session import formatting, paths
from eqxviz.session.columns import NAMES, next_place, sorting_by
from eqxviz.session.details import node_details
from eqxviz.session.outline import ALL_LEVELS, Outline
from eqxviz.session.search import COMPLETIONS
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from eqxviz.session.sorting import Order, Sorting, order_of

_SEARCHED = "Search: weight, dtype:bf16, size>1e6"
_LARGE = 50_000  # nodes: what takes longer than a frame for more of them is done in a thread


class TreeView(QWidget):
    """The open model: search and path above the rows, and what to do where there is no model.

    Signals:
        edit_asked: A file and a line that the user wants to edit.
    """

    edit_asked = Signal(str, int)

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._settings: Settings | None = None
        self._sorting = Sorting()
        self._shown: tuple[str, str, int] | None = None
        self.model = TreeModel(self)
        self.table = TreeTable(self.model, theme, self)
        self.search_bar = SearchBar(theme, _SEARCHED, self, COMPLETIONS)
        self.crumbs = Breadcrumbs(theme, self)
        self.notice = Notice(theme, self)
        self.card = HoverCard(theme, self)
        self.finding = Finding(session, self.table, self.search_bar)
        self.stack = StateStack(
            theme,
            self._filled(),
            icon="mdi6.file-tree-outline",
            title="No model open",
            text="Open a Python file that makes a model to see its PyTree here.",
            parent=self,
        )
        self.stack.cancelled.connect(session.cancel_open)
        self.stack.retried.connect(session.reload)
        self.stack.place_clicked.connect(self._show_source)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)
        self.setFocusProxy(self.table)
        self._connect()
        self._add_keys()
        self._on_model_changed()

    def use_settings(self, settings: Settings) -> None:
        """Lay the columns out as they were left, and remember from now on how they are left."""
        self._settings = settings
        if layout := settings[TREE_COLUMNS]:
            self.table.header.show_layout(layout)
            self.table.widen_names()
        name, _, order = settings[TREE_SORTING].partition(":")
        if name in NAMES:
            self.sort_by(name, order == "falling")

    def sort_by(self, column: str, is_falling: bool) -> None:
        """Sort siblings by a column of `COLUMNS`; "" as the model has them."""
        self.table.header.show_sorting(column, is_falling)
        if self._settings is not None:
            order = "falling" if is_falling else "rising"
            self._settings[TREE_SORTING] = f"{column}:{order}" if column else ""
        self._sorting = sorting_by(column, is_falling)
        outline = self.model.outline
        if outline is not None and outline.sorting != self._sorting:
            self._reorder(outline)

    def search(self, text: str) -> None:
        """Highlight what `text` matches, and go to the first match."""
        self.finding.ask(text)

    def search_next(self, step: int) -> None:
        """Go to the next match (`step` 1) or the one before (-1), around the end."""
        self.finding.step(step)

    def focus_search(self) -> None:
        """Put the cursor into the search field."""
        self.search_bar.focus()

    def copy_paths(self) -> None:
        """Copy the Python paths of the selected rows, a line each."""
        nodes = self.table.selected_nodes()
        if self.model.outline is not None and nodes:
            tree = self.model.outline.tree
            QApplication.clipboard().setText(paths.python_paths(tree, nodes))

    def copy_lambda(self) -> None:
        """Copy the `tree_at` lambda of the selected row."""
        node = self.table.current_node()
        if self.model.outline is not None and node >= 0:
            written = paths.tree_at_lambda(self.model.outline.tree, node)
            QApplication.clipboard().setText(written.text)

    def unfold_to_depth(self, depth: int) -> None:
        """Unfold exactly the first levels; -1: all."""
        outline = self.model.outline
        if outline is not None:
            self.table.change(outline.expand_to_depth, ALL_LEVELS if depth < 0 else depth)

    def show_class(self) -> None:
        """Show the line of source at which the class of the selected node begins."""
        self._show_source(*self._class_place(self.table.current_node()))

    def edit_class(self) -> None:
        """Open that line in the user's editor."""
        self._edit(self.table.current_node())

    def go_to_next_place(self) -> None:
        """Select the next place at which the same object is found."""
        self._go_on(self.table.current_node())

    def choose_columns(self) -> None:
        """Let the user choose the columns."""
        header = self.table.header
        header.choose(header.mapToGlobal(QPoint(0, header.height())))

    def _filled(self) -> QWidget:
        filled = QWidget(self)
        filled.setProperty("surface", "base")
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.search_bar.setContentsMargins(8, 8, 8, 4)
        for widget in (self.search_bar, self.crumbs, self.notice, self.table):
            column.addWidget(widget)
        return filled

    def _connect(self) -> None:
        session, theme, table = self._session, self._theme, self.table
        for signal, slot in self._session_slots():
            signal.connect(slot)
        theme.changed.connect(table.refresh_look)
        self.destroyed.connect(lambda: _disconnect(self))
        table.selectionModel().currentRowChanged.connect(self._on_row_changed)
        table.menu_wanted.connect(self._on_menu_wanted)
        table.place_wanted.connect(self._go_on)
        table.rested.connect(self._on_rested)
        table.header.sort_asked.connect(self.sort_by)
        table.header.layout_changed.connect(self._on_layout_changed)
        self.crumbs.chosen.connect(self._go)
        self.crumbs.copy_asked.connect(self.copy_paths)
        self.notice.pressed.connect(session.reload)

    def _session_slots(self) -> tuple:
        session = self._session
        return (
            (session.model_changed, self._on_model_changed),
            (session.tree_grew, self._on_tree_grew),
            (session.xray_changed, self._on_filtering_changed),
            (session.filter_changed, self._on_filtering_changed),
            (session.selection_changed, self._on_selection_changed),
        )

    def _add_keys(self) -> None:
        keys = self.table.keys
        keys["Ctrl+C"], keys["Ctrl+Shift+C"] = self.copy_paths, self.copy_lambda
        for depth in (-1, *range(1, MOST_DEPTH + 1)):
            keys[f"Ctrl+{max(depth, 0)}"] = lambda d=depth: self.unfold_to_depth(d)

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
            before = self.model.outline if is_same else None
            self._shown = shown
            self._show_tree(Outline(opened.tree), before)
        self._show_notice()
        self.stack.show_filled()
        self._on_selection_changed()

    def _show_tree(self, outline: Outline, before: Outline | None) -> None:
        bar = self.table.verticalScrollBar()
        top = bar.value()
        if before is not None:
            outline.keep_expansion_of(before)
        elif self._sorting.column is not None and len(outline.tree) < _LARGE:
            outline.sort(self._sorting)
        self.model.set_outline(outline)
        self._on_filtering_changed()
        if before is not None:
            bar.setValue(top)
        self.finding.refresh()
        self._reorder_when_large(outline)

    def _on_tree_grew(self) -> None:
        opened, outline = self._session.model, self.model.outline
        if opened is None or outline is None or opened.tree.revision != outline.tree.revision:
            return
        if opened.tree is not outline.tree:
            self.table.change(outline.grow, opened.tree)
            self._on_filtering_changed()
            self.finding.refresh()
            self._reorder_when_large(outline)
        self._show_notice()
        self._on_selection_changed()

    def _on_filtering_changed(self) -> None:
        self.model.set_filtering(self._session.xray, self._session.frozen_mask)
        self.table.show_cells()

    def _reorder(self, outline: Outline) -> None:
        if len(outline.tree) < _LARGE:
            self.table.change(outline.sort, self._sorting)
        else:
            self._reorder_when_large(outline)

    def _reorder_when_large(self, outline: Outline) -> None:
        """Work out the order of all nodes in a thread: sorted, and so that unfolding is quick."""
        tree, sorting = outline.tree, self._sorting
        if len(tree) < _LARGE or not tree.is_complete:
            return

        def done(order: Order) -> None:
            is_wanted = outline is self.model.outline and sorting == self._sorting
            if is_wanted and tree is outline.tree:
                self.table.change(outline.use, order)

        self._session.in_background(lambda: order_of(tree, sorting), done)

    def _show_notice(self) -> None:
        opened, problem = self._session.model, self._session.model_problem
        if problem is not None and self._session.model_state == "filled":
            self.notice.say(f"Not reloaded: {problem.title}", icon="mdi6.alert", link="Try again")
        elif opened is not None and not opened.tree.is_complete:
            n = formatting.count(len(opened.tree))
            self.notice.say(f"Loading: {n} nodes so far", icon="mdi6.timer-sand")
        else:
            self.notice.say("")

    def _on_row_changed(self) -> None:
        node = self.table.current_node()
        if node >= 0 and node != self._selected_node():
            self._session.select(Selection(kind="node", node=node))

    def _on_selection_changed(self) -> None:
        node, outline = self._selected_node(), self.model.outline
        known = outline is not None and 0 <= node < len(outline.tree)
        if known and node != self.table.current_node():
            self.table.show_node(node)
        if outline is not None:
            self.crumbs.show_path(paths.breadcrumbs(outline.tree, node) if known else ())

    def _selected_node(self) -> int:
        selection = self._session.selection
        return selection.node if selection.kind == "node" else -1

    def _on_layout_changed(self) -> None:
        if self._settings is not None:
            self._settings[TREE_COLUMNS] = self.table.header.layout_text()

    def _on_rested(self, node: int, row: QRect) -> None:
        outline = self.model.outline
        if node < 0 or outline is None:
            self.card.hide()
        else:
            self.card.show_beside(node_details(outline.tree, node, self._session.xray), row)

    def _go(self, node: int) -> None:
        self._session.select(Selection(kind="node", node=node))
        self.table.show_node(node)
        self.table.setFocus()

    def _go_on(self, node: int) -> None:
        outline = self.model.outline
        other = next_place(outline.tree, node) if outline is not None and node >= 0 else -1
        if other >= 0:
            self._go(other)

    def _on_menu_wanted(self, node: int, at: QPoint) -> None:
        outline = self.model.outline
        if outline is None:
            return
        self.card.hide()
        do = MenuActions(
            go=self._go,
            show_source=lambda n: self._show_source(*self._class_place(n)),
            edit_source=self._edit,
            unfold_below=lambda n, is_open: self.table.unfold(n, is_open, below=True),
            to_depth=self.unfold_to_depth,
            draw=self._session.draw_model,
            freeze=self._freeze,
            fill_columns=self.table.header.fill,
        )
        menu = node_menu(outline.tree, node, do, self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    def _freeze(self, node: int) -> None:
        self._session.playground.freeze(node)

    def _class_place(self, node: int) -> tuple[str, int]:
        """Return the file and line at which the class of `node` begins; "" if it is not known."""
        outline = self.model.outline
        kind = int(outline.tree.type[node]) if outline is not None and node >= 0 else -1
        if outline is None or kind < 0 or int(outline.tree.type_line[kind]) <= 0:
            return "", 0
        tree = outline.tree
        return tree.strings[int(tree.type_file[kind])], int(tree.type_line[kind])

    def _show_source(self, file: str, line: int) -> None:
        if file:
            self._session.select(Selection(kind="source", file=file, line=line))

    def _edit(self, node: int) -> None:
        file, line = self._class_place(node)
        if file:
            self.edit_asked.emit(file, line)


def _disconnect(view: TreeView) -> None:
    view.finding.close()
    for signal, slot in view._session_slots():
        signal.disconnect(slot, missing_ok=True)
