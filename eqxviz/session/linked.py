"""What of a graph belongs to what is selected, wherever that is."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import Graph, ModelTree
from eqxviz.session.graphs import GraphTab
from eqxviz.session.selection import Selection

_NOTHING = np.zeros(0, np.int32)


class Linked(NamedTuple):
    """What of a graph belongs to a selection."""

    equations: NDArray[np.int32]
    values: NDArray[np.int32]


def linked(tab: GraphTab, selection: Selection, tree: ModelTree | None) -> Linked:
    """Return the equations of `tab` that `selection` is, holds or made, and its variables.

    Of a variable, or of the variables that a node of `tree` is, the equations that read one.
    """
    graph = tab.graph
    if graph is None:
        return Linked(_NOTHING, _NOTHING)
    if selection.kind == "equation" and selection.graph == tab.key:
        is_known = 0 <= selection.equation < len(graph)
        return Linked(np.array([selection.equation] if is_known else [], np.int32), _NOTHING)
    if selection.kind == "value" and selection.graph == tab.key:
        values = np.array([selection.value], np.int32)
        return Linked(tab.links.users_of(values), values)
    if selection.kind == "group" and selection.graph == tab.key:
        return Linked(_equations_below(tab.reading.graph, selection.group), _NOTHING)
    if selection.kind == "source":
        return Linked(tab.links.equations_at(selection.file, selection.line), _NOTHING)
    if selection.kind == "node" and tree is not None and 0 <= selection.node < len(tree):
        values = tab.links.values_of(tree, selection.node)
        return Linked(tab.links.users_of(values), values)
    return Linked(_NOTHING, _NOTHING)


def leaves_read(tab: GraphTab | None, selection: Selection, tree: ModelTree) -> list[int]:
    """Return the nodes of `tree` that the selected equation, group or line of source reads.

    A node or a variable that is selected itself reads none.
    """
    if tab is None or tab.graph is None or selection.kind in ("node", "value"):
        return []
    return tab.links.nodes_read(tree, linked(tab, selection, tree).equations)


def _equations_below(graph: Graph, group: int) -> NDArray[np.int32]:
    is_below = [False] * len(graph.group_parent)
    for each, parent in enumerate(graph.group_parent.tolist()):
        is_below[each] = each == group or (parent >= 0 and is_below[parent])
    return np.flatnonzero(np.array(is_below)[graph.equation_group]).astype(np.int32)
