"""Groups where a graph has none: a flat crowd of equations, gathered by what they have in common.

An optimiser's update is thousands of equations beside one another, in no Module. They come from one
line of the user's, and fall apart into one part for each parameter. A loop that Python has unrolled
falls apart into its turns. What is left is cut into runs, so that no group is too large to be seen.
"""

import os
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eqxviz.layout.turns import codes_of, turns_of
from eqxviz.records.columns import Strings
from eqxviz.records.graph import EquationFlag, Graph, GroupKind, ValueOrigin

Ids = NDArray[np.int64]

# A group with more equations than this directly in it is divided.
CROWD = 48
_FEWEST_OF_A_LINE = 12
_FEWEST_OF_A_PART = 4
_MANY_READERS = 8
# A group with more equations than this directly in it is cut into runs, whatever they are.
_MOST_TOGETHER = 300
# So many turns, or runs, are gathered again.
_FEW_TOGETHER = 48
_FEW_OF_AN_OWNER = 24


def gathered(graph: Graph) -> Graph:
    """Return `graph` with crowded groups divided: by turns, source line, parameter, or in runs.

    Equations and values keep their numbers; groups do not.
    """
    made = _Division(graph)
    for group in made.crowded(CROWD):
        if not made.divide_by_turn(group):
            made.divide_by_line(group)
    for group in made.crowded(CROWD):
        made.divide_by_parameter(group)
    for group in made.crowded(_MOST_TOGETHER):
        made.divide_in_runs(group)
    return made.graph() if made.names else graph


