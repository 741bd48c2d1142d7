"""Groups where a graph has none: a flat crowd of equations, gathered by line and by parameter.

An optimiser's update is thousands of equations beside one another, in no Module. They come from one
line of the user's, and fall apart into one part for each parameter.
"""

import os
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.columns import Strings
from eqxviz.records.graph import EquationFlag, Graph, GroupKind, ValueOrigin

Ids = NDArray[np.int64]

# A group with more equations than this directly in it is divided.
CROWD = 48
_FEWEST_OF_A_LINE = 12
_FEWEST_OF_A_PART = 4
_MANY_READERS = 8


def gathered(graph: Graph) -> Graph:
    """Return `graph` with crowded groups divided by source line, then by parameter.

    Equations and values keep their numbers; groups do not.
    """
    made = _Division(graph)
    n_groups = len(graph.group_parent)
    for group in _crowded(made.equation_group, n_groups):
        made.divide_by_line(group)
    for group in _crowded(made.equation_group, n_groups + len(made.names)):
        made.divide_by_parameter(group)
    return made.graph() if made.names else graph


def _crowded(equation_group: Ids, n_groups: int) -> list[int]:
    return np.flatnonzero(np.bincount(equation_group, minlength=n_groups) > CROWD).tolist()


class _Division:
    """New groups of kind SCOPE, numbered after those of the graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.equation_group = graph.equation_group.astype(np.int64)
        self.names: list[str] = []
        self._parents: list[int] = []

    def divide_by_line(self, group: int) -> None:
        """Gather the equations right in `group` that one line of the user's made."""
        graph = self._graph
        inside = np.flatnonzero(self.equation_group == group)
        inside = inside[graph.equation_source[inside] >= 0]
        backward = graph.equation_flags[inside] & EquationFlag.BACKWARD != 0
        lines: dict[tuple[str, str, int, bool], list[int]] = {}
        for equation, is_backward in zip(inside.tolist(), backward.tolist(), strict=True):
            source = int(graph.equation_source[equation])
            file = os.path.basename(graph.text(int(graph.source_file[source])))
            function = graph.text(int(graph.source_function[source])).rsplit(".", 1)[-1]
            line = (function, file, int(graph.source_line[source]), is_backward)
            lines.setdefault(line, []).append(equation)
        if len(lines) < 2:
            return
        for (function, file, number, _), equations in lines.items():
            if len(equations) >= _FEWEST_OF_A_LINE:
                name = f"{function} · {file}:{number}" if function else f"{file}:{number}"
                self._add(group, name, np.array(equations))

    def divide_by_parameter(self, group: int) -> None:
        """Gather the equations right in `group` that work on the arrays of one parameter.

        They are what holds together when scalars, and what many read, are left out.
        """
        inside = np.flatnonzero(self.equation_group == group)
        parts: dict[str, list[int]] = {}
        for part in self._held_together(inside):
            name = self._parameter_of(part) if len(part) >= _FEWEST_OF_A_PART else ""
            if name:
                parts.setdefault(name, []).extend(part)
        if len(parts) >= 2:
            for name, equations in parts.items():
                self._add(group, name, np.array(equations))

    def graph(self) -> Graph:
        """Return the graph with the new groups: each again after its parent."""
        graph, n_old = self._graph, len(self._graph.group_parent)
        parent = np.concatenate([graph.group_parent, self._parents]).astype(np.int64)
        # What is nested in an equation goes where the equation went.
        nested = np.flatnonzero((graph.group_owner >= 0) & (graph.group_kind == GroupKind.JAXPR))
        parent[nested] = self.equation_group[graph.group_owner[nested]]
        depth = np.zeros(len(parent), np.int64)
        at = parent.copy()
        while np.any(at >= 0):
            depth += at >= 0
            at = np.where(at >= 0, parent[at], -1)
        order = np.argsort(depth, kind="stable")
        number = np.empty(len(parent), np.int64)
        number[order] = np.arange(len(order))
        n_texts = len(graph.strings)
        name_ids = n_texts + np.arange(len(self.names))
        n_new = len(parent) - n_old

        def column(old: NDArray[np.generic], new: NDArray[np.generic]) -> NDArray[np.generic]:
            return np.concatenate([old, new.astype(old.dtype)])[order]

        return replace(
            graph,
            strings=_extended(graph.strings, self.names),
            group_parent=np.where(parent >= 0, number[parent], -1)[order].astype(np.int32),
            group_kind=column(graph.group_kind, np.full(n_new, GroupKind.SCOPE)),
            group_name=column(graph.group_name, name_ids),
            group_owner=column(graph.group_owner, np.full(n_new, -1)),
            group_repeats=column(graph.group_repeats, np.ones(n_new)),
            **self._renumbered_rows(order, number),
            equation_group=number[self.equation_group].astype(np.int32),
        )

    def _renumbered_rows(self, order: Ids, number: Ids) -> dict[str, NDArray[Any]]:
        """Return the columns of the groups that name groups, or have rows of their own."""
        graph, n_old = self._graph, len(self._graph.group_parent)
        same = np.full(len(order), -1, np.int64)
        same[:n_old] = np.where(graph.group_same_as >= 0, number[graph.group_same_as], -1)
        columns: dict[str, NDArray[Any]] = {"group_same_as": same[order].astype(np.int32)}
        for rows in ("in", "out"):
            offsets = getattr(graph, f"group_{rows}_offset").astype(np.int64)
            counts = np.zeros(len(order), np.int64)
            counts[:n_old] = np.diff(offsets)
            starts = np.zeros(len(order), np.int64)
            starts[:n_old] = offsets[:-1]
            ends = np.cumsum(counts[order])
            nth = np.arange(int(ends[-1])) - np.repeat(ends - counts[order], counts[order])
            values = getattr(graph, f"group_{rows}_value")
            columns[f"group_{rows}_value"] = values[np.repeat(starts[order], counts[order]) + nth]
            columns[f"group_{rows}_offset"] = np.concatenate([[0], ends]).astype(np.uint32)
        return columns

    def _add(self, parent: int, name: str, equations: Ids) -> None:
        self.equation_group[equations] = len(self._graph.group_parent) + len(self.names)
        self.names.append(name)
        self._parents.append(parent)

    def _held_together(self, inside: Ids) -> list[list[int]]:
        """Return the parts of `inside` that arrays with few readers hold together."""
        graph = self._graph
        n_readers = np.bincount(graph.in_value, minlength=len(graph.value_producer))
        root = {equation: equation for equation in inside.tolist()}

        def find(equation: int) -> int:
            while root[equation] != equation:
                root[equation] = root[root[equation]]
                equation = root[equation]
            return equation

        for equation in root:
            for value in graph.inputs_of(equation).tolist():
                producer = int(graph.value_producer[value])
                few = n_readers[value] <= _MANY_READERS
                if producer in root and few and not self._is_scalar(value):
                    root[find(equation)] = find(producer)
        parts: dict[int, list[int]] = {}
        for equation in root:
            parts.setdefault(find(equation), []).append(equation)
        return list(parts.values())

    def _is_scalar(self, value: int) -> bool:
        return self._graph.text(int(self._graph.value_aval[value])).endswith("[]")

    def _parameter_of(self, equations: list[int]) -> str:
        """Return the end that the paths of all arguments read by `equations` share, or ""."""
        graph = self._graph
        paths: set[str] = set()
        for equation in equations:
            for value in graph.inputs_of(equation).tolist():
                path = graph.text(int(graph.value_path[value]))
                if path and graph.value_origin[value] == ValueOrigin.ARGUMENT:
                    paths |= set() if self._is_scalar(value) else {path}
        return _common_end([_names(path) for path in paths]) if len(paths) > 1 else ""


def _names(path: str) -> list[str]:
    """Return the parts of a path: "a.b[0].c" as "a", ".b", "[0]", ".c"."""
    return path.replace(".", "\0.").replace("[", "\0[").split("\0")


def _common_end(paths: list[list[str]]) -> str:
    common: list[str] = []
    for parts in zip(*(reversed(path) for path in paths), strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return "".join(reversed(common)).removeprefix(".")


def _extended(strings: Strings, more: list[str]) -> Strings:
    """Return a column of texts with some more at its end."""
    added = Strings.of(more)
    return Strings(
        np.concatenate([strings.data, added.data]),
        np.concatenate([strings.offsets, added.offsets[1:] + strings.offsets[-1]]),
    )
