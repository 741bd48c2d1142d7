"""What is known of the parts of a graph: equations, groups, values and results."""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eqxviz.layout.texts import equation_title, source_of
from eqxviz.records import EquationFlag, Graph, GroupKind, ValueOrigin
from eqxviz.records.graph import EquationKind
from eqxviz.session import formatting
from eqxviz.session.details import Details
from eqxviz.session.facts import Fact
from eqxviz.session.graph.colouring import KIND_WORDS, percent
from eqxviz.session.graph.reading import GraphReading
from eqxviz.session.selection import Selection

_MOST_LINKS = 8
_GROUP_WORDS = {
    GroupKind.ROOT: "the whole function",
    GroupKind.MODULE: "the call of a Module",
    GroupKind.SCOPE: "a scope",
    GroupKind.JAXPR: "a nested jaxpr",
}
_NOT_KNOWN = "not known"


class GraphTelling:
    """Tells of one graph; its facts link to selections in the tab called `tab`.

    `node_of` gives the node of the open model's tree that a value is, -1 for none.
    """

    def __init__(
        self, reading: GraphReading, tab: str, node_of: Callable[[int], int] = lambda _value: -1
    ) -> None:
        self._reading = reading
        self._tab = tab
        self._node_of = node_of

    @property
    def _graph(self) -> Graph:
        return self._reading.graph

    def equation(self, equation: int) -> Details:
        """Return what is known of an equation."""
        graph, costs = self._graph, self._reading.costs
        flags = int(graph.equation_flags[equation])
        kind = KIND_WORDS[EquationKind(int(graph.equation_kind[equation]))]
        kind += ", backward pass" if flags & EquationFlag.BACKWARD else ""
        kind += ", has an effect" if flags & EquationFlag.EFFECT else ""
        facts = [Fact("Kind", kind), *self._source(equation)]
        facts += _cost_facts(
            float(graph.equation_flops[equation]),
            float(graph.equation_bytes[equation]),
            float(costs.equation_times[equation]),
            float(costs.equation_shares()[equation]),
            partly="a part of it is not known" if flags & EquationFlag.UNKNOWN_COST else "",
        )
        if path := _group_path(graph, int(graph.equation_group[equation])):
            facts.append(Fact("In", path, is_mono=True))
        facts += self._values("Reads", graph.inputs_of(equation).tolist())
        makes = graph.outputs_of(equation).tolist()
        facts += self._values("Makes", makes) + self._readers("Read by", *makes[:_MOST_LINKS])
        if params := graph.text(int(graph.equation_params[equation])):
            facts.append(Fact("Parameters", params, is_mono=True))
        return Details(equation_title(graph, equation), "", tuple(facts))

    def group(self, group: int) -> Details:
        """Return what is known of a group."""
        graph, costs = self._graph, self._reading.costs
        own = self._reading.flow.group(group).own
        n_equations, n_unknown = int(np.count_nonzero(own)), int(costs.group_unknown[group])
        facts = [Fact("Kind", _GROUP_WORDS[GroupKind(int(graph.group_kind[group]))])]
        facts.append(Fact("Holds", _counted(n_equations, "equation")))
        if alike := self._n_alike(group):
            facts.append(Fact("Repeats", f"× {alike}: as many groups do the same on other values"))
        facts += _cost_facts(
            float(costs.group_flops[group]),
            float(costs.group_bytes[group]),
            float(costs.group_times[group]),
            float(costs.group_shares()[group]),
            partly=f"{_counted(n_unknown, 'equation')} of unknown cost" if n_unknown else "",
        )
        if path := _group_path(graph, int(graph.group_parent[group])):
            facts.append(Fact("In", path, is_mono=True))
        reads, returns = self._borders(group, own)
        facts += self._values("Reads", reads)
        facts += self._values("Returns", returns)
        facts += self._readers("Read by", *returns[:_MOST_LINKS], apart_from=own)
        title = graph.text(int(graph.group_name[group])) or graph.title
        owner = int(graph.group_owner[group])
        return Details(
            title if owner < 0 else f"{equation_title(graph, owner)} · {title}", "", tuple(facts)
        )

    def value(self, value: int, beside: Collection[int] = ()) -> Details:
        """Return what is known of a value; those `beside` it go along the same edge."""
        graph = self._graph
        origin = ValueOrigin(int(graph.value_origin[value]))
        aval, path = graph.text(int(graph.value_aval[value])), self._name(value)
        producer = int(graph.value_producer[value])
        facts = [Fact("Array", aval, is_mono=True), *_size(graph, value)]
        if origin is ValueOrigin.CONSTANT:
            facts.insert(
                0, Fact("Kind", "a constant captured by closure: baked into the compiled program")
            )
        elif origin is ValueOrigin.ARGUMENT and producer < 0:
            facts.insert(0, Fact("Kind", self._argument_words(value)))
        if (node := self._node_of(value)) > 0:
            link = Selection(kind="node", node=node)
            facts.append(Fact("Leaf", path, link, is_mono=True))
        if producer >= 0:
            facts.append(self._equation_fact("Made by", producer))
        if (outer := int(graph.value_outer[value])) >= 0:
            words = "Is outside" if producer < 0 else "Becomes"
            facts.append(self._value_fact(words, outer))
        facts += self._readers("Read by", value)
        for output in np.flatnonzero(graph.outputs == value).tolist():
            name = graph.text(int(graph.output_names[output])) or "the result"
            facts.append(Fact("Returned as", name, is_mono=True))
        facts += self._values("Beside it", beside)
        return Details(path or aval, "", tuple(facts))

    def result(self, output: int) -> Details:
        """Return what is known of a result of the function."""
        graph = self._graph
        name = graph.text(int(graph.output_names[output])) or "result"
        told = self.value(int(graph.outputs[output]))
        facts = [fact for fact in told.facts if fact.name not in ("Returned as", "Kind")]
        return Details(name, "", (Fact("Kind", "a result of the function"), *facts))

    def _source(self, equation: int) -> list[Fact]:
        graph, source = self._graph, int(self._graph.equation_source[equation])
        if source < 0:
            return []
        file, line = graph.text(int(graph.source_file[source])), int(graph.source_line[source])
        place = f"{Path(file).name}:{line} in {graph.text(int(graph.source_function[source]))}"
        return [Fact("Source", place, Selection(kind="source", file=file, line=line))]

    def _values(self, name: str, values: Iterable[int]) -> list[Fact]:
        ids = list(values)
        facts = [self._value_fact(name, value) for value in ids[:_MOST_LINKS]]
        if len(ids) > _MOST_LINKS:
            facts.append(Fact(name, f"and {len(ids) - _MOST_LINKS} more"))
        return facts

    def _value_fact(self, name: str, value: int) -> Fact:
        """Return a line about a value that leads to its maker, to its leaf, or to itself."""
        graph = self._graph
        aval, path = graph.text(int(graph.value_aval[value])), self._name(value)
        if name == "Returns" and not path and value in graph.outputs:
            path = graph.text(int(graph.output_names[np.flatnonzero(graph.outputs == value)[0]]))
        origin, producer = int(graph.value_origin[value]), int(graph.value_producer[value])
        if origin == ValueOrigin.LITERAL:
            return Fact(name, aval, is_mono=True)
        link = Selection(kind="value", graph=self._tab, value=value)
        if producer >= 0 and name in ("Reads", "Is outside"):
            link = Selection(kind="equation", graph=self._tab, equation=producer)
            words = f"{aval} from {equation_title(graph, producer)}"
            return Fact(name, f"{path}  {words}" if path else words, link, is_mono=True)
        if producer < 0 and (node := self._node_of(value)) > 0:
            link = Selection(kind="node", node=node, graph=self._tab, value=value)
        if origin == ValueOrigin.CONSTANT:
            path = f"constant {path}".strip()
        return Fact(name, f"{path}  {aval}".strip(), link, is_mono=True)

    def _readers(
        self, name: str, *values: int, apart_from: NDArray[np.bool_] | None = None
    ) -> list[Fact]:
        """Return a line for each equation that reads some of `values`, each once."""
        found = (self._reading.readers_of(value).tolist() for value in values)
        readers = list(dict.fromkeys(e for several in found for e in several))
        if apart_from is not None:
            readers = [e for e in readers if not apart_from[e]]
        facts = [self._equation_fact(name, e) for e in readers[:_MOST_LINKS]]
        if len(readers) > _MOST_LINKS:
            facts.append(Fact(name, f"and {len(readers) - _MOST_LINKS} more"))
        return facts

    def _equation_fact(self, name: str, equation: int) -> Fact:
        graph = self._graph
        words = equation_title(graph, equation)
        if place := source_of(graph, equation):
            words += f"  {place}"
        return Fact(name, words, Selection(kind="equation", graph=self._tab, equation=equation))

    def _borders(self, group: int, own: NDArray[np.bool_]) -> tuple[list[int], list[int]]:
        """Return what a group takes from outside, and what of it is used there."""
        graph = self._graph
        if graph.group_kind[group] in (GroupKind.JAXPR, GroupKind.ROOT):
            takes, returns = graph.taken_by(group).tolist(), graph.returned_by(group).tolist()
            if takes or returns:
                return takes, returns
        ends = self._reading.flow.group(group)
        made = np.zeros(len(graph.value_producer), np.bool_)
        made[ends.makes] = True
        reads = ends.reads[
            ~made[ends.reads] & (graph.value_origin[ends.reads] != ValueOrigin.LITERAL)
        ]
        # A variable of a jaxpr nested in it is what the equation that owns it reads.
        inside = (graph.value_producer[reads] < 0) & (graph.value_outer[reads] >= 0)
        nested = np.zeros(len(graph.value_producer), np.bool_)
        for inner in np.flatnonzero(graph.group_kind == GroupKind.JAXPR).tolist():
            if own[int(graph.group_owner[inner])]:
                nested[graph.taken_by(inner)] = True
        reads = reads[~(inside & nested[reads])]
        reader = np.repeat(np.arange(len(graph)), np.diff(graph.in_offset.astype(np.int64)))
        used = np.zeros(len(graph.value_producer), np.bool_)
        used[graph.in_value[~own[reader]]] = True
        used[graph.outputs] = True
        n_returned = np.diff(graph.group_out_offset.astype(np.int64))
        owner = np.repeat(graph.group_owner, n_returned)
        used[graph.group_out_value[(owner < 0) | ~own[owner]]] = True
        returns = ends.makes[used[ends.makes]]
        return list(dict.fromkeys(reads.tolist())), list(dict.fromkeys(returns.tolist()))

    def _n_alike(self, group: int) -> int:
        """Return how many groups do the same as `group`, which is one; 0 if it is the only one."""
        graph = self._graph
        first = int(graph.group_same_as[group])
        first = group if first < 0 else first
        n = int(np.count_nonzero(graph.group_same_as == first))
        return n + 1 if n else 0

    def _argument_words(self, value: int) -> str:
        if int(self._graph.value_outer[value]) >= 0:
            return "a variable of a nested jaxpr"
        return "an argument of the function"

    def _name(self, value: int) -> str:
        return self._graph.text(int(self._graph.value_path[value]))


