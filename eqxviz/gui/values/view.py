"""The Values view: the elements of an array, the table of a subtree, or a text."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.values.leaf_page import LeafPage
from eqxviz.gui.values.replay_page import ReplayPage
from eqxviz.gui.values.table_page import TablePage
from eqxviz.gui.values.text_page import TextPage
from eqxviz.gui.widgets import ElidedLabel, LinkButton, StateStack
from eqxviz.records import Problem
from eqxviz.session.paths import VARIABLES
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from eqxviz.session.values.leaf_view import can_be_drawn


class ValuesView(QWidget):
    """The values of the selected node or equation; of the whole model, while none is selected."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._model = session.model
        self._node = -1  # that is shown
        self._from_table = -1  # that was selected in the table, which stays in view
        self._title = ElidedLabel("", self)
        self._title.setProperty("face", "path")
        self._type = QLabel(self)
        self._type.setProperty("tone", "faint")
        self.back = LinkButton("", self)
        self.back.hide()
        self.back.clicked.connect(self._show_table_again)
        self.leaf_page = LeafPage(session, session.leaf_view, theme, self)
        self.table_page = TablePage(session, theme, self)
        self.text_page = TextPage(self)
        self.text_page.place_wanted.connect(session.select)
        self.table_page.leaf_selected.connect(self._on_leaf_selected)
        self.table_page.leaf_opened.connect(self._on_leaf_opened)
        self._pages = QStackedWidget(self)
        for page in (self.leaf_page, self.table_page, self.text_page):
            self._pages.addWidget(page)
        self.replay_page = ReplayPage(session, theme, self)
        self._either = QStackedWidget(self)  # the tree's values, or those of the graph
        self.stack = StateStack(
            theme,
            self._filled(),
            icon="mdi6.grid",
            title="No values yet",
            text="Open a model: the elements of each array are seen here, and the statistics of "
            "all arrays below a node.",
            parent=self,
        )
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._either)
        self._either.addWidget(self.stack)
        self._either.addWidget(self.replay_page)
        self.stack.cancelled.connect(session.cancel_value)
        self.stack.retried.connect(lambda: session.ask_value(self._node))
        session.selection_changed.connect(self._on_selection_changed)
        session.model_changed.connect(self._on_model_changed)
        session.tree_grew.connect(self._on_tree_grew)
        session.value_changed.connect(self._on_value_changed)
        session.replaying.values.changed.connect(self._choose_side)
        self.destroyed.connect(lambda: _disconnect(session, self))
        self._on_selection_changed()

    @property
    def page(self) -> QWidget | None:
        """The page in front: of a leaf, of a subtree, or a text."""
        return self._pages.currentWidget()

    def showEvent(self, event) -> None:
        super().showEvent(event)
        self._refresh()

    def _filled(self) -> QWidget:
        filled = QWidget(self)
        filled.setProperty("surface", "base")
        head = QHBoxLayout()
        head.setContentsMargins(14, 10, 14, 4)
        head.setSpacing(10)
        head.addWidget(self._title, 1)
        head.addWidget(self._type)
        head.addWidget(self.back)
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._pages, 1)
        return filled

    @property
    def shows_replay(self) -> bool:
        """Whether what is seen is a value of the graph, not of the tree."""
        return self._either.currentWidget() is self.replay_page

    def _choose_side(self) -> None:
        """Show the values of what is selected: of an equation, or of a node of the tree."""
        is_replay = self._session.replaying.values.state != "none"
        self._either.setCurrentWidget(self.replay_page if is_replay else self.stack)

    def _on_model_changed(self) -> None:
        # It is told too that work on the same model begins: asking for it anew then is endless.
        if self._session.model is not self._model:
            self._model = self._session.model
            self._from_table = self._node = -1
            self._refresh()

    def _on_tree_grew(self) -> None:
        """Offer the table of what is complete now; the rest is what it was."""
        self._model = self._session.model
        if self.page is self.table_page and self._node >= 0 and self.isVisible():
            self.table_page.show_node(self._node)

    def _on_selection_changed(self) -> None:
        self._choose_side()
        self._refresh()

    def _refresh(self) -> None:
        """Show the node that is selected, if the view is seen."""
        session = self._session
        model, selection = session.model, session.selection
        if model is None:
            self.stack.show_empty()
            return
        node = self._node if self._node >= 0 else 0
        if selection.kind == "node" and selection.node < len(model.tree):
            node = selection.node
        is_in_table = self.page is self.table_page and node == self._from_table
        if not self.isVisible() or node == self._node or is_in_table:
            return
        self._from_table = -1
        self._show(node)

    def _show(self, node: int) -> None:
        model = self._session.model
        assert model is not None
        tree, self._node = model.tree, node
        self._title.set_text(tree.path(node) or VARIABLES)
        leaf = int(tree.leaf[node])
        self._type.setText(tree.strings[int(tree.leaf_summary[leaf])] if leaf >= 0 else "")
        is_drawn = can_be_drawn(tree, node)
        table = self._session.statistics
        is_beside = is_drawn and table.node >= 0
        self.back.setVisible(is_beside)
        if is_beside:
            self.back.set_text(f"All arrays of {tree.path(table.node) or VARIABLES}")
        self._session.leaf_view.show(node if is_drawn else -1)
        if is_drawn:
            self._pages.setCurrentWidget(self.leaf_page)
            self.leaf_page.refresh()
            self.stack.show_filled()
        elif int(tree.n_children[node]) and int(tree.n_leaves[node]):
            self._pages.setCurrentWidget(self.table_page)
            self.table_page.show_node(node)
            self.stack.show_filled()
        else:
            self._pages.setCurrentWidget(self.text_page)
            self._on_value_changed()

    def _on_value_changed(self) -> None:
        if self.page is not self.text_page or self._node < 0:
            return
        value = self._session.value
        if value is None:
            self.stack.show_working("Reading the value")
        elif isinstance(value, Problem):
            self.stack.show_failed(value)
        elif value.node == self._node:
            self.text_page.show_value(value)
            self.stack.show_filled()

    def _on_leaf_selected(self, node: int) -> None:
        self._from_table = node
        self._session.select(Selection(kind="node", node=node))

    def _on_leaf_opened(self, node: int) -> None:
        self._session.select(Selection(kind="node", node=node))
        self._from_table = -1
        self._show(node)
        self.leaf_page.heat_map.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_table_again(self) -> None:
        node = self._session.statistics.node
        self._from_table = self._node
        selected = self._session.selection.node
        self._show(node)
        self._from_table = selected
        self.table_page.rows.setFocus(Qt.FocusReason.OtherFocusReason)


def _disconnect(session: Session, view: ValuesView) -> None:
    session.selection_changed.disconnect(view._on_selection_changed, missing_ok=True)
    session.model_changed.disconnect(view._on_model_changed, missing_ok=True)
    session.tree_grew.disconnect(view._on_tree_grew, missing_ok=True)
    session.value_changed.disconnect(view._on_value_changed, missing_ok=True)
    session.replaying.values.changed.disconnect(view._choose_side, missing_ok=True)
