"""The part of the session that has graphs drawn."""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from psygnal import Signal

from eqxviz.session.graph_tabs import TabPart
from eqxviz.session.graphs import DrawnAs, GraphTab, key_of
from eqxviz.session.opening import is_same_target
from eqxviz.session.problems import Post
from eqxviz.session.sources import ModelSource, split_target, whole_path

if TYPE_CHECKING:
    from eqxviz.engine.engine import Engine
    from eqxviz.records import (
        DrawCall,
        DrawFunction,
        DrawModel,
        DrawShown,
        Graph,
        LoweredText,
        OfferedCalls,
        OpenedModel,
        Problem,
        Record,
    )
    from eqxviz.session.answering import Answerer


class GraphPart(TabPart):
    """What the graphs of the tabs are drawn from, and by which worker.

    Signals:
        graph_asked: The user asked for a graph: it is to be seen.
    """

    graph_asked = Signal()

    def __init__(self, post: Post, engine: "Engine | None" = None) -> None:
        super().__init__(post, engine)
        self.draws_at_pause = True  # the function of the call at which the run pauses
        self._of_last_run: dict[str, Graph] = {}  # by title: the functions that were drawn of it
        self._drawn_at_pause: dict[int, int] = {}  # functions, each with its compilations then

    def draw_model(
        self, node: int = 0, inputs: str = "", drawn_as: DrawnAs = "forward", batch: int = 0
    ) -> None:
        """Draw the call of the model, or of a callable node of it, on `inputs` ("f32[8,3]").

        Without `inputs` the proposed ones are taken.
        """
        if self.model is not None:
            title = self.model.tree.path(node)
            self.draw(GraphTab("", title, node=node, inputs=inputs, drawn_as=drawn_as, batch=batch))

    def draw_function(self, function: int, drawn_as: DrawnAs = "forward") -> None:
        """Draw a function seen in the run, as its latest call was."""
        if self.run is not None:
            seen = self.run.functions.get(function)
            title = seen.name if seen is not None else f"function {function}"
            self.draw(GraphTab("", title, function=function, drawn_as=drawn_as))

    def draw_call(
        self,
        target: str,
        inputs: str = "",
        drawn_as: DrawnAs = "forward",
        batch: int = 0,
        *,
        shapes_only: bool = False,
    ) -> None:
        """Draw what "FILE" or "FILE:NAME" means: a function of the file, or the call of a model.

        `inputs` may name variables of the file: "model f32[8,3] n=3".
        """
        path, name = split_target(target)
        tab = GraphTab("", name or os.path.basename(path), inputs=inputs, path=whole_path(path))
        tab.name, tab.drawn_as, tab.batch, tab.shapes_only = name, drawn_as, batch, shapes_only
        self.draw(tab)

    def draw_shown(self, folder: str, name: str = "call", number: int = 0) -> None:
        """Draw the call of `name` that the process which is met in `folder` shows."""
        self.draw(GraphTab("", name, path=folder, shown=number))

    def draw(self, wanted: GraphTab) -> None:
        """Draw what `wanted` says, in the tab of its kind if there is one."""
        if self._draw(wanted):
            self.graph_asked.emit()

    def redraw(self, tab: GraphTab, inputs: str, drawn_as: DrawnAs, batch: int) -> None:
        """Draw the function of `tab` on other inputs, or another thing of it beside it.

        What was drawn on these inputs before is shown again.
        """
        wanted = replace(tab, inputs=inputs, drawn_as=drawn_as, batch=batch, graph=None)
        other = self.graph(key_of(wanted))
        is_same = other is not None and (other.written, other.batch) == (inputs, batch)
        if other is not None and other is not tab and is_same and other.state == "filled":
            self.show_graph(self.graphs.index(other))
        else:
            self.draw(wanted)

    @property
    def file_to_draw(self) -> str:
        """The Python file whose functions can be drawn: of the model, or of the graph shown."""
        source, tab = self.source, self.tab_in_front
        if source is not None and source.kind in ("file", "run") and source.script:
            return source.script
        return tab.path if tab is not None and tab.shown < 0 else ""

    def list_calls(self, path: str, answered: "Callable[[OfferedCalls | Problem], None]") -> None:
        """Look for the functions of a Python file; `answered` gets them, or why not."""
        from eqxviz.records import ListCalls

        def take(answer: "Record") -> None:
            answered(cast("OfferedCalls | Problem", answer))

        self.engine.inspector(path).ask(ListCalls(path), take)

    def _draw(self, wanted: GraphTab) -> bool:
        """Begin to draw what `wanted` says; False if what draws it is not there."""
        if wanted.function >= 0:
            return self._draw_function(wanted)
        if wanted.node >= 0:
            return self._draw_model(wanted)
        worker = self._holder_of(wanted)
        if wanted.shown >= 0 and self.model is None:
            self._model_worker = worker  # what it shows later is asked of it too
        tab = self._tab(wanted)
        self._ask_to_draw(tab, worker, _request(tab))
        return True

    def _draw_model(self, wanted: GraphTab) -> bool:
        from eqxviz.records import DrawModel, DrawnAs

        model = self.model
        if model is None:
            return False
        node = wanted.node
        inputs = wanted.inputs or (model.inputs if node == 0 else "")
        tab = self._tab(replace(wanted, inputs=inputs))
        kind, batch = DrawnAs(tab.drawn_as), tab.batch

        def ask(worker: "Answerer", opened: "OpenedModel") -> None:
            revision = opened.tree.revision
            self._ask_to_draw(tab, worker, DrawModel(revision, node, inputs, kind, batch))

        self._with_model(ask)
        return True

    def _draw_function(self, wanted: GraphTab, *, is_asked: bool = True) -> bool:
        """Draw a function of the run; one that nobody asked for takes no other graph's place."""
        from eqxviz.records import DrawFunction, DrawnAs

        if self.run is None or self._run_worker is None:
            return False
        front = self.tab_in_front
        in_front = is_asked or front is None or front.function >= 0
        tab = self._tab(wanted, in_front=in_front)
        if self.run.is_live and not self.run.is_still:
            tab.activity = f"Tracing {tab.title} at the run's next call"
        request = DrawFunction(tab.function, DrawnAs(tab.drawn_as))
        self._ask_to_draw(tab, self._run_worker, request, is_asked=is_asked)
        return True

    def _on_paused(self) -> None:
        """Draw the function of the call, unless it is drawn and was not compiled anew since."""
        super()._on_paused()
        run = self.run
        if run is None or not self.draws_at_pause:
            return
        function = run.status.at_function
        seen = run.functions.get(function)
        # Before its first call it has none, and is drawn as the first will have it.
        n_compiles = max(len(run.ledger.events(function)), 1)
        if seen is None or self._drawn_at_pause.get(function) == n_compiles:
            return
        self._drawn_at_pause[function] = n_compiles
        self._draw_function(GraphTab("", seen.name, function=function), is_asked=False)

    def ask_lowered(
        self, tab: GraphTab, answered: "Callable[[LoweredText | Problem], None]"
    ) -> Callable[[], None]:
        """Lower what `tab` draws; calling what is returned gives it up.

        What lowers a model is ended then, for it cannot be interrupted; it comes back by itself.
        """
        from eqxviz.records import DrawFunction, DrawModel, DrawnAs, Lower

        asked: list[tuple[Answerer, int]] = []
        kind, batch = DrawnAs(tab.drawn_as), tab.batch

        def ask(worker: "Answerer", drawing: "DrawFunction | DrawModel | DrawCall | DrawShown"):
            def take(answer: "Record") -> None:
                asked.clear()
                answered(cast("LoweredText | Problem", answer))

            asked.append((worker, worker.ask(Lower(drawing), take)))

        def give_up() -> None:
            for worker, request in asked:
                worker.cancel(request)
                if self._is_replaceable(tab):
                    worker.kill()

        if tab.function >= 0 and self._run_worker is not None:
            ask(self._run_worker, DrawFunction(tab.function, kind))
        elif tab.node >= 0:
            self._with_model(
                lambda worker, opened: ask(
                    worker, DrawModel(opened.tree.revision, tab.node, tab.written, kind, batch)
                )
            )
        elif tab.function < 0:
            ask(self._holder_of(tab), _request(tab))
        return give_up

    def cancel_drawing(self) -> None:
        """Draw the current tab no longer: it keeps its old graph, and goes if it had none.

        What traces a model is ended, for it cannot be interrupted; it comes back by itself.
        """
        tab = self.tab_in_front
        if tab is None or tab.state != "working":
            return
        drawing = self._drawing.get(tab.key)
        self._forget_drawing(tab.key)
        if drawing is not None and self._is_replaceable(tab):
            drawing[0].kill()
        if tab.graph is None:
            self.close_graph(self.current_graph)
        else:
            tab.fill(tab.graph)
            self.graphs_changed.emit()

    def _ask_to_draw(
        self, tab: GraphTab, worker: "Answerer", request: "Record", *, is_asked: bool = True
    ) -> None:
        def answered(answer: "Record") -> None:
            if tab.node >= 0:
                self.answers.add(request, answer)
            self._on_drawn(tab, answer, is_asked=is_asked)

        self._drawing[tab.key] = worker, worker.ask(request, answered)

    def _on_drawn(self, tab: GraphTab, answer: "Record", *, is_asked: bool) -> None:
        from eqxviz.records import Graph, Problem, Severity

        self._drawing.pop(tab.key, None)
        if isinstance(answer, Graph):
            tab.fill(answer)
            if tab.function >= 0 and tab.former is None:
                tab.former = self._of_last_run.get(answer.title)
        elif isinstance(answer, Problem):
            tab.fail(answer)
            # A note is no news: it was cancelled.
            if is_asked and answer.severity is not Severity.NOTE:
                self.report(answer)
        self.graphs_changed.emit()

    def _holder_of(self, tab: GraphTab) -> "Answerer":
        """Return what draws a call of a file, or one that a process shows."""
        if tab.shown >= 0:
            return self._worker_of(ModelSource("process", tab.path))
        return self.engine.inspector(tab.path)

    def _is_replaceable(self, tab: GraphTab) -> bool:
        """Whether what draws `tab` may be ended: another one does it again."""
        if tab.node >= 0:
            return self.source is not None and self.source.is_replaceable
        return tab.function < 0 and tab.shown < 0

    def _on_model_replaced(self, before: "OpenedModel | None") -> None:
        super()._on_model_replaced(before)
        is_same = is_same_target(before, self.model)
        self._keep_graphs(lambda tab: tab.node < 0 or (is_same and tab.node == 0))
        current = self.current_graph
        for tab in self.graphs:
            if tab.node == 0 or (is_same and tab.shown < 0 and tab.path == self.path):
                is_proposed = before is not None and tab.inputs == before.inputs
                self._draw(replace(tab, inputs="" if is_proposed else tab.inputs))
        self.current_graph = current

    def _on_said(self, record: "Record") -> None:
        from eqxviz.records import ShownCall

        super()._on_said(record)
        if isinstance(record, ShownCall):
            self.draw_shown(self._met_at, record.name, record.number)

    def _on_run_begun(self) -> None:
        super()._on_run_begun()
        self._drawn_at_pause.clear()
        # What is drawn of the next run is compared with what it was in this one.
        for tab in self.graphs:
            if tab.function >= 0 and tab.graph is not None:
                self._of_last_run[tab.title] = tab.graph
        self._keep_graphs(lambda tab: tab.function < 0)


def _request(tab: GraphTab) -> "DrawCall | DrawShown":
    """Return what asks for the call of `tab`, in a file or shown by a process."""
    from eqxviz.records import DrawCall, DrawnAs, DrawShown

    kind, batch = DrawnAs(tab.drawn_as), tab.batch
    if tab.shown >= 0:
        return DrawShown(tab.shown, tab.inputs, kind, batch)
    return DrawCall(tab.path, tab.name, tab.inputs, kind, batch, tab.shapes_only)
