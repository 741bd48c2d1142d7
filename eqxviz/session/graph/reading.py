"""All that is worked out of one graph, each part when it is first asked for."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eqxviz.layout import Repeats
from eqxviz.layout.texts import equation_title
from eqxviz.records import Graph
from eqxviz.session.graph.colouring import ColourBy, Colouring, coloured
from eqxviz.session.graph.costs import GraphCosts, graph_costs
from eqxviz.session.graph.names import NamedPart, named_parts
from eqxviz.session.graph.query import GraphHaystack
from eqxviz.session.graph.reach import Ends, ValueFlow
from eqxviz.session.search.language import Query
from eqxviz.session.selection import Selection


class GraphReading:
    """One graph and what follows from it. Any thread can ask; twice worked out is the same."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._colourings: dict[ColourBy, Colouring] = {}

    @cached_property
    def costs(self) -> GraphCosts:
        """What its equations and groups cost."""
        return graph_costs(self.graph)

    @cached_property
    def flow(self) -> ValueFlow:
        """What depends on what in it."""
        return ValueFlow(self.graph)

    @cached_property
    def repeats(self) -> Repeats:
        """Its equal groups beside one another."""
        return Repeats(self.graph)

    @cached_property
    def searched(self) -> GraphHaystack:
        """Its texts, to be searched."""
        return GraphHaystack(self.graph, self.costs)

    @cached_property
    def named(self) -> list[NamedPart]:
        """Its groups and equations by name."""
        return named_parts(self.graph)

    def found(self, query: Query[GraphHaystack]) -> NDArray[np.int64]:
        """Return the equations for which `query` holds, in order."""
        if query.problem or not query.choices:
            return np.zeros(0, np.int64)
        return np.flatnonzero(query.mask(self.searched, len(self.graph)))

    def readers_of(self, value: int) -> NDArray[np.int64]:
        """Return the equations that read `value`, each once, in order."""
        order, readers = self._reads
        start, stop = np.searchsorted(order, [value, value + 1])
        return np.unique(readers[start:stop])

    @cached_property
    def _reads(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The values that are read, sorted, and the equation that reads each."""
        graph = self.graph
        readers = np.repeat(np.arange(len(graph)), np.diff(graph.in_offset.astype(np.int64)))
        order = np.argsort(graph.in_value, kind="stable")
        return graph.in_value[order], readers[order]

    def holds(self, selection: Selection) -> bool:
        """Return whether a part of this graph is selected."""
        graph = self.graph
        values = (selection.value, *selection.beside)
        return (
            0 <= selection.equation < len(graph)
            or 0 <= min(values) <= max(values) < len(graph.value_producer)
            or 0 <= selection.group < len(graph.group_parent)
        )

    def name_of(self, selection: Selection) -> str:
        """Return the name of the part that is selected."""
        graph = self.graph
        if selection.equation >= 0:
            return equation_title(graph, selection.equation)
        if selection.value >= 0:
            path = graph.text(int(graph.value_path[selection.value]))
            return path or graph.text(int(graph.value_aval[selection.value]))
        return graph.text(int(graph.group_name[selection.group])) or graph.title

    def place_of(self, selection: Selection) -> Ends:
        """Return the part that is selected as a place in the flow of values."""
        if selection.equation >= 0:
            return self.flow.equation(selection.equation)
        if selection.value >= 0:
            return self.flow.value(selection.value)
        return self.flow.group(selection.group)

    def colouring(self, by: ColourBy) -> Colouring:
        """Return its colours."""
        made = self._colourings.get(by)
        if made is None:
            made = self._colourings[by] = coloured(self.graph, by, self.costs)
        return made
