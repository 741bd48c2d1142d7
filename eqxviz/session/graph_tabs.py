"""The part of the session that is about the tabs of its graphs."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.session.graphs import GraphTab, former_key, key_of, titled
from eqxviz.session.paused_call import CallPart
from eqxviz.session.problems import Post

if TYPE_CHECKING:
    from eqxviz.engine.engine import Engine
    from eqxviz.session.answering import Answerer


class TabPart(CallPart):
    """The tabs, each with a graph or with what is being drawn for it.

    Signals:
        graphs_changed: `graphs`, one of its tabs, or `current_graph`.
    """

    graphs_changed = Signal()

    def __init__(self, post: Post, engine: "Engine | None" = None) -> None:
        super().__init__(post, engine)
        self.graphs: list[GraphTab] = []
        self.current_graph = -1  # index into `graphs`; -1 while there is none
        self._drawing: dict[str, tuple[Answerer, int]] = {}  # by key: who draws, for which request

    @property
    def tab_in_front(self) -> GraphTab | None:
        """The current tab, None while there is none."""
        at = self.current_graph
        return self.graphs[at] if 0 <= at < len(self.graphs) else None

    def graph(self, key: str) -> GraphTab | None:
        """Return the tab called `key`, None if there is none."""
        return next((tab for tab in self.graphs if tab.key == key), None)

    def show_graph(self, index: int) -> None:
        """Make tab `index` the current one."""
        if index != self.current_graph and 0 <= index < len(self.graphs):
            self.current_graph = index
            self.graphs_changed.emit()

    def close_graph(self, index: int) -> None:
        """Take tab `index` away; what is being drawn for it is no longer awaited."""
        self._keep_graphs(lambda tab: tab is not self.graphs[index])

    def show_former(self, tab: GraphTab) -> GraphTab | None:
        """Return a tab that shows the former graph of `tab`, made if there is none."""
        if tab.former is None:
            return None
        key = former_key(tab)
        shown = self.graph(key)
        if shown is None:
            shown = GraphTab(key, tab.title, drawn_as=tab.drawn_as, is_former=True)
            self.graphs.insert(self.graphs.index(tab), shown)
            self.current_graph += self.current_graph >= self.graphs.index(shown)
        if shown.graph is not tab.former:
            shown.fill(tab.former)
            shown.title, shown.former = f"{tab.former.title} · before", None
            self.graphs_changed.emit()
        return shown

    def _tab(self, fresh: GraphTab, *, in_front: bool = True) -> GraphTab:
        """Return the tab of that key, `fresh` if there is none, shown and set to work."""
        tab = self.graph(key_of(fresh))
        if tab is None:
            tab = replace(fresh, key=key_of(fresh), former=None)
            self.graphs.append(tab)
        else:
            self._dismiss_problem_of(tab)
        tab.inputs, tab.batch = fresh.inputs, fresh.batch
        tab.state, tab.problem, tab.title = "working", None, titled(fresh)
        tab.activity = f"Tracing {tab.title}"
        if in_front or self.current_graph < 0:
            self.current_graph = self.graphs.index(tab)
        self._forget_drawing(tab.key)
        self.graphs_changed.emit()
        return tab

    def _dismiss_problem_of(self, tab: GraphTab) -> None:
        """Take off the list why `tab` could not be drawn: it is drawn anew, or gone."""
        if tab.problem is not None:
            self.dismiss(tab.problem)

    def _forget_drawing(self, key: str) -> None:
        drawing = self._drawing.pop(key, None)
        if drawing is not None:
            worker, request = drawing
            worker.cancel(request)

    def _keep_graphs(self, is_kept: Callable[[GraphTab], bool]) -> None:
        """Take away the tabs that are not kept; the current one stays current if it can."""
        current = self.tab_in_front
        kept = [tab for tab in self.graphs if is_kept(tab)]
        keys = {former_key(tab) for tab in kept}
        kept = [tab for tab in kept if not tab.is_former or tab.key in keys]
        if len(kept) == len(self.graphs):
            return
        for tab in self.graphs:
            if tab not in kept:
                self._forget_drawing(tab.key)
                self._dismiss_problem_of(tab)
        self.graphs = kept
        if current in kept:
            self.current_graph = kept.index(current)
        else:
            self.current_graph = min(self.current_graph, len(kept) - 1)
        self.graphs_changed.emit()
