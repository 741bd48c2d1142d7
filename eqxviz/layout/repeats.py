"""Groups beside one another that do the same: shown once, as twelve equal blocks of a model."""

import re
from collections.abc import Collection
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.graph import Graph, GroupKind

Ids = NDArray[np.int64]

FEWEST_REPEATS = 3


class StandIns(NamedTuple):
    """Who is shown in place of whom; everything stands for itself where nothing repeats."""

    equation_as: Ids
    group_as: Ids
    group_times: Ids  # how many groups each stands for, itself included


class Repeats:
    """The runs of equal groups of one graph: siblings with nothing else between them."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    @property
    def firsts(self) -> frozenset[int]:
        """The first group of each run."""
        return frozenset(self.runs)

    @cached_property
    def runs(self) -> dict[int, tuple[int, ...]]:
        """The groups of each run by the first of them, in the order in which they are executed."""
        graph = self._graph
        candidates = np.flatnonzero(graph.group_same_as >= 0)
        if not len(candidates):
            return {}
        found: dict[int, tuple[int, ...]] = {}
        for parent in np.unique(graph.group_parent[candidates]).tolist():
            for run in self._runs_in(parent):
                if len(run) >= FEWEST_REPEATS:
                    found[run[0]] = tuple(run)
        return found

    def stand_ins(self, once: Collection[int]) -> StandIns:
        """Return who stands for whom when the runs that begin with a group of `once` are merged."""
        graph = self._graph
        n_groups, n_equations = len(graph.group_parent), len(graph)
        times = np.ones(n_groups, np.int64)
        runs = [self.runs[first] for first in once if first in self.runs]
        if not runs:
            return StandIns(np.arange(n_equations), np.arange(n_groups), times)
        walk = self._walk
        equation_at, group_at = np.arange(n_equations), np.arange(n_groups)
        # Inner runs first: what the outer ones say of the same equations goes before.
        for first, *others in sorted(runs, key=lambda run: -int(walk.depth[run[0]])):
            times[first] = 1 + len(others)
            for other in others:
                walk.lay_over(first, other, equation_at, group_at)
        group_at, equation_at = _settled(group_at), _settled(equation_at)
        equation_as, group_as = np.empty_like(equation_at), np.empty_like(group_at)
        equation_as[walk.equations] = walk.equations[equation_at]
        group_as[walk.groups] = walk.groups[group_at]
        return StandIns(equation_as, group_as, times)

    @cached_property
    def _walk(self) -> "_Walk":
        return _Walk(self._graph)

    def _runs_in(self, parent: int) -> list[list[int]]:
        """Return the runs of alike groups right in `parent`."""
        graph, walk = self._graph, self._walk
        inner = np.flatnonzero(graph.group_parent == parent)
        inner = inner[(graph.group_kind[inner] != GroupKind.JAXPR) & (walk.first[inner] >= 0)]
        loose = walk.directly_in(parent)
        at = np.concatenate([walk.first[inner], loose])
        names = np.concatenate([inner, np.full(len(loose), -1)])[np.argsort(at, kind="stable")]
        runs: list[list[int]] = [[]]
        for name in names.tolist():
            alike = name >= 0 and runs[-1] and walk.are_alike(runs[-1][0], name)
            if not alike:
                runs.append([])
            if name >= 0:
                runs[-1].append(name)
        return runs


class _Walk:
    """All groups and equations in the order of a walk into the groups: a group is a stretch."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        n_groups = len(graph.group_parent)
        children: list[list[int]] = [[] for _ in range(n_groups)]
        parents: list[int] = graph.group_parent.tolist()
        for group in range(1, n_groups):
            children[parents[group]].append(group)
        self.depth = np.zeros(n_groups, np.int64)
        order: list[int] = []
        stack = [0]
        while stack:
            group = stack.pop()
            order.append(group)
            stack.extend(reversed(children[group]))
        self.groups = np.array(order, np.int64)
        self._at = np.empty(n_groups, np.int64)
        self._at[self.groups] = np.arange(n_groups)
        place = self._at[graph.equation_group]
        self.equations = np.lexsort((np.arange(len(graph)), place))
        starts = np.searchsorted(place[self.equations], np.arange(n_groups + 1))
        self._sizes = np.ones(n_groups, np.int64)
        self.first = np.full(n_groups, len(graph), np.int64)
        np.minimum.at(self.first, graph.equation_group, np.arange(len(graph)))
        for group in range(n_groups - 1, 0, -1):
            parent = parents[group]
            self._sizes[parent] += self._sizes[group]
            self.first[parent] = min(self.first[parent], self.first[group])
        for group in range(1, n_groups):
            self.depth[group] = self.depth[parents[group]] + 1
        self.first[self.first == len(graph)] = -1
        self._begin, self._end = starts[self._at], starts[self._at + self._sizes]
        self._own_end = starts[self._at + 1]
        self._kinds = _kinds_of_names(graph)

    def directly_in(self, group: int) -> Ids:
        """Return the equations right in `group`."""
        return self.equations[self._begin[group] : self._own_end[group]]

    def are_alike(self, one: int, other: int) -> bool:
        """Return whether two groups do the same, equation by equation."""
        same = self._graph.group_same_as
        if (one if same[one] < 0 else same[one]) != (other if same[other] < 0 else same[other]):
            return False
        if self._sizes[one] != self._sizes[other] or self._kinds[one] != self._kinds[other]:
            return False
        first, second = (self.equations[self._begin[g] : self._end[g]] for g in (one, other))
        if len(first) != len(second):
            return False
        primitive, group = self._graph.equation_primitive, self._graph.equation_group
        places = self._at[group[first]] - self._at[one], self._at[group[second]] - self._at[other]
        return bool(
            np.array_equal(primitive[first], primitive[second])
            and np.array_equal(places[0], places[1])
        )

    def lay_over(self, first: int, other: int, equation_at: Ids, group_at: Ids) -> None:
        """Let all in `other` be shown as what is at the same place in `first`."""
        n_equations, n_groups = self._end[first] - self._begin[first], self._sizes[first]
        start, over = self._begin[first], self._begin[other]
        equation_at[over : over + n_equations] = np.arange(start, start + n_equations)
        start, over = self._at[first], self._at[other]
        group_at[over : over + n_groups] = np.arange(start, start + n_groups)


def _kinds_of_names(graph: Graph) -> list[int]:
    """Return a number for the name of each group, the same for those that differ in numbers."""
    numbers: dict[str, int] = {}
    names = [re.sub(r"[\d,–]+", "0", graph.text(int(name))) for name in graph.group_name]
    return [numbers.setdefault(name, len(numbers)) for name in names]


def _settled(at: Ids) -> Ids:
    """Return where each leads in the end."""
    while not np.array_equal(further := at[at], at):
        at = further
    return at
