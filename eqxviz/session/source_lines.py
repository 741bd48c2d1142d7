"""What the lines of a source file have made: equations with their cost, functions, curves."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.layout.texts import equation_title
from eqxviz.session import formatting
from eqxviz.session.details import Details
from eqxviz.session.facts import Fact
from eqxviz.session.graph.colouring import percent
from eqxviz.session.graphs import GraphTab
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session

_MOST_LINKS = 8
_MOST_PRIMITIVES = 6


class LineNote(NamedTuple):
    """What a line made of the graph in front; the share is of all its FLOPs, 0 for none."""

    n_equations: int
    share: float

    @property
    def text(self) -> str:
        """The share, or the number of equations where there is none: "41 %", "12"."""
        return percent(self.share) or f"{self.n_equations:,}"

    @property
    def words(self) -> str:
        """The note in words: "12 equations, 41 % of the FLOPs"."""
        count = "1 equation" if self.n_equations == 1 else f"{self.n_equations:,} equations"
        share = percent(self.share)
        return f"{count}, {share} of the FLOPs" if share else count


def line_notes(session: Session, file: str) -> dict[int, LineNote]:
    """Return a note for each line of `file` that made equations of the graph in front."""
    tab = session.tab_in_front
    if tab is None or tab.graph is None:
        return {}
    shares = _own_shares(tab)
    return {
        # Where it is not known how often a loop runs, the parts may be more than the whole.
        line: LineNote(len(made), min(1.0, float(shares[made].sum())))
        for line, made in tab.links.lines_of(file).items()
    }


def source_details(session: Session, file: str, line: int) -> Details:
    """Return what is known of a line: what it made of a graph, and what of the run is from there.

    The graph in front is told of, or another one where nothing of that one is from the line.
    """
    in_front = session.tab_in_front
    facts: list[Fact] = []
    for tab in sorted(session.graphs, key=lambda tab: tab is not in_front):
        if tab.graph is None:
            continue
        made = tab.links.equations_at(file, line)
        if len(made):
            facts += _graph_facts(session, tab, made)
            break
    facts += _run_facts(session, file, line)
    note = "" if facts else "Nothing that was drawn or run so far is known to come from this line."
    return Details(f"{Path(file).name}:{line}", note, tuple(facts))


def _own_shares(tab: GraphTab) -> NDArray[np.float64]:
    """Return the part of all FLOPs that each equation is: 0 for a call, whose equations are."""
    costs = tab.reading.costs
    return np.where(costs.is_call, 0.0, np.nan_to_num(costs.equation_shares()))


def _graph_facts(session: Session, tab: GraphTab, made: NDArray[np.int32]) -> list[Fact]:
    graph, model, shares = tab.reading.graph, session.model, _own_shares(tab)
    sources = np.unique(graph.equation_source[made])
    names = dict.fromkeys(graph.text(int(f)) for f in graph.source_function[sources])
    facts = [Fact("In", ", ".join(names), is_mono=True), Fact("Graph", tab.title)]
    facts.append(Fact("Equations", f"{len(made):,}"))
    costs = tab.reading.costs
    own = made[~costs.is_call[made]]
    flops = float(np.nansum(costs.equation_flops[own] * costs.equation_times[own]))
    if flops > 0:
        facts.append(Fact("FLOPs", formatting.flops(flops)))
        facts.append(Fact("Share", f"{percent(float(shares[made].sum()))} of the function's FLOPs"))
    counted = Counter(graph.text(int(graph.equation_primitive[e])) for e in made.tolist())
    shown = counted.most_common(_MOST_PRIMITIVES)
    words = [f"{n:,} × {name}" if n > 1 else name for name, n in shown]
    rest = [f"{len(counted) - len(shown)} other kinds"] if len(counted) > len(shown) else []
    facts.append(Fact("Made of", ", ".join([*words, *rest])))
    if model is not None:
        read = tab.links.nodes_read(model.tree, made)
        for node in read[:_MOST_LINKS]:
            link = Selection(kind="node", node=node)
            facts.append(Fact("Reads", model.tree.path(node), link, is_mono=True))
        facts += _more("Reads", len(read))
    for equation in made[:_MOST_LINKS].tolist():
        link = Selection(kind="equation", graph=tab.key, equation=equation)
        outs = graph.outputs_of(equation)
        aval = graph.text(int(graph.value_aval[outs[0]])) if len(outs) else ""
        facts.append(Fact("Made", f"{equation_title(graph, equation)}  {aval}".strip(), link))
    return facts + _more("Made", len(made))


def _more(name: str, n: int) -> list[Fact]:
    return [Fact(name, f"and {n - _MOST_LINKS:,} more")] if n > _MOST_LINKS else []


def _run_facts(session: Session, file: str, line: int) -> list[Fact]:
    run = session.run
    if run is None:
        return []
    facts = [
        Fact("Jitted here", seen.name, Selection(kind="function", function=seen.id))
        for seen in run.functions.values()
        if (seen.file, seen.line) == (file, line)
    ]
    compiled = [event for event in run.compiles if (event.file, event.line) == (file, line)]
    if compiled:
        facts.append(Fact("Compiled from here", f"{len(compiled):,} ×"))
    facts += [
        Fact("Curve", curve.series.name, Selection(kind="series", series=number))
        for number, curve in run.series.items()
        if (curve.series.file, curve.series.line) == (file, line)
    ]
    return facts
