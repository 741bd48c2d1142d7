"""How graphs are explored: by what they are coloured, and what stands out in one of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from psygnal import Signal

from eqxviz.records import ValueOrigin
from eqxviz.session.graph.colouring import ColourBy, percent
from eqxviz.session.graph.reach import Ends, Reach
from eqxviz.session.graph.reading import GraphReading
from eqxviz.session.graphs import GraphTab
from eqxviz.session.selection import Selection

_T = TypeVar("_T")
_LARGE = 20_000  # equations: ways through more are followed in a thread


class Explored(Protocol):
    """What of the session is explored."""

    @property
    def selection(self) -> Selection: ...
    def graph(self, key: str) -> GraphTab | None: ...
    def in_background(self, work: Callable[[], _T], done: Callable[[_T], None]) -> None: ...


@dataclass(frozen=True, eq=False)
class Lit:
    """What stands out in the graph of the tab called `tab`, and the words for it.

    `reach` holds the place that was asked about, too.
    """

    tab: str
    title: str
    words: str
    reach: Reach


@dataclass(frozen=True)
class PathEnd:
    """One end of a path that is to be found, the other being asked for."""

    selection: Selection
    name: str


class Exploring:
    """What a user does to find the way in a graph.

    Signals:
        recoloured: `colour_by` is another one.
        relit: `lit`, `path_end` or `note` is another one.
        reveal_asked: `to_reveal` is to be brought into sight.
    """

    recoloured = Signal()
    relit = Signal()
    reveal_asked = Signal()

    def __init__(self, session: Explored) -> None:
        self._session = session
        self.colour_by = ColourBy.KIND
        self.lit: Lit | None = None
        self.path_end: PathEnd | None = None
        self.note = ""  # why nothing stands out that was asked for
        # An equation to be unfolded to and shown, until the view of its graph has done it.
        self.to_reveal: Selection | None = None
        self._n_asked = 0

    def colour(self, by: str) -> None:
        """Colour all graphs by something else: a `ColourBy`, or its value."""
        if by != self.colour_by:
            self.colour_by = ColourBy(by)
            self.recoloured.emit()

    @property
    def can_light(self) -> bool:
        """Whether something of a graph is selected."""
        return self._tab_of(self._session.selection) is not None

    def light_dependents(self) -> None:
        """Let all stand out that depends on what is selected."""
        self._light("What depends on {}", lambda reading, here: reading.flow.dependents(here))

    def light_dependencies(self) -> None:
        """Let all stand out that what is selected depends on."""
        self._light("What {} depends on", lambda reading, here: reading.flow.dependencies(here))

    def step_path(self) -> None:
        """Take what is selected as one end of a path; of two ends, let what lies between stand out.

        Values go from the first to the second, or else the other way.
        """
        selection, first = self._session.selection, self.path_end
        tab = self._tab_of(selection)
        if tab is None:
            return
        name = tab.reading.name_of(selection)
        if first is None or first.selection.graph != selection.graph:
            self._show(path_end=PathEnd(selection, name))
            return
        if first.selection == selection:
            return
        reading, key = tab.reading, tab.key

        def work() -> Lit | None:
            ends = [reading.place_of(one) for one in (first.selection, selection)]
            names = [first.name, name]
            found = reading.flow.between(ends[0], ends[1])
            if found.is_empty:
                found = reading.flow.between(ends[1], ends[0])
                names.reverse()
            if found.is_empty:
                return None
            return Lit(key, f"Between {names[0]} and {names[1]}", _words(reading, found), found)

        self._find(reading, work, f"No value goes from {first.name} to {name}, or back.")

    def light_road(self, tab: GraphTab, title: str, words: str, equations: list[int]) -> None:
        """Let `equations` of `tab`, each fed by the one before, stand out, and what is around."""
        self._show(lit=Lit(tab.key, title, words, tab.reading.flow.road(equations)))

    def reveal(self, selection: Selection) -> None:
        """Unfold what hides an equation, wherever its graph is shown, and bring it into sight."""
        self.to_reveal = selection
        self.reveal_asked.emit()

    @property
    def is_asked(self) -> bool:
        """Whether anything stands out, or was asked for."""
        return self.lit is not None or self.path_end is not None or bool(self.note)

    def clear(self) -> None:
        """Let nothing stand out."""
        if self.is_asked:
            self._show()

    def forget(self, tab: GraphTab) -> None:
        """Let nothing stand out in `tab`: its numbers mean something else now."""
        shown = [self.lit.tab] if self.lit is not None else []
        shown += [self.path_end.selection.graph] if self.path_end is not None else []
        if tab.key in shown:
            self._show()

    def _light(self, title: str, reach: Callable[[GraphReading, Ends], Reach]) -> None:
        selection = self._session.selection
        tab = self._tab_of(selection)
        if tab is None:
            return
        reading, key = tab.reading, tab.key

        def work() -> Lit:
            here = reading.place_of(selection)
            found = reach(reading, here)
            whole = Reach(found.equations | here.own, found.values)
            name = reading.name_of(selection)
            return Lit(key, title.format(name), _words(reading, found), whole)

        self._find(reading, work)

    def _find(self, reading: GraphReading, work: Callable[[], Lit | None], note: str = "") -> None:
        """Show what `work` finds, or else `note`; what was asked before is given up."""
        self._n_asked += 1
        asked = self._n_asked

        def done(lit: Lit | None) -> None:
            if asked == self._n_asked:
                self._show(lit=lit, note="" if lit is not None else note)

        if len(reading.graph) > _LARGE:
            self._session.in_background(work, done)
        else:
            done(work())

    def _show(
        self, *, lit: Lit | None = None, path_end: PathEnd | None = None, note: str = ""
    ) -> None:
        self._n_asked += 1
        self.lit, self.path_end, self.note = lit, path_end, note
        self.relit.emit()

    def _tab_of(self, selection: Selection) -> GraphTab | None:
        """Return the tab in which something of the graph is selected, None if nothing is."""
        tab = self._session.graph(selection.graph) if selection.graph else None
        if tab is None or tab.graph is None:
            return None
        return tab if tab.reading.holds(selection) else None


def _words(reading: GraphReading, found: Reach) -> str:
    """Return how much was found: equations, their part of the cost, arguments and results."""
    graph = reading.graph
    n = int(np.count_nonzero(found.equations & ~reading.costs.is_call))
    words = [_counted(n, "equation")]
    if share := percent(reading.costs.share_of(found.equations)):
        words.append(f"{share} of the FLOPs")
    given = (graph.value_origin == ValueOrigin.ARGUMENT) & (graph.value_outer < 0)
    given &= graph.value_producer < 0
    if n_given := int(np.count_nonzero(found.values & given)):
        words.append(_counted(n_given, "argument"))
    if n_results := int(np.count_nonzero(found.values[graph.outputs])):
        words.append(_counted(n_results, "result"))
    return "  ·  ".join(words)


def _counted(n: int, what: str) -> str:
    return f"1 {what}" if n == 1 else f"{n:,} {what}s"
