"""From one view to another: what in a graph belongs to a source line or to a node of the tree."""

import os
from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import Graph, ModelTree

_NOTHING = np.zeros(0, np.int32)
_Key = Callable[[str], str]


class GraphLinks:
    """The cross references of one graph. Each index is built when it is first asked for."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def equations_at(self, file: str, line: int) -> NDArray[np.int32]:
        """Return the equations that `line` of `file` made, in order."""
        return self._equations_by_line.get((os.path.realpath(file), line), _NOTHING)

    def source_of(self, equation: int) -> tuple[str, int]:
        """Return the `(file, line)` that made `equation`; `("", 0)` if it is not known."""
        graph = self._graph
        source = int(graph.equation_source[equation])
        if source < 0:
            return "", 0
        return graph.text(int(graph.source_file[source])), int(graph.source_line[source])

    def values_of(self, tree: ModelTree, node: int) -> NDArray[np.int32]:
        """Return the values of the graph that are the leaf `node` of `tree`, or a leaf below it.

        The function may call its argument otherwise than the tree is called, so that what follows
        the name decides where no path is equal.
        """
        path = tree.path(node)
        rest = path.removeprefix(tree.name)
        found = _at_or_below(self._values_by_path, path)
        return _at_or_below(self._values_by_rest, rest) if not len(found) and rest else found

    def nodes_read(self, tree: ModelTree, equations: NDArray[np.int32]) -> list[int]:
        """Return the nodes of `tree` that `equations` read, each once, in order."""
        graph = self._graph
        is_asked = np.zeros(len(graph), np.bool_)
        is_asked[equations] = True
        n_read = np.diff(graph.in_offset.astype(np.int64))
        values = graph.in_value[np.repeat(is_asked, n_read)]
        _, firsts = np.unique(graph.value_path[values], return_index=True)
        named = [v for v in values[np.sort(firsts)].tolist() if graph.value_path[v] >= 0]
        nodes = dict.fromkeys(self.node_of(tree, value) for value in named)
        return [node for node in nodes if node > 0]

    def lines_of(self, file: str) -> dict[int, NDArray[np.int32]]:
        """Return the equations that each line of `file` made, by line."""
        path = os.path.realpath(file)
        return {line: made for (at, line), made in self._equations_by_line.items() if at == path}

    def node_of(self, tree: ModelTree, value: int) -> int:
        """Return the node of `tree` that `value` is, -1 if it is none."""
        path = self._graph.text(int(self._graph.value_path[value]))
        rest = _rest(path)
        return node_at(tree, rest) if rest or path == tree.name else -1

    def users_of(self, values: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the equations that read one of `values`, in order."""
        graph = self._graph
        is_used = np.zeros(len(graph.value_producer), np.bool_)
        is_used[values] = True
        slots = np.flatnonzero(is_used[graph.in_value])
        rows = np.searchsorted(graph.in_offset, slots, "right") - 1
        return np.unique(rows).astype(np.int32)

    @cached_property
    def _equations_by_line(self) -> dict[tuple[str, int], NDArray[np.int32]]:
        graph = self._graph
        places: dict[tuple[str, int], list[NDArray[np.int32]]] = {}
        order = np.argsort(graph.equation_source, kind="stable").astype(np.int32)
        borders = np.searchsorted(
            graph.equation_source[order], np.arange(len(graph.source_file) + 1)
        )
        for source in range(len(graph.source_file)):
            file = os.path.realpath(graph.text(int(graph.source_file[source])))
            place = file, int(graph.source_line[source])
            equations = order[borders[source] : borders[source + 1]]
            if len(equations):
                places.setdefault(place, []).append(equations)
        return {place: np.sort(np.concatenate(found)) for place, found in places.items()}

    @cached_property
    def _values_by_path(self) -> dict[str, NDArray[np.int32]]:
        return self._by_text(lambda path: path)

    @cached_property
    def _values_by_rest(self) -> dict[str, NDArray[np.int32]]:
        return self._by_text(_rest)

    def _by_text(self, key: _Key) -> dict[str, NDArray[np.int32]]:
        graph = self._graph
        found: dict[str, list[int]] = {}
        for value in np.flatnonzero(graph.value_path >= 0).tolist():
            found.setdefault(key(graph.text(int(graph.value_path[value]))), []).append(value)
        return {path: np.array(values, np.int32) for path, values in found.items()}


def node_at(tree: ModelTree, accessors: str) -> int:
    """Return the node of `tree` that `accessors` lead to from its root (".layers[0]"), else -1."""
    node = 0
    while accessors:
        for child in tree.children(node):
            key = tree.strings[int(tree.key[child])]
            rest = accessors[len(key) :]
            if key and accessors.startswith(key) and (not rest or rest[0] in ".["):
                node, accessors = child, rest
                break
        else:
            return -1
    return node


def _at_or_below(values: dict[str, NDArray[np.int32]], path: str) -> NDArray[np.int32]:
    exact = values.get(path)
    if exact is not None:
        return exact
    below = (f"{path}.", f"{path}[")
    found = [ids for name, ids in values.items() if path and name.startswith(below)]
    return np.sort(np.concatenate(found)) if found else _NOTHING


def _rest(path: str) -> str:
    """Return what follows the name at the beginning of `path`: ".layers[0].weight"."""
    at = 0
    while at < len(path) and (path[at].isalnum() or path[at] == "_"):
        at += 1
    return path[at:]
