"""The places of a graph whose values can be looked at, and why a place has none."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eqxviz.records import Problem, ReplayState, Severity
from eqxviz.session.graphs import GraphTab
from eqxviz.session.selection import Selection

if TYPE_CHECKING:
    from eqxviz.session.selecting import SelectionPart


@dataclass(frozen=True)
class Wanted:
    """A place of a graph whose values are looked at."""

    graph: str  # GraphTab.key
    function: int
    equation: int
    value: int  # of the graph; -1: what the equation makes first
    turns: tuple[int, ...] = ()  # of the loops around it, outermost first, from 0

    def is_at(self, other: "Wanted") -> bool:
        """Whether both are of the same equation."""
        return (self.graph, self.equation) == (other.graph, other.equation)


def is_replayed(tab: GraphTab) -> bool:
    """Whether the equations of `tab` are those that a call of the run makes."""
    return tab.function >= 0 and tab.drawn_as == "forward" and not tab.is_former


def place_of(session: "SelectionPart", selection: Selection) -> Wanted | None:
    """Return the place that is selected, None where it is none of a function of the run."""
    if selection.kind not in ("equation", "value"):
        return None
    tab = session.graph(selection.graph)
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


def why_not_replayed(session: "SelectionPart") -> Problem | None:
    """Return why nothing can be replayed now, as far as that is known without asking."""
    run = session.run
    assert run is not None
    if run.keeping is None or not run.keeping.is_on:
        return Problem(
            ReplayState.NOT_KEPT.value, Severity.NOTE, "No values: calls are not kept",
            "What an equation reads and makes is found by replaying a call.",
            "Keep calls from now on, and let the run make one.",
        )  # fmt: skip
    if not session.can_open_call:
        return Problem(
            "running", Severity.NOTE, "No values while the run goes on",
            "The latest call can be replayed between two calls.", "Pause the run.",
        )  # fmt: skip
    return None


def process_gone() -> Problem:
    """Return why nothing can be replayed once the run's process has ended."""
    return Problem(
        "worker-gone", Severity.NOTE, "No values: the run's process has ended",
        "Only a process that holds the call can replay it.", "Run the script again.",
    )  # fmt: skip
