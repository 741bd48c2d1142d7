"""The demonstration: one example, opened, drawn, trained and drawn again."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.session import formatting
from eqxviz.session.examples import example

if TYPE_CHECKING:
    from eqxviz.records import Graph
    from eqxviz.session.graphs import GraphTab
    from eqxviz.session.run_view import RunView
    from eqxviz.session.session import Session

_EXAMPLE = "polynomial"
_TARGET = "make_model"


class Demo:
    """Walks the road of the demonstration by itself, each stage when the one before is done.

    Signals:
        said: A line that says what was done.
        reached: The name of a stage that can be seen now: "graph" (the model and its graph are
            there), "curves" (the run has ended, and the training step is drawn).
        finished: Nothing more will happen. `failed` says whether something went wrong.
    """

    said = Signal(str)
    reached = Signal(str)
    finished = Signal()

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._path = example(_EXAMPLE).path
        self.failed = False
        # True: whoever looks at the stage "graph" calls `go_on` when it has been seen.
        self.waits = False
        self._done: set[str] = set()
        session.model_changed.connect(self._on_model_changed)
        session.graphs_changed.connect(self._on_graphs_changed)
        session.run_changed.connect(self._advance_run)
        session.compiled.connect(self._advance_run)
        session.problem_seen.connect(self._on_problem_seen)
        # Later, so that nothing is told before its owner listens.
        session.engine.post(self._start)

    def go_on(self) -> None:
        """Train, after the stage "graph"; to be called by who set `waits`."""
        self.said.emit(f"Training {self._path.name}")
        self._session.start_run(str(self._path))

    def _start(self) -> None:
        """Begin."""
        self.said.emit(f"Opening {self._path}")
        self._session.open(f"{self._path}:{_TARGET}")

    def _first_time(self, step: str) -> bool:
        """Return True when `step` is asked about for the first time."""
        is_new = step not in self._done
        self._done.add(step)
        return is_new

    def _on_model_changed(self) -> None:
        session = self._session
        if session.model_state == "failed":
            self._finish()
        elif session.model is not None and self._first_time("open"):
            from eqxviz.session.listing import tree_headline

            self.said.emit(f"Opened {tree_headline(session.model)}")
            session.draw_model()

    def _on_graphs_changed(self) -> None:
        session = self._session
        tab = session.graph("model")
        if tab is not None and tab.state != "working" and self._first_time("model graph"):
            self._say_drawn(tab)
            self.reached.emit("graph")
            if not self.waits:
                self.go_on()
        self._finish_if_all_is_there()

    def _advance_run(self, _: object = None) -> None:
        run = self._session.run
        if run is None:
            return
        step = run.status.step_function
        if any(event.function == step for event in run.compiles) and self._first_time("step"):
            self._session.draw_function(step)
        if not run.is_live and self._first_time("run"):
            self._say_trained(run)
        self._finish_if_all_is_there()

    def _finish_if_all_is_there(self) -> None:
        run = self._session.run
        if run is None or run.is_live or "run" not in self._done:
            return
        tab = next((tab for tab in self._session.graphs if tab.function >= 0), None)
        if "step" in self._done and (tab is None or tab.state == "working"):
            return
        if tab is not None and self._first_time("step graph"):
            self._say_drawn(tab)
        if self._first_time("curves"):
            self.reached.emit("curves")
            self._finish()

    def _on_problem_seen(self, problem: object) -> None:
        from eqxviz.records import Problem, Severity
        from eqxviz.session.listing import problem_text

        if isinstance(problem, Problem):
            self.failed = self.failed or problem.severity is Severity.ERROR
            self.said.emit(problem_text(problem))

    def _finish(self) -> None:
        if self._first_time("finished"):
            self.finished.emit()

    def _say_drawn(self, tab: "GraphTab") -> None:
        if tab.graph is not None:
            on = f" on {tab.written}" if tab.written else ""
            self.said.emit(f"Drew {tab.title}{on}: {_size(tab.graph)}")

    def _say_trained(self, run: "RunView") -> None:
        for event in run.compiles:
            seen = run.functions.get(event.function)
            if seen is not None and seen.is_user:
                seconds = formatting.seconds
                self.said.emit(
                    f"Compiled {seen.name}: trace {seconds(event.trace_seconds)}, "
                    f"lower {seconds(event.lower_seconds)}, "
                    f"compile {seconds(event.compile_seconds)}"
                )
        for curve in run.series.values():
            newest = curve.last()
            if newest is not None:
                first = formatting.number(float(curve.read(0, 1).values[0]))
                last = formatting.number(newest.value)
                self.said.emit(f"{curve.series.name}: {first} → {last} in {curve.n:,} steps")
        status = run.status
        rate = status.steps_per_second
        speed = "" if math.isnan(rate) else f", {rate:,.0f} steps/s"
        self.said.emit(
            f"The run has {status.state.value} after {formatting.seconds(status.elapsed_seconds)}"
            f"{speed}; its store is in {Path(run.folder)}"
        )


def _size(graph: "Graph") -> str:
    return f"{formatting.count(len(graph))} equations in {len(graph.group_parent)} groups"
