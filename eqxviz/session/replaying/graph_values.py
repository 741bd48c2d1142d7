"""The values at the selected equation of a graph, by replaying the kept call up to it."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from psygnal import Signal

from eqxviz.records import (
    Graph,
    OpenedModel,
    Problem,
    Progress,
    Record,
    Replayed,
    ReplayEquation,
    ReplayState,
    Severity,
    ValueSummary,
)
from eqxviz.session.replaying.asking import ReplayQueue
from eqxviz.session.replaying.choices import index_of
from eqxviz.session.replaying.graph_marks import GraphMarks
from eqxviz.session.replaying.places import (
    Wanted,
    place_of,
    process_gone,
    why_not_replayed,
)
from eqxviz.session.selection import Selection
from eqxviz.session.values.value import ValueReading

if TYPE_CHECKING:
    from eqxviz.session.run_view import RunView
    from eqxviz.session.selecting import SelectionPart

State = Literal["none", "resting", "working", "filled", "missed", "failed"]
_PLACES = ("node", "equation", "value", "group")  # selections that other values may be of
_MISSED = frozenset(str(state) for state in ReplayState)
Moment = tuple[object, ...]


class GraphValues(ValueReading):
    """What an equation read and made in the kept call: opened as a tree, beside the model's.

    It follows the selection: `follow` is told of it, and `ask` after a rest, so that walking
    through a graph asks for nothing. While the run goes on the latest answer stays, and says of
    which call it is.

    Signals:
        changed: `state`, `replayed`, `shown`, `progress` or the words.
    """

    changed = Signal()

    def __init__(self, session: "SelectionPart", queue: ReplayQueue, marks: GraphMarks) -> None:
        super().__init__()
        self._session = session
        self._queue = queue
        self._marks = marks
        self.state: State = "none"
        self.wanted: Wanted | None = None
        self.replayed: Replayed | None = None  # what is shown
        self.graph: Graph | None = None  # in which its numbers are
        self.shown = -1  # which of `replayed.values` is looked at
        self.progress: Progress | None = None
        self.problem: Problem | None = None  # why there are no values
        self._of: tuple[RunView, Moment] | None = None  # the run and pause that it was replayed at
        self._give_up: Callable[[], None] | None = None
        self.value_changed.connect(self._note_value)

    @property
    def model(self) -> OpenedModel | None:
        """The tree of what was read and made."""
        return self.replayed.opened if self.replayed is not None else None

    @property
    def is_current(self) -> bool:
        """Whether the worker still holds what is shown."""
        run = self._session.run
        if self._of is None or run is None or run is not self._of[0] or not run.is_still:
            return False
        return run.status.moment == self._of[1]

    @property
    def is_wanted_shown(self) -> bool:
        """Whether what is shown is of the equation that is looked at, maybe in another turn."""
        wanted, shown = self.wanted, self.replayed
        if wanted is None or shown is None:
            return False
        return (shown.function, shown.equation) == (wanted.function, wanted.equation)

    @property
    def moment(self) -> str:
        """From which call the values are: "call 42", "call 42, before"; "" for none."""
        if self.replayed is None:
            return ""
        words = f"call {self.replayed.call:,}"
        return words if self.is_current else f"{words}, before"

    def follow(self, selection: Selection) -> None:
        """Look at what is selected from now on, if it is of the graph of a function of the run.

        What is not here yet is asked for by `ask`. A selection that has no values changes nothing.
        """
        if selection.kind not in _PLACES:
            return
        wanted, before = place_of(self._session, selection), self.wanted
        if wanted is None:
            self._stop()
            self.wanted = None
            self._enter("none")
        elif before is None or not wanted.is_at(before):
            self._look(wanted)
        elif wanted.value >= 0 and wanted.value != before.value:
            self._look(replace(wanted, turns=before.turns))

    def look(self, wanted: Wanted) -> None:
        """Look at another place, or other turns, at once."""
        self._look(wanted)
        self.ask()

    def ask(self) -> None:
        """Ask for what is looked at, unless it is here or on its way."""
        wanted, run = self.wanted, self._session.run
        if self.state != "resting" or wanted is None or run is None:
            return
        why_not = why_not_replayed(self._session)
        if why_not is not None:
            self._fail(why_not)
            return
        request = ReplayEquation(wanted.function, wanted.equation, wanted.turns)
        moment = run.status.moment

        def answered(answer: Record) -> None:
            self._give_up = None
            if wanted is not self.wanted:
                return
            if isinstance(answer, Replayed):
                self._take(answer, (run, moment))
            elif isinstance(answer, Problem):
                self._fail(answer)

        def progressed(progress: Progress) -> None:
            self.progress = progress
            self.changed.emit()

        self._give_up = self._queue.ask(request, answered, progressed)
        if self._give_up is None:
            self._fail(process_gone())
        else:
            self._enter("working")

    def cancel(self) -> None:
        """Give up the replay that is under way."""
        if self.state in ("working", "resting"):
            done = self.progress
            share = f"{done.n_done / max(done.n_total, 1):.0%} of it was done." if done else ""
            self._stop()
            self._fail(Problem(
                "cancelled", Severity.NOTE, "The replay was cancelled", share,
                "Ask again to begin anew.",
            ))  # fmt: skip

    def retry(self) -> None:
        """Ask again for what is looked at."""
        if self.wanted is not None and self.state in ("failed", "missed"):
            self._enter("resting")
            self.ask()

    def choose(self, index: int) -> None:
        """Look at another one of the values of the equation."""
        replayed = self.replayed
        if replayed is None or not self.is_current or not 0 <= index < len(replayed.nodes):
            return
        if self.wanted is not None:
            self.wanted = replace(self.wanted, value=int(replayed.values[index]))
        self._show(index)
        self.changed.emit()

    def choose_turn(self, loop: int, turn: int) -> None:
        """Look at another turn of a loop around the equation; the next `ask` replays it."""
        wanted, replayed = self.wanted, self.replayed
        if wanted is None or replayed is None or loop >= len(replayed.loops):
            return
        turns = list(wanted.turns or replayed.iterations)
        turns += replayed.iterations[len(turns) :]
        turn = min(max(turn, 0), replayed.loops[loop].n_turns - 1)
        if turns[loop] != turn:
            turns[loop] = turn
            self._look(replace(wanted, turns=tuple(turns)))

    @property
    def node(self) -> int:
        """The node of `model` that is looked at, -1 for none."""
        replayed = self.replayed
        if replayed is None or not 0 <= self.shown < len(replayed.nodes):
            return -1
        return int(replayed.nodes[self.shown])

    def ask_model(
        self,
        request: Callable[[OpenedModel], Record],
        answered: Callable[[Record], None],
        *,
        is_kept: bool = True,
    ) -> Callable[[], None]:
        """Ask about the tree of values; nothing is asked of one that is no longer held."""
        replayed, holder = self.replayed, self._session.run_holder
        if replayed is None or holder is None or not self.is_current:
            return lambda: None

        def unless_stale(answer: Record) -> None:
            if replayed is self.replayed:
                answered(answer)

        number = holder.ask(request(replayed.opened), unless_stale)
        return lambda: holder.cancel(number)

    def on_paused(self) -> None:
        """Read again what is looked at: another call may be kept."""
        if self.wanted is not None:
            self._look(self.wanted)
            self.ask()

    def on_going_on(self) -> None:
        """What is shown is of a call before; what is under way is not waited for."""
        if self.state in ("working", "resting"):
            self._stop()
            why_not = why_not_replayed(self._session)
            if self.is_wanted_shown or why_not is None:
                self._enter("filled")
            else:
                self._fail(why_not)
        self.changed.emit()

    def clear(self) -> None:
        """Forget everything: there is another run."""
        self._stop()
        self.wanted = self.replayed = self.graph = self._of = None
        self.shown, self.value = -1, None
        self._marks.begin(-1, -1)
        self._enter("none")

    def _look(self, wanted: Wanted) -> None:
        shown, graph = self.replayed, self.graph
        self._stop()
        self.wanted = wanted
        is_there = self.is_wanted_shown and self.is_current
        if (
            is_there
            and shown is not None
            and graph is not None
            and shown.iterations[: len(wanted.turns)] == wanted.turns
        ):
            self._show(index_of(wanted.value, shown, graph))
            self._enter("filled")
        else:
            self._enter("resting")

    def _take(self, answer: Replayed, at: "tuple[RunView, Moment]") -> None:
        wanted = self.wanted
        assert wanted is not None
        tab = self._session.graph(wanted.graph)
        if tab is None or tab.graph is None:
            self.clear()
            return
        self.replayed, self.graph, self._of = answer, tab.graph, at
        self._marks.begin(answer.function, answer.call)
        self.wanted = replace(wanted, turns=answer.iterations)
        self._show(index_of(wanted.value, answer, tab.graph))
        self._enter("filled")

    def _show(self, index: int) -> None:
        """Look at one of the values, and read its statistics."""
        self.shown = index
        if self.node >= 0:
            self.ask_value(self.node)
        elif self.value is not None:
            self.value = None
            self.value_changed.emit()

    def _note_value(self) -> None:
        """Mark the equation that made the value whose statistics have come."""
        value, replayed, graph = self.value, self.replayed, self.graph
        if not isinstance(value, ValueSummary) or replayed is None or graph is None:
            return
        if value.node != self.node:
            return
        maker = int(graph.value_producer[int(replayed.values[self.shown])])
        if maker >= 0:
            self._marks.note(maker, value)

    def _fail(self, problem: Problem) -> None:
        self.problem = problem
        is_missed = problem.code in _MISSED or problem.code == "running"
        self._enter("missed" if is_missed else "failed")

    def _enter(self, state: State) -> None:
        if state not in ("failed", "missed"):
            self.problem = None
        if state != "working":
            self.progress = None
        self.state = state
        self.changed.emit()

    def _stop(self) -> None:
        if self._give_up is not None:
            self._give_up()
            self._give_up = None