class _Division:
    """New groups of kind SCOPE, numbered after those of the graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.equation_group = graph.equation_group.astype(np.int64)
        self.names: list[str] = []
        self._parents: list[int] = []
        self._same_as: dict[int, int] = {}

    def crowded(self, limit: int) -> list[int]:
        """Return the groups with more than `limit` equations directly in them."""
        return np.flatnonzero(np.bincount(self.equation_group) > limit).tolist()

    def divide_by_turn(self, group: int) -> bool:
        """Gather the turns of a loop that Python has unrolled; return whether there is one."""
        inside = np.flatnonzero(self.equation_group == group)
        turns = turns_of(self._graph, inside)
        if turns is None:
            return False
        stop = turns.start + turns.length * turns.number
        rows = inside[turns.start : stop].reshape(turns.number, turns.length)
        self._nest(group, "iteration", list(rows), same=True)
        return True

    def divide_in_runs(self, group: int) -> None:
        """Gather the equations right in `group` as they follow one another."""
        inside = np.flatnonzero(self.equation_group == group)
        n_runs = -(-len(inside) // CROWD)
        self._nest(group, "part", np.array_split(inside, n_runs), same=False)

    def divide_by_line(self, group: int) -> None:
        """Gather the equations right in `group` that one line of the user's made."""
        graph = self._graph
        inside = np.flatnonzero(self.equation_group == group)
        inside = inside[graph.equation_source[inside] >= 0]
        backward = graph.equation_flags[inside] & EquationFlag.BACKWARD != 0
        ways = graph.equation_source[inside].astype(np.int64) * 2 + backward
        lines: dict[tuple[str, str, int, bool], list[Ids]] = {}
        order = np.argsort(ways, kind="stable")
        ends = np.flatnonzero(np.diff(ways[order], append=-1)) + 1
        for equations in np.split(inside[order], ends[:-1]) if len(inside) else []:
            source = int(graph.equation_source[equations[0]])
            file = os.path.basename(graph.text(int(graph.source_file[source])))
            function = graph.text(int(graph.source_function[source])).rsplit(".", 1)[-1]
            is_backward = bool(graph.equation_flags[equations[0]] & EquationFlag.BACKWARD)
            line = (function, file, int(graph.source_line[source]), is_backward)
            lines.setdefault(line, []).append(equations)
        if len(lines) < 2:
            return
        for (function, file, number, _), parts in lines.items():
            equations = np.sort(np.concatenate(parts))
            if len(equations) >= _FEWEST_OF_A_LINE:
                name = f"{function} · {file}:{number}" if function else f"{file}:{number}"
                self._add(group, name, equations)

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
            begin = len(self.names)
            # In the order of execution, in which parts of a kind stand together.
            arrays = {name: np.array(parts[name]) for name in sorted(parts, key=parts.__getitem__)}
            self._nest_by_path(group, arrays, 0)
            self._compare(len(self._graph.group_parent) + begin)

    def _nest_by_path(self, parent: int, parts: dict[str, Ids], depth: int) -> None:
        """Add a group for each of `parts`; many of them by the parts of the model they belong to.

        `depth` is how many names of their paths the groups around them say already.
        """
        if len(parts) <= (_FEW_TOGETHER if depth == 0 else _FEW_OF_AN_OWNER):
            for name, equations in parts.items():
                self._add(parent, name, equations)
            return
        owners: dict[str, dict[str, Ids]] = {}
        for name, equations in parts.items():
            names = _names(name)
            upto = depth + 1
            while upto < len(names) and names[upto].startswith("["):
                upto += 1
            owners.setdefault("".join(names[:upto]), {})[name] = equations
        for owner, inner in owners.items():
            outer = parent
            if len(inner) > 1 and len(owners) > 1:
                outer = self._add(parent, owner, parts[next(iter(inner))][:0])
            self._nest_by_path(outer, inner, len(_names(owner)))

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
        for group, first in self._same_as.items():
            same[group] = number[first]
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

    def _add(self, parent: int, name: str, equations: Ids) -> int:
        made = len(self._graph.group_parent) + len(self.names)
        self.equation_group[equations] = made
        self.names.append(name)
        self._parents.append(parent)
        return made

    def _compare(self, begin: int) -> None:
        """Find out which of the new groups from `begin` on do the same on other values."""
        graph, n_old = self._graph, len(self._graph.group_parent)
        codes = codes_of(graph, np.arange(len(graph)))
        signs: dict[int, list[bytes]] = {}
        seen: dict[tuple[bytes, ...], int] = {}
        for made in range(n_old + len(self.names) - 1, begin - 1, -1):
            equations = np.flatnonzero(self.equation_group == made)
            own = codes[equations].tobytes() + _wiring(graph, equations).tobytes()
            sign = (own, *reversed(signs.get(made, [])))
            signs.setdefault(self._parents[made - n_old], []).append(b"|".join(sign))
            later = seen.get(sign)
            if later is not None:
                self._same_as[later] = made
            seen[sign] = made
        for group in sorted(self._same_as):
            self._same_as[group] = self._same_as.get(self._same_as[group], self._same_as[group])

    def _nest(self, parent: int, what: str, rows: list[Ids], *, same: bool) -> None:
        """Add a group for each of `rows`, and groups of these where there are too many of them.

        With `same` all rows do the same, and so do groups of equally many of them.
        """
        span, n_rows = 1, len(rows)
        while -(-n_rows // span) > _FEW_TOGETHER:
            span *= _FEW_TOGETHER
        firsts: dict[int, int] = {}

        def add(outer: int, start: int, stop: int, width: int) -> None:
            for at in range(start, stop, width):
                end = min(at + width, stop)
                one = end - at == 1
                name = f"{what} {at + 1:,}" if one else f"{what}s {at + 1:,}–{end:,}"
                made = self._add(outer, name, rows[at] if one else rows[at][:0])
                first = firsts.setdefault(end - at, made)
                if same and first != made:
                    self._same_as[made] = first
                if not one:
                    add(made, at, end, width // _FEW_TOGETHER)

        add(parent, 0, n_rows, span)

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


def _wiring(graph: Graph, equations: Ids) -> Ids:
    """Return for each value read in a group by which of its equations it is made, -1 for none."""
    starts, stops = graph.in_offset[equations], graph.in_offset[equations + 1]
    rows = [graph.in_value[a:b] for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]
    read = np.concatenate(rows) if rows else graph.in_value[:0]
    makers = graph.value_producer[read]
    at = np.searchsorted(equations, makers)
    inside = (at < len(equations)) & (equations[np.minimum(at, len(equations) - 1)] == makers)
    return np.where(inside, at, -1)


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
