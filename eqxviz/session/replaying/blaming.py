"""The search for the first equation to make a NaN or Inf, by itself where a run pauses for one."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from psygnal import Signal

from eqxviz.records import (
    Blame,
    FindNonFinite,
    Graph,
    Halt,
    Operand,
    Origin,
    Problem,
    Progress,
    Record,
    ReplayState,
    Severity,
    StopKind,
)
from eqxviz.session.facts import Fact
from eqxviz.session.graphs import GraphTab
from eqxviz.session.replaying.asking import ReplayQueue
from eqxviz.session.replaying.blame_words import (
    blame_brief,
    blame_text,
    blame_title,
    makes_word,
)
from eqxviz.session.replaying.graph_marks import GraphMarks
from eqxviz.session.replaying.graph_values import GraphValues
from eqxviz.session.replaying.marks import ReadMark
from eqxviz.session.replaying.places import Wanted, is_replayed
from eqxviz.session.selection import Selection

if TYPE_CHECKING:
    from eqxviz.session.exploring import Exploring, Lit
    from eqxviz.session.selecting import SelectionPart

State = Literal["none", "working", "found", "missed", "failed"]
# Why the call cannot be replayed, and keeping it in another run can help.
_CAN_BE_KEPT = (ReplayState.NOT_KEPT.value, ReplayState.DONATED.value)
CODE = "not-finite"


class NonFiniteSearch:
    """Where what is not finite in the result of the kept call comes from.

    Signals:
        changed: `state` or what goes with it.
    """

    changed = Signal()

    def __init__(
        self,
        session: "SelectionPart",
        exploring: "Callable[[], Exploring]",
        queue: ReplayQueue,
        values: GraphValues,
        marks: GraphMarks,
    ) -> None:
        self._session = session
        self._queue = queue
        self._exploring = exploring
        self._values = values
        self._marks = marks
        self.state: State = "none"
        self.halt_words = ""  # why the run paused: "loss is NaN at step 41"
        self.progress: Progress | None = None
        self.blame: Blame | None = None
        self.problem: Problem | None = None  # why it was not found
        self._wanted: tuple[int, str] | None = None  # the function and output of the last search
        self.listed: Problem | None = None  # what was found, in the session's list
        self._lit: Lit | None = None  # the road that stands out
        self._is_to_show = False  # the equation, once its graph is drawn
        self._give_up: Callable[[], None] | None = None

    @property
    def can_find(self) -> bool:
        """Whether there is a kept call to look into."""
        run = self._session.run
        if run is None or not self._session.can_open_call or run.keeping is None:
            return False
        return run.keeping.is_on and run.keeping.function >= 0

    @property
    def can_keep(self) -> bool:
        """Whether keeping calls in another run would tell where it comes from."""
        return (
            self.state == "missed" and self.problem is not None
            and self.problem.code in _CAN_BE_KEPT
        )  # fmt: skip

    def find(self, output: str = "", function: int | None = None) -> None:
        """Look for the first NaN or Inf in the kept call of `function`, on the way to `output`."""
        run = self._session.run
        if run is None:
            return
        if function is None:
            function = run.keeping.function if run.keeping is not None else -1
        self._begin(function, output)

    def find_to_selection(self) -> None:
        """Look for the first NaN or Inf on the way to the result that is selected in a graph."""
        selection = self._session.selection
        tab = self._session.graph(selection.graph)
        if tab is None or tab.graph is None or not is_replayed(tab):
            self.find()
            return
        at = [i for i, v in enumerate(tab.graph.outputs.tolist()) if v == selection.value]
        output = tab.graph.text(int(tab.graph.output_names[at[0]])) if at else ""
        self.find(output, tab.function)

    def cancel(self) -> None:
        """Give up the search that is under way."""
        if self.state == "working":
            self._stop()
            self._miss(Problem(
                "cancelled", Severity.NOTE, "The search was cancelled",
                "Nothing was found out until then.", "Search again to begin anew.",
            ))  # fmt: skip

    def retry(self) -> None:
        """Search again as before."""
        if self._wanted is not None:
            self._begin(*self._wanted)

    def dismiss(self) -> None:
        """Take what was found out of sight."""
        self._stop()
        if self.listed is not None:
            self._session.dismiss(self.listed)
        self.state, self.blame, self.problem, self.listed = "none", None, None, None
        self.halt_words = ""
        self._marks.set_blamed(-1, {})
        if self._lit is not None and self._exploring().lit is self._lit:
            self._exploring().clear()
        self._lit = None
        self.changed.emit()

    def on_paused(self, halt: Halt | None) -> None:
        """Search by itself where the run paused for something that is not finite."""
        if halt is None or halt.stop_kind is not StopKind.NONFINITE:
            return
        run = self._session.run
        assert run is not None
        self.dismiss()
        self.halt_words = halt.why
        at, kept = run.status.at_function, run.keeping
        # Also where nothing is kept: the worker knows what of the call is gone.
        self._begin(at if at >= 0 or kept is None else kept.function, "", words=halt.why)

    def on_going_on(self) -> None:
        """The run goes on: a search that is under way has nothing to look into."""
        if self.state == "working":
            self.dismiss()
        else:
            self.changed.emit()

    @property
    def title(self) -> str:
        """What was found in one line, or what is going on."""
        if self.blame is not None:
            return blame_title(self.blame)
        if self.state == "working":
            return self.halt_words or "Looking for the first NaN or Inf"
        if self.problem is not None:
            return self.halt_words or self.problem.title
        return ""

    @property
    def note(self) -> str:
        """What else there is to say: what goes on, or why nothing was found."""
        if self.state == "working":
            done = self.progress
            share = f": {done.n_done / max(done.n_total, 1):.0%}" if done is not None else ""
            return f"Replaying the call to find where it comes from{share}"
        if self.problem is not None:
            parts = (self.problem.title if self.halt_words else "", self.problem.why)
            return " ".join(f"{part.rstrip('.')}." for part in parts if part)
        return ""

    def facts(self) -> tuple[Fact, ...]:
        """Return what is known of what was found, beside its line, its reason and its remedy."""
        return blame_brief(self.blame) if self.blame is not None else ()

    def text(self, check: str = "") -> str:
        """Return what was found, or why it was not, as plain text."""
        if self.blame is not None:
            return blame_text(self.blame, check)
        return "\n".join(part for part in (self.title, self.note) if part)

    def show_equation(self) -> None:
        """Select the equation in its graph, unfolded and in sight, its road lit."""
        blame = self.blame
        if blame is None or blame.equation < 0:
            return
        tab = self._tab()
        if tab is None or tab.graph is None:
            self._is_to_show = True
            if tab is None:
                self._session.draw_function(blame.function)
            return
        self._is_to_show = False
        session, graph = self._session, tab.graph
        if blame.equation >= len(graph):
            return
        if session.tab_in_front is not tab:
            session.show_graph(session.graphs.index(tab))
        self._marks.set_blamed(blame.function, self._blamed(blame))
        self._light(tab, blame)
        read = self._guilty_input(graph, blame)
        place = Wanted(tab.key, tab.function, blame.equation, read, blame.iterations)
        self._values.look(place)
        selection = Selection(kind="equation", graph=tab.key, equation=blame.equation)
        session.select(selection)
        self._exploring().reveal(selection)
        session.graph_asked.emit()

    def on_graphs_changed(self) -> None:
        """Show the equation, where its graph was still being drawn."""
        tab = self._tab() if self._is_to_show else None
        if tab is not None and tab.graph is not None and tab.state == "filled":
            self.show_equation()

    def _begin(self, function: int, output: str, words: str = "") -> None:
        self.dismiss()
        self.halt_words = words
        self._wanted = function, output
        run = self._session.run

        def answered(answer: Record) -> None:
            self._give_up = self.progress = None
            if run is not self._session.run:
                return
            if isinstance(answer, Blame):
                self._found(answer)
            elif isinstance(answer, Problem):
                self._miss(answer)
                self._session.graph_asked.emit()  # it is told over the graph

        def progressed(progress: Progress) -> None:
            self.progress = progress
            self.changed.emit()

        request = FindNonFinite(function, output)
        self._give_up = self._queue.ask(request, answered, progressed)
        if self._give_up is not None:
            self.state = "working"
            self.changed.emit()
            self._session.graph_asked.emit()  # it is told over the graph

    def _found(self, blame: Blame) -> None:
        self.state, self.blame = "found", blame
        severity = Severity.NOTE if blame.origin is Origin.NOWHERE else Severity.WARNING
        self.listed = Problem(
            CODE, severity, blame_title(blame), blame.why, blame.fix, blame.file, blame.line,
            detail=blame_text(blame), function=blame.function,
        )  # fmt: skip
        self._session.report(self.listed)
        # First what is to be seen: who hears of the change may ask for more of the call.
        self.show_equation()
        self.changed.emit()
        self._session.graph_asked.emit()  # it is told over the graph

    def _miss(self, problem: Problem) -> None:
        self.problem = problem
        codes = {state.value for state in ReplayState}
        self.state = "missed" if problem.code in codes else "failed"
        self.changed.emit()

    def _stop(self) -> None:
        self._is_to_show = False
        self.progress = None
        if self._give_up is not None:
            self._give_up()
            self._give_up = None

    def _tab(self) -> GraphTab | None:
        """Return the tab with the graph that the numbers of what was found are of."""
        blame = self.blame
        if blame is None:
            return None
        tabs = (tab for tab in self._session.graphs if tab.function == blame.function)
        return next((tab for tab in tabs if is_replayed(tab)), None)

    def _light(self, tab: GraphTab, blame: Blame) -> None:
        graph = tab.graph
        assert graph is not None
        road = [e for e in (blame.equation, *blame.road) if 0 <= e < len(graph)]
        n = len(dict.fromkeys(road))
        words = f"{n} equation{'s' if n != 1 else ''} to {blame.output or 'the result'}"
        title = f"The road of the {makes_word(blame)}"
        self._exploring().light_road(tab, title, words, road)
        self._lit = self._exploring().lit

    def _blamed(self, blame: Blame) -> dict[int, ReadMark]:
        """Return the marks of what was found: at the first equation, and on the road from it."""
        makes = makes_word(blame)
        along = dict.fromkeys(blame.road, ReadMark(makes, is_bad=True))
        return {**along, blame.equation: ReadMark(f"first {makes}", is_bad=True)}

    def _guilty_input(self, graph: Graph, blame: Blame) -> int:
        """Return the input that it was made of, the first that varies; -1 for none."""
        reads = set(graph.inputs_of(blame.equation).tolist())

        def rank(operand: Operand) -> tuple[bool, bool]:
            return bool(operand.n_nan or operand.n_inf), operand.minimum != operand.maximum

        known = [o for o in blame.operands if o.value in reads]
        return max(known, key=rank).value if known else -1
