"""The parts of a graph by name, to go to them."""

from typing import NamedTuple

import numpy as np

from eqxviz.layout.texts import source_of
from eqxviz.records import Graph, GroupKind

MAX_EQUATIONS = 20_000  # more names than this would make typing slow; the search takes all


class NamedPart(NamedTuple):
    """A group or an equation: its name with where it is, and what it makes, and where."""

    title: str
    detail: str
    group: int = -1
    equation: int = -1


def named_parts(graph: Graph) -> list[NamedPart]:
    """Return the groups of a graph, then its equations."""
    names = [graph.text(i) for i in graph.group_name.tolist()]
    kinds: list[int] = graph.group_kind.tolist()
    parents: list[int] = graph.group_parent.tolist()
    parts: list[NamedPart] = []
    inside: list[str] = [""]  # of each group: the names from the outermost on
    sizes = np.bincount(graph.equation_group, minlength=len(names)).tolist()
    for group in range(1, len(names)):
        above, name = inside[parents[group]], names[group]
        if (owner := int(graph.group_owner[group])) >= 0:
            primitive = graph.text(int(graph.equation_primitive[owner]))
            name = f"{primitive} {name}".strip()
        # The path of a Module says where it is.
        whole = name if kinds[group] == GroupKind.MODULE or not above else f"{above} › {name}"
        inside.append(whole)
        parts.append(NamedPart(whole, f"group of {sizes[group]:,}", group=group))
    groups: list[int] = graph.equation_group.tolist()
    for equation in range(min(len(graph), MAX_EQUATIONS)):
        above = inside[groups[equation]]
        name = graph.text(int(graph.equation_primitive[equation]))
        made = graph.outputs_of(equation)
        array = graph.text(int(graph.value_aval[made[0]])) if len(made) else ""
        detail = f"{array}  {source_of(graph, equation)}".strip()
        title = f"{above} › {name}" if above else name
        parts.append(NamedPart(title, detail, equation=equation))
    return parts
