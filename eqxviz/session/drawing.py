"""The part of the session that is about graphs."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.session.graphs import GraphTab
from eqxviz.session.opening import is_same_target
from eqxviz.session.problems import Post
from eqxviz.session.running import RunPart

if TYPE_CHECKING:
    from eqxviz.engine.engine import Engine
    from eqxviz.records import OpenedModel, Record
    from eqxviz.session.answering import Answerer


class GraphPart(RunPart):
    """The graphs that were drawn.

    Signals:
        graphs_changed: `graphs`, one of its tabs, or `current_graph`.
        graph_asked: The user asked for a graph: it is to be seen.
    """

    graphs_changed = Signal()
    graph_asked = Signal()

    def __init__(self, post: Post, engine: "Engine | None" = None) -> None:
        super().__init__(post, engine)
        self.graphs: list[GraphTab] = []
        self.current_graph = -1  # index into `graphs`; -1 while there is none
        self._drawing: dict[str, tuple[Answerer, int]] = {}  # by key: who draws, for which request

    def draw_model(self, node: int = 0, inputs: str = "") -> None:
        """Draw the call of the model, or of a callable node of it, on `inputs` ("f32[8,3]").

        Without `inputs` the proposed ones are taken.
        """
        if self.model is not None:
            self._draw_model(node, inputs)
            self.graph_asked.emit()

    def _draw_model(self, node: int, inputs: str) -> None:
        from eqxviz.records import DrawModel

        model = self.model
        if model is None:
            return
        inputs = inputs or (model.inputs if node == 0 else "")
        key = "model" if node == 0 else f"model:{node}"
        tab = self._tab(GraphTab(key, model.tree.path(node), node=node))
        tab.inputs = inputs

        def ask(worker: "Answerer", opened: "OpenedModel") -> None:
            self._ask_to_draw(tab, worker, DrawModel(opened.tree.revision, node, inputs))

        self._with_model(ask)

    def draw_function(self, function: int) -> None:
        """Draw a function seen in the run, as its latest call was."""
        from eqxviz.records import DrawFunction

        if self.run is None or self._run_worker is None:
            return
        seen = self.run.functions.get(function)
        title = seen.name if seen is not None else f"function {function}"
        tab = self._tab(GraphTab(f"function:{function}", title, function=function))
        if self.run.is_live:
            tab.activity = f"Tracing {title} at the run's next call"
        self._ask_to_draw(tab, self._run_worker, DrawFunction(function))
        self.graph_asked.emit()

    def show_graph(self, index: int) -> None:
        """Make tab `index` the current one."""
        if index != self.current_graph and 0 <= index < len(self.graphs):
            self.current_graph = index
            self.graphs_changed.emit()

    def close_graph(self, index: int) -> None:
        """Take tab `index` away; what is being drawn for it is no longer awaited."""
        self._keep_graphs(lambda tab: tab is not self.graphs[index])

    def cancel_drawing(self) -> None:
        """Draw the current tab no longer: it keeps its old graph, and goes if it had none.

        What traces a model is ended, for it cannot be interrupted; it comes back by itself.
        """
        tab = self.graphs[self.current_graph] if self.current_graph >= 0 else None
        if tab is None or tab.state != "working":
            return
        drawing = self._drawing.get(tab.key)
        self._forget_drawing(tab.key)
        if drawing is not None and tab.node >= 0 and self.source and self.source.is_replaceable:
            drawing[0].kill()
        if tab.graph is None:
            self.close_graph(self.current_graph)
        else:
            tab.fill(tab.graph)
            self.graphs_changed.emit()

    def graph(self, key: str) -> GraphTab | None:
        """Return the tab called `key`, None if there is none."""
        return next((tab for tab in self.graphs if tab.key == key), None)

    def _tab(self, fresh: GraphTab) -> GraphTab:
        """Return the tab of that key, `fresh` if there is none, shown and set to work."""
        tab = self.graph(fresh.key)
        if tab is None:
            tab = fresh
            self.graphs.append(tab)
        tab.state, tab.problem, tab.title = "working", None, fresh.title
        tab.activity = f"Tracing {tab.title}"
        self.current_graph = self.graphs.index(tab)
        self._forget_drawing(tab.key)
        self.graphs_changed.emit()
        return tab

    def _ask_to_draw(self, tab: GraphTab, worker: "Answerer", request: "Record") -> None:
        def answered(answer: "Record") -> None:
            if tab.node >= 0:
                self.answers.add(request, answer)
            self._on_drawn(tab, answer)

        self._drawing[tab.key] = worker, worker.ask(request, answered)

    def _on_drawn(self, tab: GraphTab, answer: "Record") -> None:
        from eqxviz.records import Graph, Problem, Severity

        self._drawing.pop(tab.key, None)
        if isinstance(answer, Graph):
            tab.fill(answer)
        elif isinstance(answer, Problem):
            tab.fail(answer)
            if answer.severity is not Severity.NOTE:  # no news: it was cancelled
                self.report(answer)
        self.graphs_changed.emit()

    def _forget_drawing(self, key: str) -> None:
        drawing = self._drawing.pop(key, None)
        if drawing is not None:
            worker, request = drawing
            worker.cancel(request)

    def _keep_graphs(self, is_kept: Callable[[GraphTab], bool]) -> None:
        """Take away the tabs that are not kept; the current one stays current if it can."""
        current = self.graphs[self.current_graph] if self.current_graph >= 0 else None
        kept = [tab for tab in self.graphs if is_kept(tab)]
        if len(kept) == len(self.graphs):
            return
        for tab in self.graphs:
            if tab not in kept:
                self._forget_drawing(tab.key)
        self.graphs = kept
        if current in kept:
            self.current_graph = kept.index(current)
        else:
            self.current_graph = min(self.current_graph, len(kept) - 1)
        self.graphs_changed.emit()

    def _on_model_replaced(self, before: "OpenedModel | None") -> None:
        super()._on_model_replaced(before)
        is_same = is_same_target(before, self.model)
        self._keep_graphs(lambda tab: tab.node < 0 or (is_same and tab.node == 0))
        tab = self.graph("model")
        if tab is not None:
            self._draw_model(0, tab.inputs)

    def _on_run_begun(self) -> None:
        super()._on_run_begun()
        self._keep_graphs(lambda tab: tab.function < 0)
