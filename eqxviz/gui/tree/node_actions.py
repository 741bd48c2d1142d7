"""What the user does with the nodes of the tree, by menu, key, button or palette."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QApplication

from eqxviz.gui.tree.menu import MOST_DEPTH, MenuActions, node_menu
from eqxviz.gui.tree.table import TreeTable
from eqxviz.session import paths
from eqxviz.session.columns import next_place
from eqxviz.session.outline.outline import ALL_LEVELS
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session

if TYPE_CHECKING:
    from eqxviz.records import ModelTree


class NodeActions(QObject):
    """Copies paths, goes to places and sources, unfolds; mostly with the current row.

    Signals:
        edit_asked: A file and a line that the user wants to edit.
    """

    edit_asked = Signal(str, int)

    def __init__(self, session: Session, table: TreeTable) -> None:
        super().__init__(table)
        self._session = session
        self._table = table
        table.menu_wanted.connect(self._on_menu_wanted)
        table.place_wanted.connect(self._go_on)
        table.keys["Ctrl+C"], table.keys["Ctrl+Shift+C"] = self.copy_paths, self.copy_lambda
        for depth in (-1, *range(1, MOST_DEPTH + 1)):
            table.keys[f"Ctrl+{max(depth, 0)}"] = self._unfolder(depth)

    @property
    def _tree(self) -> "ModelTree | None":
        outline = self._table.tree_model.outline
        return outline.tree if outline is not None else None

    def copy_paths(self) -> None:
        """Copy the Python paths of the selected rows, a line each; without one that of the root."""
        tree, nodes = self._tree, self._table.selected_nodes()
        if tree is not None:
            text = paths.python_paths(tree, nodes) if len(nodes) else tree.name
            QApplication.clipboard().setText(text)

    def copy_lambda(self) -> None:
        """Copy the `tree_at` lambda of the current row."""
        tree, node = self._tree, self._table.current_node()
        if tree is not None and node >= 0:
            QApplication.clipboard().setText(paths.tree_at_lambda(tree, node).copied)

    def unfold_to_depth(self, depth: int) -> None:
        """Unfold exactly the first levels; -1: all."""
        outline = self._table.tree_model.outline
        if outline is not None:
            self._table.change(outline.expand_to_depth, ALL_LEVELS if depth < 0 else depth)

    def show_class(self) -> None:
        """Show the line of source at which the class of the current node begins."""
        self._show_source(self._table.current_node())

    def edit_class(self) -> None:
        """Open that line in the user's editor."""
        self._edit(self._table.current_node())

    def go_to_next_place(self) -> None:
        """Select the next place at which the current node's object is found."""
        self._go_on(self._table.current_node())

    def choose_columns(self) -> None:
        """Let the user choose the columns."""
        header = self._table.header
        header.choose(header.mapToGlobal(QPoint(0, header.height())))

    def go(self, node: int) -> None:
        """Select `node`, and give the rows the keyboard."""
        self._session.select(Selection(kind="node", node=node))
        self._table.show_node(node)
        self._table.setFocus()

    def _go_on(self, node: int) -> None:
        tree = self._tree
        other = next_place(tree, node) if tree is not None and node >= 0 else -1
        if other >= 0:
            self.go(other)

    def _on_menu_wanted(self, node: int, at: QPoint) -> None:
        tree = self._tree
        if tree is None:
            return
        do = MenuActions(
            go=self.go,
            show_source=self._show_source,
            edit_source=self._edit,
            unfold_below=lambda n, is_open: self._table.unfold(n, is_open, below=True),
            to_depth=self.unfold_to_depth,
            draw=self._session.draw_model,
            freeze=self._freeze,
            save=self._session.saving.ask,
            can_save=self._session.saving.can_save,
            fill_columns=self._table.header.fill,
        )
        menu = node_menu(tree, node, do, self._table)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    def _freeze(self, node: int) -> None:
        self._session.playground.freeze(node)

    def _unfolder(self, depth: int) -> Callable[[], None]:
        return lambda: self.unfold_to_depth(depth)

    def _class_place(self, node: int) -> tuple[str, int]:
        """Return the file and line at which the class of `node` begins; "" if it is not known."""
        tree = self._tree
        kind = int(tree.type[node]) if tree is not None and node >= 0 else -1
        if tree is None or kind < 0 or int(tree.type_line[kind]) <= 0:
            return "", 0
        return tree.strings[int(tree.type_file[kind])], int(tree.type_line[kind])

    def _show_source(self, node: int) -> None:
        file, line = self._class_place(node)
        if file:
            self._session.select(Selection(kind="source", file=file, line=line))

    def _edit(self, node: int) -> None:
        file, line = self._class_place(node)
        if file:
            self.edit_asked.emit(file, line)
