"""The session's part about the dynamics of the model: what is asked, and what is looked at."""

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from eqxviz.records import ModelTree, Problem, Record, ReplayGradients, RunState, WatchDynamics
from eqxviz.session.gradients import counterparts_in
from eqxviz.session.norms.history import History, Shown
from eqxviz.session.norms.strips import Strips

if TYPE_CHECKING:
    from eqxviz.session.selecting import SelectionPart

State = Literal["off", "working", "filled", "failed"]

TITLES: dict[Shown, str] = {
    "ratio": "Update / weight",
    "update": "Update norm",
    "gradient": "Gradient norm",
    "parameter": "Weight norm",
}


class Dynamics:
    """Whether the model is measured, and which of its norms are shown.

    Signals:
        changed: What is known, or what is shown of it.
    """

    changed = Signal()

    def __init__(self, session: "SelectionPart") -> None:
        self._session = session
        self._shown: Shown = "ratio"
        self._strips: Strips | None = None  # those of the open tree
        self._made_of: tuple[object, ...] = ()
        self.is_replaying = False
        self.problem: Problem | None = None  # why gradients could not be computed
        session.dynamics_changed.connect(self._on_changed)
        session.run_changed.connect(self._on_changed)
        session.model_changed.connect(self._on_changed)
        session.tree_grew.connect(self._on_changed)

    @property
    def shown(self) -> Shown:
        """Which quantity is shown."""
        return self._shown

    @property
    def history(self) -> History | None:
        """What was measured, None if nothing was yet."""
        run = self._session.run
        return run.dynamics.history if run is not None else None

    @property
    def is_on(self) -> bool:
        """Whether the model is being measured."""
        run = self._session.run
        return run is not None and run.dynamics.state.is_on

    @property
    def can_switch(self) -> bool:
        """Whether there is a process to ask."""
        run = self._session.run
        return run is not None and run.is_live

    @property
    def state(self) -> State:
        """Which of the states of a view is to be seen."""
        run, history = self._session.run, self.history
        if history is not None and len(history.steps):
            return "filled"
        if run is not None and run.dynamics.state.why_not:
            return "failed"
        return "working" if self.is_on and self.can_switch else "off"

    @property
    def waits_for(self) -> str:
        """What there is to wait for while nothing was measured yet, in words."""
        run = self._session.run
        if run is not None and run.status.state is RunState.PAUSED:
            return "Paused: it is measured as the run goes on"
        if run is not None and run.dynamics.state.leaves >= 0:
            return "The model is found; what measures it is being compiled"
        return "Waiting for the first steps"

    @property
    def why_not(self) -> Problem | None:
        """Why the model is not known, as a card."""
        from eqxviz.records import Severity

        run = self._session.run
        if run is None or not run.dynamics.state.why_not:
            return None
        return Problem(
            "no-model-measured", Severity.NOTE, "There is no model to measure",
            run.dynamics.state.why_not,
            "Have one jitted function take the model and return the new one: "
            "model, opt_state, loss = step(model, opt_state, batch). It is looked for again as "
            "the run goes on.",
        )  # fmt: skip

    @property
    def cost(self) -> str:
        """What measuring costs, in words."""
        run = self._session.run
        if run is None or not self.is_on:
            return "Off: costs nothing"
        share = run.dynamics.state.share
        each = f"every {run.dynamics.state.every} steps"
        return f"{each}: {share:.1%} of the time" if share == share else f"{each}: at most 3 %"

    def show(self, shown: Shown) -> None:
        """Show another quantity."""
        if shown != self._shown:
            self._shown = shown
            self._on_changed()

    def turn(self, is_on: bool, every: int = 10) -> None:
        """Have the model measured from the next step on, or no more."""

        def answered(answer: Record) -> None:
            if isinstance(answer, Problem):
                self._session.report(answer)
                self.changed.emit()

        if not self._session.ask_run(WatchDynamics(is_on, every), answered):
            self.changed.emit()  # the switch goes back

    def strips(self) -> Strips | None:
        """Return what the open tree shows, None if its model is not the one that was measured."""
        model, history = self._session.model, self.history
        if model is None or history is None or not len(history.steps):
            return None
        made_of = (model.tree, history, self._shown, history.version)
        if not _is_same(made_of, self._made_of):
            before = self._strips
            if before is not None and before.tree is model.tree and before.history is history:
                nodes = before.nodes
            else:
                nodes = _nodes_in(model.tree, history)
            self._made_of = made_of
            self._strips = Strips(history, self._shown, nodes, model.tree)
        strips = self._strips
        return strips if strips is not None and np.any(strips.nodes >= 0) else None

    def own_strips(self) -> Strips | None:
        """Return the same for the tree that was measured itself, which need not be open."""
        history = self.history
        if history is None or not len(history.steps):
            return None
        return Strips(history, self._shown, history.leaves.nodes, history.leaves.argument)

    @property
    def can_replay(self) -> bool:
        """Whether the gradients of a kept call can be computed now."""
        run = self._session.run
        return (
            run is not None
            and run.status.state is RunState.PAUSED
            and run.keeping is not None
            and run.keeping.is_on
            and run.keeping.call >= 0
            and self.history is not None
            and not self.is_replaying
        )

    def replay_gradients(self) -> None:
        """Compute the gradients of the kept call; they come as others do."""
        run = self._session.run
        if run is None or run.keeping is None or not self.can_replay:
            return

        def answered(answer: Record) -> None:
            self.is_replaying = False
            self.problem = answer if isinstance(answer, Problem) else None
            self.changed.emit()

        self.is_replaying, self.problem = True, None
        if not self._session.ask_run(ReplayGradients(run.keeping.function), answered):
            self.is_replaying = False
        self.changed.emit()

    def _on_changed(self) -> None:
        self.changed.emit()


def _nodes_in(tree: ModelTree, history: History) -> NDArray[np.int32]:
    """Return the node of each leaf in a tree, -1 for those that it has not."""
    found = np.full(history.n_leaves, -1, np.int32)
    if not tree.is_complete:
        return found
    pairs = counterparts_in(tree, history.leaves.argument)
    place = {int(node): i for i, node in enumerate(history.leaves.nodes)}
    for first, second in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True):
        if first in place:
            found[place[first]] = second
    return found


def _is_same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return len(one) == len(other) and all(a is b or a == b for a, b in zip(one, other, strict=True))
