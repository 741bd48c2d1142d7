"""Which two graphs of a session are compared, how far that is, and what was found."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from psygnal import Signal

from eqxviz.session.drawing import GraphPart
from eqxviz.session.graphs import DRAWN_AS, DrawnAs, GraphTab, former_key, key_of
from eqxviz.session.selection import Selection

if TYPE_CHECKING:
    from eqxviz.records import Graph, Problem
    from eqxviz.session.graph_compare.difference import GraphDifference
    from eqxviz.session.graph_compare.table import EquationTable, GroupTable
    from eqxviz.session.opening import ViewState


@dataclass(frozen=True)
class Side:
    """One of the two graphs: that of a tab, or the one that it showed before."""

    tab: GraphTab
    is_former: bool = False

    @property
    def graph(self) -> "Graph | None":
        """The graph as it is now."""
        return self.tab.former if self.is_former else self.tab.graph

    @property
    def key(self) -> str:
        """The key of the tab that shows it; of a former graph there may be none yet."""
        return former_key(self.tab) if self.is_former else self.tab.key

    @property
    def title(self) -> str:
        """What it is called, with the inputs it was drawn on where these tell it apart."""
        graph = self.graph
        name = graph.title if graph is not None else self.tab.title
        return f"{name} · before" if self.is_former else name


@dataclass(frozen=True)
class Choice:
    """A graph to compare the current one with."""

    kind: Literal["former", "tab", "drawn"]
    title: str
    key: str = ""  # of the tab
    drawn_as: DrawnAs = "forward"  # what is to be drawn first


@dataclass(frozen=True)
class Found:
    """What a comparison found: rows by equation and by group, and all in a sentence."""

    difference: "GraphDifference"
    equations: "EquationTable"
    groups: "GroupTable"
    summary: str


class GraphComparison:
    """The comparison of two graphs. It follows them: one that is drawn anew is compared anew.

    Signals:
        changed: Another state, or other graphs are compared.
        asked: The user asked for a comparison: it is to be seen.
    """

    changed = Signal()
    asked = Signal()

    def __init__(self, session: GraphPart, select: Callable[[Selection], None]) -> None:
        self._session = session
        self._select = select  # in the whole window
        self.before: Side | None = None
        self.after: Side | None = None
        self.state: ViewState = "empty"
        self.activity = ""
        self.problem: Problem | None = None
        self.found: Found | None = None
        self._compared: tuple[Graph, Graph] | None = None  # being compared, or compared
        self._awaited = ""  # the key of the tab that is drawn to be compared with `before`
        self._cancel = threading.Event()
        session.graphs_changed.connect(self._on_graphs_changed)

    # --- what to compare

    def choices(self) -> list[Choice]:
        """Return what the current graph can be compared with."""
        tab = self._current()
        if tab is None:
            return []
        found: list[Choice] = []
        if tab.former is not None and tab.graph is not None:
            old, new = tab.former.inputs, tab.graph.inputs
            on = f", on {old}" if old != new and old else ""
            found.append(Choice("former", f"What it was before{on}"))
        shown = (tab.graph, tab.former)
        others = [t for t in self._session.graphs if t is not tab and t.graph is not None]
        others = [t for t in others if not any(t.graph is graph for graph in shown)]
        found += [Choice("tab", other.title, other.key) for other in others]
        drawn = {other.key for other in others}
        for way in tab.ways:
            if way != tab.drawn_as and key_of(replace(tab, drawn_as=way)) not in drawn:
                found.append(Choice("drawn", f"{DRAWN_AS[way]} of the same", drawn_as=way))
        return found

    def choose(self, choice: Choice) -> None:
        """Compare the current graph with `choice`, which is drawn first if need be."""
        tab, session = self._current(), self._session
        if tab is None:
            return
        if choice.kind == "former":
            self.compare(Side(tab, is_former=True), Side(tab))
        elif choice.kind == "tab":
            other = session.graph(choice.key)
            if other is not None:
                # The tabs stand in the order in which they were drawn.
                first, second = sorted((tab, other), key=session.graphs.index)
                self.compare(Side(first), Side(second))
        else:
            self._draw(tab, choice.drawn_as)
        self.asked.emit()

    def compare(self, before: Side, after: Side) -> None:
        """Compare two graphs; `changed` tells when that is done."""
        self._stop()
        self.before, self.after = before, after
        self._compare()

    def swap(self) -> None:
        """Let both change places."""
        if self.before is not None and self.after is not None and not self._awaited:
            self.compare(self.after, self.before)

    def cancel(self) -> None:
        """Compare no more."""
        if self.state == "working":
            self.clear()

    def clear(self) -> None:
        """Compare nothing."""
        self._stop()
        self.before = self.after = None
        self._enter("empty")

    # --- what was found

    def side_of(self, tab: GraphTab) -> int:
        """Return 0 where `tab` shows the graph before, 1 for the one after, else -1."""
        if self.found is not None and tab.graph is not None:
            difference = self.found.difference
            for side, graph in ((1, difference.after), (0, difference.before)):
                if tab.graph is graph:
                    return side
        return -1

    def row_of(self, selection: Selection) -> int:
        """Return the row of the equation that is selected, -1 if none is."""
        tab = self._session.graph(selection.graph)
        if selection.kind != "equation" or tab is None or self.found is None:
            return -1
        side = self.side_of(tab)
        return self.found.difference.row_of(side, selection.equation) if side >= 0 else -1

    def select(self, row: int) -> None:
        """Select the equation of `row`: in the graph after, or before where only that has it."""
        if self.found is None or self.before is None or self.after is None:
            return
        difference = self.found.difference
        before, after = int(difference.before_equation[row]), int(difference.after_equation[row])
        self.select_in(1 if after >= 0 else 0, after if after >= 0 else before)

    def select_in(self, side: int, equation: int) -> None:
        """Select an equation of the graph before (0) or after (1), in a tab that shows it."""
        of = (self.before, self.after)[side]
        if of is None or equation < 0:
            return
        if of.is_former:
            self._session.show_former(of.tab)
        self._select(Selection(kind="equation", graph=of.key, equation=equation))

    def text(self) -> str:
        """Return what differs as text, a line for each difference; "" while nothing is compared."""
        from eqxviz.session.graph_compare.wording import difference_text

        return "".join(difference_text(self.found.difference)) if self.found is not None else ""

    def save(self, path: str) -> str:
        """Write what differs to `path`, as JSON or as text by its suffix; return why not, or ""."""
        from eqxviz.session.graph_compare.wording import difference_data

        if self.found is None:
            return "nothing is compared yet"
        try:
            if path.endswith(".json"):
                data = difference_data(self.found.difference)
                Path(path).write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
            else:
                Path(path).write_text(self.text())
        except OSError as error:
            return error.strerror or str(error)
        return ""

    # --- how far it is

    def _current(self) -> GraphTab | None:
        at = self._session.current_graph
        return self._session.graphs[at] if at >= 0 else None

    def _draw(self, tab: GraphTab, drawn_as: DrawnAs) -> None:
        self._stop()
        self.before, self.after = Side(tab), None
        self._awaited = key_of(replace(tab, drawn_as=drawn_as))
        self._enter("working", f"Drawing the {DRAWN_AS[drawn_as].lower()} of {tab.title}")
        self._session.redraw(tab, tab.written, drawn_as, tab.batch)

    def _on_graphs_changed(self) -> None:
        if self._awaited:
            self._take_awaited()
            return
        if self.before is None or self.after is None:
            return
        tabs = self._session.graphs
        if not any(tab is self.before.tab for tab in tabs) or not any(
            tab is self.after.tab for tab in tabs
        ):
            self.clear()
            return
        graphs = self.before.graph, self.after.graph
        compared = self._compared
        if graphs[0] is None or graphs[1] is None or compared is None:
            return  # one of them is being drawn
        if graphs[0] is not compared[0] or graphs[1] is not compared[1]:
            self._stop()
            self._compare()

    def _take_awaited(self) -> None:
        tab = self._session.graph(self._awaited)
        if tab is None or self.before is None:
            self.clear()
        elif tab.state == "filled":
            self._awaited = ""
            self.compare(self.before, Side(tab))
        elif tab.state == "failed":
            self._awaited = ""
            self.problem = tab.problem
            self._enter("failed")

    def _compare(self) -> None:
        before = self.before.graph if self.before is not None else None
        after = self.after.graph if self.after is not None else None
        if before is None or after is None:
            return
        self._compared = before, after
        cancel = self._cancel
        self._enter("working", f"Comparing {before.title} with {after.title}")

        def done(found: Found | None) -> None:
            if not cancel.is_set() and found is not None:
                self.found = found
                self._enter("filled")

        self._session.in_background(lambda: _found(before, after, cancel), done)

    def _stop(self) -> None:
        """Call off what is being compared, and forget what was."""
        self._cancel.set()
        self._cancel = threading.Event()
        self._awaited, self._compared = "", None
        self.found, self.problem = None, None

    def _enter(self, state: "ViewState", activity: str = "") -> None:
        self.state, self.activity = state, activity
        self.changed.emit()


def _found(before: "Graph", after: "Graph", cancel: threading.Event) -> Found | None:
    """Compare two graphs, in any thread; None if it is called off."""
    from eqxviz.session.graph_compare.difference import compare
    from eqxviz.session.graph_compare.matching import ComparisonCancelledError
    from eqxviz.session.graph_compare.table import EquationTable, GroupTable
    from eqxviz.session.graph_compare.wording import summary

    try:
        difference = compare(before, after, cancel)
    except ComparisonCancelledError:
        return None
    return Found(difference, EquationTable(difference), GroupTable(difference), summary(difference))
