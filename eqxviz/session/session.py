"""The state of the application."""

from functools import cached_property
from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.session.problems import Post
from eqxviz.session.selecting import SelectionPart

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from eqxviz.engine.engine import Engine
    from eqxviz.engine.launch import Launch
    from eqxviz.records import Record
    from eqxviz.session.attaching.attaching import Attaching
    from eqxviz.session.checking.checking import Checking
    from eqxviz.session.checkpoints.saving import Saving
    from eqxviz.session.compare.comparison import Comparison
    from eqxviz.session.debugging.debugger import Debugger
    from eqxviz.session.debugging.script_stops import StopMemory
    from eqxviz.session.dynamics.dynamics import Dynamics
    from eqxviz.session.exploring import Exploring
    from eqxviz.session.filters.playground import Playground
    from eqxviz.session.graph_compare.comparing import GraphComparison
    from eqxviz.session.learning.learning import Learning
    from eqxviz.session.ledger.executables import Executables
    from eqxviz.session.lowering import Lowering
    from eqxviz.session.plots.board import Board
    from eqxviz.session.replaying.replaying import Replaying
    from eqxviz.session.runs.kept_runs import KeptRuns
    from eqxviz.session.sharing.sharing_map import Sharing
    from eqxviz.session.values.leaf_view import LeafView
    from eqxviz.session.values.statistics import StatisticsTable


