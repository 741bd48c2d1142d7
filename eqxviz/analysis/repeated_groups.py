"""Groups that do the same on other values: the blocks of a network, a function called again."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import EquationFlag, Graph, GroupKind, ValueOrigin

# What an equation does beside its primitive and parameters.
_KIND_OF_RUN = EquationFlag.BACKWARD | EquationFlag.EFFECT


def same_groups(graph: Graph) -> NDArray[np.int32]:
    """Return for each group the first one that does the same on other values; -1 for a first one.

    Two groups do the same where they are of one kind and hold, in the same order, equations with
    the same primitives, parameters and types, forward or backward alike, joined in the same way,
    with groups and nested jaxprs that do the same. The time is linear in equations times the
    depth of groups in a jaxpr.
    """
    comparison = _Comparison(graph)
    same = np.full(len(graph.group_parent), -1, np.int32)
    first: dict[tuple[int, ...], int] = {}
    # Groups come after the ones they are in, so that what is inside is known before what holds it.
    signatures = [0] * len(same)
    for group in range(len(same) - 1, 0, -1):
        signature = comparison.signature(group)
        signatures[group] = comparison.does[group] = first.setdefault(signature, len(first))
    earliest: dict[int, int] = {}
    for group in range(1, len(same)):
        same[group] = earliest.setdefault(signatures[group], group)
    same[same == np.arange(len(same))] = -1
    return same


class _Comparison:
    """What is asked of a graph to compare its groups.

    An item of a group is an equation e, or a group g right in it, written as ~g, which stands where
    its first equation does. The equations of a jaxpr are numbered in the order of items, whole
    groups at a time, so that in groups that do the same the same equations are as far from the
    first. All columns are lists: single elements of arrays are slow to read.
    """

    def __init__(self, graph: Graph) -> None:
        self.does = [0] * len(graph.group_parent)  # by group: a number for what it does
        self._graph = graph
        self._kind: list[int] = graph.group_kind.tolist()
        self._group: list[int] = graph.equation_group.tolist()
        self._parent: list[int] = graph.group_parent.tolist()
        self._producer: list[int] = graph.value_producer.tolist()
        self._type: list[int] = graph.value_aval.tolist()
        self._is_literal: list[bool] = (graph.value_origin == ValueOrigin.LITERAL).tolist()
        self._in_value: list[int] = graph.in_value.tolist()
        self._in_offset: list[int] = graph.in_offset.tolist()
        self._out_value: list[int] = graph.out_value.tolist()
        self._out_offset: list[int] = graph.out_offset.tolist()
        self._nested: dict[int, list[int]] = {}
        for group in np.flatnonzero(graph.group_owner >= 0).tolist():
            self._nested.setdefault(int(graph.group_owner[group]), []).append(group)
        self._what = self._numbered_kinds()
        self._items = self._items_of_groups()
        self._number, self._start, self._stop = self._in_order_of_items()
        self._outside: list[list[int]] = [[] for _ in self._kind]  # what each group reads

    def signature(self, group: int) -> tuple[int, ...]:
        """Return numbers that are the same for groups that do the same, and for no others.

        To be asked of the groups inside first, and what they do to be noted in `does`.
        """
        is_jaxpr = self._kind[group] == GroupKind.JAXPR
        taken: list[int] = self._graph.taken_by(group).tolist() if is_jaxpr else []
        outside = {value: at for at, value in enumerate(taken)}
        parts = [self._kind[group], len(taken), *(self._type[value] for value in taken)]
        for item in self._items[group]:
            if item >= 0:
                inputs = self._in_value[self._in_offset[item] : self._in_offset[item + 1]]
                outputs = self._out_value[self._out_offset[item] : self._out_offset[item + 1]]
                parts.append(self._what[item])
                parts.extend([self._type[value] for value in inputs])
                parts.extend([self._type[value] for value in outputs])
                parts.extend([self.does[nested] for nested in self._nested.get(item, ())])
            else:
                inputs = self._outside[~item]
                parts.append(~self.does[~item])
            self._refer(parts, group, inputs, outside)
        if is_jaxpr:
            self._refer(parts, group, self._graph.returned_by(group).tolist(), outside)
        self._outside[group] = list(outside)
        return tuple(parts)

    def _refer(
        self, parts: list[int], group: int, values: list[int], outside: dict[int, int]
    ) -> None:
        """Append where each of `values` comes from, as told from inside `group`."""
        start, stop = self._start[group], self._stop[group]
        for value in values:
            if self._is_literal[value]:
                continue  # its type says what it is
            producer = self._producer[value]
            number = self._number[producer] if producer >= 0 else -1
            if start <= number < stop:
                nth = value - self._out_value[self._out_offset[producer]]
                parts.append(number - start)
                parts.append(nth if nth < self._n_outputs(producer) else -1)  # a copy is -1
            else:
                parts.append(~outside.setdefault(value, len(outside)))

    def _n_outputs(self, equation: int) -> int:
        return self._out_offset[equation + 1] - self._out_offset[equation]

    def _numbered_kinds(self) -> list[int]:
        """Return for each equation a number for its primitive, parameters and so on."""
        graph = self._graph
        n_nested = np.zeros(len(graph), np.int64)
        for equation, groups in self._nested.items():
            n_nested[equation] = len(groups)
        columns: list[NDArray[Any]] = [
            graph.equation_primitive,
            graph.equation_params,
            graph.equation_flags & _KIND_OF_RUN,
            np.diff(graph.in_offset.astype(np.int64)),
            np.diff(graph.out_offset.astype(np.int64)),
            n_nested,
        ]
        numbers: dict[tuple[int, ...], int] = {}
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [numbers.setdefault(row, len(numbers)) for row in rows]

    def _is_wall(self, group: int) -> bool:
        """Whether a group is a whole jaxpr."""
        return self._kind[group] in (GroupKind.ROOT, GroupKind.JAXPR)

    def _items_of_groups(self) -> list[list[int]]:
        items: list[list[int]] = [[] for _ in self._kind]
        is_entered = [self._is_wall(group) for group in range(len(self._kind))]
        for equation, group in enumerate(self._group):
            items[group].append(equation)
            while not is_entered[group]:
                is_entered[group] = True
                items[self._parent[group]].append(~group)
                group = self._parent[group]
        return items

    def _in_order_of_items(self) -> tuple[list[int], list[int], list[int]]:
        """Return the number of each equation, and the first and after the last of each group."""
        n_groups = len(self._kind)
        count = [0] * n_groups
        for group in range(n_groups - 1, -1, -1):
            for item in self._items[group]:
                count[group] += 1 if item >= 0 else count[~item]
        number = [0] * len(self._group)
        start, stop, after = [0] * n_groups, [0] * n_groups, 0
        for group in range(n_groups):
            if self._is_wall(group):
                start[group] = after
                after += count[group]
            stop[group] = start[group] + count[group]
            at = start[group]
            for item in self._items[group]:
                if item >= 0:
                    number[item] = at
                    at += 1
                else:
                    start[~item] = at
                    at += count[~item]
        return number, start, stop