def _cost_facts(
    flops: float, n_bytes: float, times: float, share: float, partly: str
) -> list[Fact]:
    """Return the lines about a cost: of one run, and where there are several, of all."""
    facts: list[Fact] = []
    if not np.isfinite(flops):
        facts.append(Fact("Cost", f"{_NOT_KNOWN}"))
    else:
        words = formatting.flops(flops)
        words += f" × {times:,.0f} = {formatting.flops(flops * times)}" if times > 1 else ""
        facts.append(Fact("Cost", f"at least {words}: {partly}" if partly else words))
    if np.isfinite(n_bytes):
        words = formatting.n_bytes(round(n_bytes * times))
        facts.append(Fact("Bytes", f"{words} (unfused upper estimate)"))
        if np.isfinite(flops) and n_bytes > 0:
            facts.append(Fact("Intensity", f"{flops / n_bytes:.3g} FLOPs a byte"))
    else:
        facts.append(Fact("Bytes", _NOT_KNOWN))
    if np.isfinite(share):
        facts.append(Fact("Share", f"{percent(share) or '0 %'} of the function's FLOPs"))
    return facts


def _size(graph: Graph, value: int) -> list[Fact]:
    n = float(graph.value_bytes[value])
    return [Fact("Size", formatting.n_bytes(round(n)))] if np.isfinite(n) else []


def _group_path(graph: Graph, group: int) -> str:
    names: list[str] = []
    while group > 0:
        names.append(graph.text(int(graph.group_name[group])))
        group = int(graph.group_parent[group])
    return " › ".join(reversed(names))


def _counted(n: int, what: str) -> str:
    return f"1 {what}" if n == 1 else f"{n:,} {what}s"
