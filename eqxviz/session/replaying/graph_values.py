"""The values at the selected equation of a graph, by replaying the kept call up to it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from psygnal import Signal

from eqxviz.layout.texts import equation_title
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
from eqxviz.session.graphs import GraphTab
from eqxviz.session.replaying.asking import ReplayQueue
from eqxviz.session.replaying.marks import ReadMark, mark_of
from eqxviz.session.selection import Selection
from eqxviz.session.values.value import ValueReading

if TYPE_CHECKING:
    from eqxviz.session.run_view import RunView
    from eqxviz.session.selecting import SelectionPart

State = Literal["none", "resting", "working", "filled", "missed", "failed"]
_PLACES = ("node", "equation", "value", "group")  # selections that other values may be of
_MISSED = frozenset(str(state) for state in ReplayState)
Moment = tuple[object, ...]


@dataclass(frozen=True)
class Wanted:
    """A place of a graph whose values are looked at."""

    graph: str  # GraphTab.key
    function: int
    equation: int
    value: int  # of the graph; -1: what the equation makes first
    turns: tuple[int, ...] = ()  # of the loops around it, outermost first, from 0


@dataclass(frozen=True)
class Choice:
    """One of the values of an equation, to be chosen."""

    index: int  # in `Replayed.values`
    text: str  # "makes f32[8]", "reads x  f32[8,3]"
    is_input: bool


@dataclass(frozen=True)
class Turn:
    """A loop around the equation, and which turn of it is looked at, from 0."""

    title: str  # "scan  train.py:12"
    at: int
    n_turns: int


class GraphValues(ValueReading):
    """What an equation read and made in the kept call: opened as a tree, beside the model's.

    It follows the selection: `follow` is told of it, and `ask` after a rest, so that walking
    through a graph asks for nothing. While the run goes on the latest answer stays, and says of
    which call it is.

    Signals:
        changed: `state`, `replayed`, `shown`, `progress` or the words.
        marked: `marks` are others.
    """

    changed = Signal()
    marked = Signal()

    def __init__(self, session: "SelectionPart", queue: ReplayQueue) -> None:
        super().__init__()
        self._session = session
        self._queue = queue
        self.state: State = "none"
        self.wanted: Wanted | None = None
        self.replayed: Replayed | None = None  # what is shown
        self.graph: Graph | None = None  # in which its numbers are
        self.shown = -1  # which of `replayed.values` is looked at
        self.progress: Progress | None = None
        self.problem: Problem | None = None  # why there are no values
        self.marks: dict[int, ReadMark] = {}  # by equation, of what was read of the call
        self._marked: tuple[int, int] = (-1, -1)  # the function and call that the marks are of
        self._blamed: tuple[int, dict[int, ReadMark]] = (-1, {})  # the function, and its marks
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
        wanted, before = self._wanted_by(selection), self.wanted
        if wanted is None:
            self._stop()
            self.wanted = None
            self._enter("none")
        elif before is None or _place(before) != _place(wanted):
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
        why_not = self._why_not()
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
            self._fail(_gone())
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

    def choices(self) -> tuple[Choice, ...]:
        """Return the values of the equation: what it makes first, then what it reads."""
        replayed, graph = self.replayed, self.graph
        if replayed is None or graph is None:
            return ()
        n_inputs = len(graph.inputs_of(replayed.equation))
        values = replayed.values.tolist()
        made = [Choice(i, _words(graph, v, False), False) for i, v in enumerate(values)][n_inputs:]
        read = [Choice(i, _words(graph, v, True), True) for i, v in enumerate(values)][:n_inputs]
        return (*made, *read)

    def turns(self) -> Iterator[Turn]:
        """Yield the loops around the equation, outermost first."""
        wanted, replayed, graph = self.wanted, self.replayed, self.graph
        if wanted is None or replayed is None or graph is None:
            return
        at = (*wanted.turns, *replayed.iterations[len(wanted.turns) :])
        for loop, turn in zip(replayed.loops, at, strict=False):
            yield Turn(equation_title(graph, loop.equation), turn, loop.n_turns)

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
            why_not = self._why_not()
            if self.is_wanted_shown or why_not is None:
                self._enter("filled")
            else:
                self._fail(why_not)
        self.changed.emit()

    def set_blamed(self, function: int, marks: dict[int, ReadMark]) -> None:
        """Mark what was found of a call of `function`, over what was read of it."""
        if (function, marks) != self._blamed:
            self._blamed = function, marks
            self.marked.emit()

    def marks_in(self, tab: str) -> dict[int, ReadMark]:
        """Return the marks of the equations in the graph of the tab called `tab`."""
        shown = self._session.graph(tab)
        if shown is None or not is_replayed(shown):
            return {}
        read = self.marks if shown.function == self._marked[0] else {}
        return {**read, **(self._blamed[1] if shown.function == self._blamed[0] else {})}

    def clear(self) -> None:
        """Forget everything: there is another run."""
        self._stop()
        self.wanted = self.replayed = self.graph = self._of = None
        self.shown, self.value = -1, None
        self._mark((-1, -1))
        self._enter("none")

    def _look(self, wanted: Wanted) -> None:
        shown = self.replayed
        self._stop()
        self.wanted = wanted
        is_there = self.is_wanted_shown and self.is_current
        if is_there and shown is not None and shown.iterations[: len(wanted.turns)] == wanted.turns:
            self._show(self._index_of(shown))
            self._enter("filled")
        else:
            self._enter("resting")

    def _wanted_by(self, selection: Selection) -> Wanted | None:
        """Return the place that is selected, None where it is none of a function of the run."""
        if selection.kind not in ("equation", "value"):
            return None
        tab = self._session.graph(selection.graph)
        if tab is None or tab.graph is None or not is_replayed(tab):
            return None
        if not tab.reading.holds(selection):
            return None
        equation, value = selection.equation, selection.value
        if equation < 0:
            equation = int(tab.graph.value_producer[value])
        if equation < 0:  # an argument, a constant, a variable of a nested jaxpr: as it is read
            equation = next(iter(tab.reading.readers_of(value).tolist()), -1)
        if equation < 0:
            return None
        return Wanted(tab.key, tab.function, equation, value)

    def _why_not(self) -> Problem | None:
        """Return why nothing can be replayed now, as far as that is known without asking."""
        run = self._session.run
        assert run is not None
        if run.keeping is None or not run.keeping.is_on:
            return Problem(
                ReplayState.NOT_KEPT.value, Severity.NOTE, "No values: calls are not kept",
                "What an equation reads and makes is found by replaying a call.",
                "Keep calls from now on, and let the run make one.",
            )  # fmt: skip
        if not self._session.can_open_call:
            return Problem(
                "running", Severity.NOTE, "No values while the run goes on",
                "The latest call can be replayed between two calls.", "Pause the run.",
            )  # fmt: skip
        return None

    def _take(self, answer: Replayed, at: "tuple[RunView, Moment]") -> None:
        wanted = self.wanted
        assert wanted is not None
        tab = self._session.graph(wanted.graph)
        if tab is None or tab.graph is None:
            self.clear()
            return
        self.replayed, self.graph, self._of = answer, tab.graph, at
        if self._marked != (answer.function, answer.call):
            self._mark((answer.function, answer.call))
        self.wanted = replace(wanted, turns=answer.iterations)
        self._show(self._index_of(answer))
        self._enter("filled")

    def _index_of(self, replayed: Replayed) -> int:
        """Return which of the values is wanted: what the equation makes first, if none is named."""
        assert self.wanted is not None
        assert self.graph is not None
        values, nodes = replayed.values.tolist(), replayed.nodes.tolist()
        if self.wanted.value >= 0 and self.wanted.value in values:
            return len(values) - 1 - values[::-1].index(self.wanted.value)
        n_inputs = len(self.graph.inputs_of(replayed.equation))
        return next((i for i, node in enumerate(nodes) if i >= n_inputs and node >= 0), -1)

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
        mark = mark_of(value)
        if maker >= 0 and mark is not None and self.marks.get(maker) != mark:
            self.marks[maker] = mark
            self.marked.emit()

    def _mark(self, of: tuple[int, int]) -> None:
        self._marked = of
        if self.marks:
            self.marks = {}
            self.marked.emit()

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


def is_replayed(tab: GraphTab) -> bool:
    """Whether the equations of `tab` are those that a call of the run makes."""
    return tab.function >= 0 and tab.drawn_as == "forward" and not tab.is_former


def _place(wanted: Wanted) -> tuple[str, int]:
    return wanted.graph, wanted.equation


def _words(graph: Graph, value: int, is_input: bool) -> str:
    """Return "makes f32[8]", "reads x  f32[8,3]", "reads f32[8] from log"."""
    if value < 0:
        return "reads no array" if is_input else "makes no array"
    aval = graph.text(int(graph.value_aval[value]))
    if not is_input:
        return f"makes {aval}"
    if path := graph.text(int(graph.value_path[value])):
        return f"reads {path}  {aval}"
    maker = int(graph.value_producer[value])
    return f"reads {aval}" + (f" from {equation_title(graph, maker)}" if maker >= 0 else "")


def _gone() -> Problem:
    return Problem(
        "worker-gone", Severity.NOTE, "No values: the run's process has ended",
        "Only a process that holds the call can replay it.", "Run the script again.",
    )  # fmt: skip