class Session(SelectionPart):
    """What is open, drawn, running and selected; the window draws it, and calls its methods.

    Everything happens on the thread that `post` runs things on. Making a session starts nothing;
    `start` does. `engine` stands for the session's own engine where a test wants another.

    Signals:
        comparison_changed: There are other models to compare: a snapshot was taken or released.
        comparison_asked: The user asked for a comparison: it is to be seen.
        filter_asked: The user asked for what the playground says: it is to be seen.
        filter_changed: `playground` is another one, or `frozen_mask`.
        check_changed: The state of the check, or what it found.
        learning_changed: Anything of the lessons, but what the learner types.
        stops_changed: There are other stops, or the stack of the paused script is another one.
        and those of the parts: ProblemPart, ModelPart, ValuePart, RunPart, ControlPart,
            CallPart, TabPart, GraphPart, XRayPart, SelectionPart.
    """

    comparison_changed = Signal()
    comparison_asked = Signal()
    filter_changed = Signal()
    filter_asked = Signal()
    check_changed = Signal()
    learning_changed = Signal()
    stops_changed = Signal()

    def __init__(self, post: Post, engine: "Engine | None" = None) -> None:
        super().__init__(post, engine)
        # Where stops are remembered; None: no run is told to stop anywhere by itself.
        self.stop_memory: StopMemory | None = None
        # The ledger knows the parts of the session, and they do not know it.
        self.functions_changed.connect(lambda: _dismiss_settled_alarms(self))

    def start(self) -> None:
        """Start the process that inspects models, so that it is warm when it is needed."""
        self.engine.inspector()

    def close(self, leave_run: bool) -> None:
        """End all processes; with `leave_run`, a live run goes on without a window."""
        if "checking" in vars(self):
            self.checking.close()
        self.engine.close(leave_runs=leave_run)

    @cached_property
    def attaching(self) -> "Attaching":
        """What is being attached to behind a port."""
        from eqxviz.session.attaching.attaching import Attaching

        return Attaching(self)

    @cached_property
    def checking(self) -> "Checking":
        """The check of what is open, by the doctor's rules."""
        from eqxviz.session.checking.checking import Checking

        made = Checking(self)
        made.changed.connect(lambda: self.check_changed.emit())  # noqa: PLW0108 - psygnal would call emit
        return made

    @cached_property
    def comparison(self) -> "Comparison":
        """The comparison of two models, and the snapshots that were taken for one."""
        from eqxviz.session.compare.comparison import Comparison

        made = Comparison(self)
        made.sides.changed.connect(lambda: self.comparison_changed.emit())  # noqa: PLW0108 - psygnal would call emit
        made.asked.connect(lambda: self.comparison_asked.emit())  # noqa: PLW0108 - psygnal would call emit
        return made

    @cached_property
    def debugging(self) -> "Debugger":
        """The stops of the run, and what is seen of it where it is paused."""
        from eqxviz.session.debugging.debugger import Debugger

        made = Debugger(self, self.stop_memory)
        for changed in (made.stops.changed, made.stack.changed):
            changed.connect(lambda: self.stops_changed.emit())  # noqa: PLW0108 - psygnal would call emit
        return made

    @property
    def has_snapshots(self) -> bool:
        """Whether there is a snapshot to compare with."""
        return "comparison" in vars(self) and bool(self.comparison.sides.snapshots)

    @cached_property
    def playground(self) -> "Playground":
        """The filter that is being built over the open model."""
        from eqxviz.session.filters.playground import Playground

        made = Playground(self)
        made.changed.connect(lambda: self.filter_changed.emit())  # noqa: PLW0108 - psygnal would call emit
        made.asked.connect(lambda: self.filter_asked.emit())  # noqa: PLW0108 - psygnal would call emit
        return made

    @property
    def frozen_mask(self) -> "NDArray[np.bool_] | None":
        """Which nodes of the open model that filter holds back; None: there is no such filter."""
        if "playground" not in vars(self) or self.model is None:
            return None
        order = self.playground.order
        is_same = order is not None and order.tree is self.model.tree
        return self.playground.frozen_mask if is_same else None

    @cached_property
    def exploring(self) -> "Exploring":
        """How the graphs are coloured, and what stands out in one of them."""
        from eqxviz.session.exploring import Exploring

        return Exploring(self)

    @cached_property
    def graph_comparison(self) -> "GraphComparison":
        """The comparison of two graphs."""
        from eqxviz.session.graph_compare.comparing import GraphComparison

        return GraphComparison(self, self.select)

    @cached_property
    def sharing(self) -> "Sharing":
        """What the open model holds at several places."""
        from eqxviz.session.sharing.sharing_map import Sharing

        return Sharing(self)

    @cached_property
    def lowering(self) -> "Lowering":
        """What the graphs are lowered to."""
        from eqxviz.session.lowering import Lowering

        return Lowering(self)

    @cached_property
    def leaf_view(self) -> "LeafView":
        """What is looked at of the array that is selected."""
        from eqxviz.session.values.leaf_view import LeafView

        return LeafView(self)

    @cached_property
    def executables(self) -> "Executables":
        """What XLA says of the programs that were compiled, as far as it was asked for."""
        from eqxviz.session.ledger.executables import Executables

        return Executables(self)

    @cached_property
    def statistics(self) -> "StatisticsTable":
        """The table of the statistics of all arrays of a subtree."""
        from eqxviz.session.values.statistics import StatisticsTable

        return StatisticsTable(self)

    @cached_property
    def runs(self) -> "KeptRuns":
        """The runs that were kept."""
        from eqxviz.session.runs.kept_runs import KeptRuns

        return KeptRuns(self)

    @cached_property
    def replaying(self) -> "Replaying":
        """What is done with calls that are kept and replayed."""
        from eqxviz.session.replaying.replaying import Replaying

        return Replaying(self, lambda: self.exploring)

    @cached_property
    def saving(self) -> "Saving":
        """What is saved of the open model, and by the run itself."""
        from eqxviz.session.checkpoints.saving import Saving

        return Saving(self)

    @cached_property
    def dynamics(self) -> "Dynamics":
        """Norms of the model's leaves over the run."""
        from eqxviz.session.dynamics.dynamics import Dynamics

        return Dynamics(self)

    @cached_property
    def learning(self) -> "Learning":
        """The lessons, and the one that is followed."""
        from eqxviz.session.learning.learning import Learning

        def keep_no_stop(script: str) -> None:
            # Not at an uncaught exception either: a mistake ends the run.
            if self.stop_memory is not None and not self.stop_memory.stops_of(script):
                self.stop_memory.keep(script, "[]")

        made = Learning(self, prepares=keep_no_stop, holds=lambda: self.has_snapshots)
        for part in (made, made.desk, made.trial, made.judging):
            part.changed.connect(lambda: self.learning_changed.emit())  # noqa: PLW0108 - psygnal would call emit
        return made

    @cached_property
    def plots(self) -> "Board":
        """The plots of the runs' curves."""
        from eqxviz.session.plots.board import Board

        return Board()

    def _asked_first(self, launch: "Launch") -> "Sequence[Record]":
        asked = super()._asked_first(launch)
        return asked if self.stop_memory is None else (*asked, self.debugging.prepare(launch))

    def _on_run_begun(self) -> None:
        super()._on_run_begun()
        self.replaying.on_run_begun()
        if self.stop_memory is not None:
            self.debugging.follow()


def _dismiss_settled_alarms(session: Session) -> None:
    """Take alarms off the list whose function was only warming up."""
    if session.run is None or not session.problems:
        return
    from eqxviz.session.ledger.summary import settled_alarms

    for problem in settled_alarms(session.run, session.problems):
        session.dismiss(problem)
