"""The printed jaxpr of the graph that is shown, with the selection of the window."""

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from eqxviz.gui.jaxpr.line_search import LineSearch
from eqxviz.gui.jaxpr.lines_pane import LinesPane
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import StateStack, hand_focus_on
from eqxviz.records import Graph
from eqxviz.session.graphs import GraphTab
from eqxviz.session.jaxpr_text import JaxprText
from eqxviz.session.lines import Folding
from eqxviz.session.linked import linked
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session

_LARGE = 20_000  # equations: more are put in order in a thread


class JaxprPage(QWidget):
    """Follows the graph tab that is in front."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._tab: GraphTab | None = None
        self._graph: Graph | None = None  # of which the text is shown, or being made
        self._left: dict[str, tuple[JaxprText, Folding]] = {}  # by tab: what was made of it
        self._is_own = False  # the selection is being changed from here
        self.pane = LinesPane(theme, "Printed jaxpr", self)
        self.pane.picked.connect(self._on_picked)
        self.pane.activated.connect(self._on_activated)
        self.pane.followed.connect(self._on_followed)
        self.search = LineSearch(
            session, theme, "Search the jaxpr, or /regex", self.pane, self._go_to, self
        )
        filled = QWidget(self)
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.search)
        column.addWidget(self.pane, 1)
        self.stack = StateStack(
            theme,
            filled,
            icon="mdi6.text-box-outline",
            title="No jaxpr to print",
            text="The equations of the graph appear here once it is drawn.",
            can_cancel=False,
            parent=self,
        )
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)
        hand_focus_on(self, lambda: self.pane)
        session.graphs_changed.connect(self._on_graphs_changed)
        session.selection_changed.connect(self._on_selection_changed)
        self.destroyed.connect(lambda: _disconnect(session, self))
        self._on_graphs_changed()

    @property
    def text(self) -> JaxprText | None:
        """What is printed; None while there is no graph, or while it is put in order."""
        text = self.pane.text
        return text if isinstance(text, JaxprText) and text.graph is self._graph else None

    def whole(self) -> str:
        """Return the whole text, unfolded, with the sources as comments."""
        return "\n".join(self.text.whole()) if self.text is not None else ""

    def _on_graphs_changed(self) -> None:
        session = self._session
        self._tab = session.tab_in_front
        graph = self._tab.graph if self._tab is not None else None
        keys = {tab.key for tab in session.graphs}
        self._left = {key: left for key, left in self._left.items() if key in keys}
        if graph is self._graph:
            return
        self._graph = graph
        if graph is None:
            self.pane.show_text(None)
            self.stack.show_empty()
        elif self._tab is not None:
            self._print(self._tab, graph)

    def _print(self, tab: GraphTab, graph: Graph) -> None:
        made = self._left.get(tab.key)
        if made is not None and made[0].graph is graph:
            self._show(tab.key, *made)
        elif len(graph) <= _LARGE:
            self._on_printed(tab.key, JaxprText(graph))
        else:
            self.stack.show_working(f"Printing {tab.title}")
            key = tab.key
            self._session.in_background(
                lambda: JaxprText(graph), lambda text: self._on_printed(key, text)
            )

    def _on_printed(self, key: str, text: JaxprText) -> None:
        if text.graph is self._graph:
            self._show(key, text, Folding(text))

    def _show(self, key: str, text: JaxprText, folding: Folding) -> None:
        self._left[key] = text, folding
        self.pane.show_text(text, folding)
        self.pane.words_of = text.words_of
        self.pane.setAccessibleName(f"Printed jaxpr of {text.graph.title}")
        self.stack.show_filled()
        self.search.text_changed()
        self._show_selection(move=True)

    def _on_selection_changed(self) -> None:
        self._show_selection(move=not self._is_own)

    def _show_selection(self, *, move: bool) -> None:
        """Mark the lines of the window's selection; bring the first into sight if `move`."""
        text, tab, selection = self.text, self._tab, self._session.selection
        if text is None or tab is None:
            return
        model = self._session.model
        found = linked(tab, selection, model.tree if model is not None else None)
        lines = text.lines_of(found.equations)
        own = text.lines_of_values(found.values) if len(found.values) else lines[:0]
        if selection.kind == "equation":
            made = text.graph.outputs_of(selection.equation) if len(lines) else lines[:0]
            self.pane.mark(related=(), values=made.tolist())
        else:
            self.pane.mark(related=[*own.tolist(), *lines.tolist()], values=found.values.tolist())
        if not move:
            return
        first = int(np.concatenate([lines, own])[0]) if len(own) or len(lines) else -1
        if selection.kind == "equation" and first >= 0:
            self.pane.go_to(first)
        elif first >= 0:
            self.pane.mark(current=-1)
            self.pane.bring_into_sight(first)
        else:
            self.pane.mark(current=-1)

    def _go_to(self, line: int) -> None:
        """Go to a line that was searched for."""
        self.pane.go_to(line)
        self._on_picked(line)

    def _on_picked(self, line: int) -> None:
        selection = self._selection_of(line)
        if selection is None:
            return
        self._is_own = True
        self._session.select(selection)
        self._is_own = False

    def _selection_of(self, line: int) -> Selection | None:
        """Return what a line selects: its equation, or the leaf that its variable is."""
        text, tab, model = self.text, self._tab, self._session.model
        if text is None or tab is None:
            return None
        value = text.value_at(line)
        if value >= 0:
            node = tab.links.node_of(model.tree, value) if model is not None else -1
            if node > 0:
                return Selection(kind="node", node=node)
            return Selection(kind="value", graph=tab.key, value=value)
        equation = text.equation_at(line)
        if equation < 0:
            return None
        return Selection(kind="equation", graph=tab.key, equation=equation)

    def _on_followed(self, value: int) -> None:
        """Go to where a variable begins."""
        line = self.text.line_of_value(value) if self.text is not None else -1
        if line >= 0:
            self._go_to(line)

    def _on_activated(self, line: int) -> None:
        """Go to the line of source that made an equation."""
        text, tab = self.text, self._tab
        equation = text.equation_at(line) if text is not None else -1
        if tab is None or equation < 0:
            return
        file, number = tab.links.source_of(equation)
        if file:
            self._session.select(Selection(kind="source", file=file, line=number))


def _disconnect(session: Session, page: JaxprPage) -> None:
    session.graphs_changed.disconnect(page._on_graphs_changed, missing_ok=True)
    session.selection_changed.disconnect(page._on_selection_changed, missing_ok=True)
