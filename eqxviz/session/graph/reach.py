"""What depends on what in a graph, and what lies between two places of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import Graph, GroupKind, ValueOrigin

Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]
_Pairs = tuple[Ids, Ids]


@dataclass(frozen=True, eq=False)
class Ends:
    """A place in a graph: the equations that it is, what they read, and what they make."""

    own: Mask
    reads: Ids
    makes: Ids


@dataclass(frozen=True, eq=False)
class Reach:
    """Equations and values. A call is among them where something nested in it is."""

    equations: Mask
    values: Mask

    @property
    def is_empty(self) -> bool:
        """Whether it holds nothing."""
        return not (self.equations.any() or self.values.any())


class ValueFlow:
    """The ways of values through a graph, in and out of nested jaxprs and around loops.

    Nodes are values, then two for each equation: what all it reads leads to, and which leads to
    all it makes. In a call the values go their own ways instead, through what is nested in it;
    only what cannot be followed there (the index of a cond, the condition of a while) leads to all
    the call makes.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._n_values = len(graph.value_producer)
        self._n_nodes = self._n_values + 2 * len(graph)
        self.is_call = np.zeros(len(graph), np.bool_)
        self.is_call[graph.group_owner[graph.group_owner >= 0]] = True

    def equation(self, equation: int) -> Ends:
        """Return the place of one equation, with all that is nested in it."""
        graph = self._graph
        own = np.zeros(len(graph), np.bool_)
        if self.is_call[equation]:
            own = self._inside(np.flatnonzero(graph.group_owner == equation))
        own[equation] = True
        return Ends(own, _ids(graph.inputs_of(equation)), _ids(graph.outputs_of(equation)))

    def group(self, group: int) -> Ends:
        """Return the place of a group, with all the groups in it."""
        graph = self._graph
        own = self._inside(np.array([group]))
        reads = np.repeat(own, np.diff(graph.in_offset.astype(np.int64)))
        makes = np.repeat(own, np.diff(graph.out_offset.astype(np.int64)))
        return Ends(own, _ids(graph.in_value[reads]), _ids(graph.out_value[makes]))

    def value(self, value: int) -> Ends:
        """Return the place of one value."""
        here = np.array([value], np.int64)
        return Ends(np.zeros(len(self._graph), np.bool_), here, here)

    def dependents(self, place: Ends) -> Reach:
        """Return what depends on `place`; it is no part of that itself."""
        return self._reached(_walked(self._forward, place.makes.tolist()), place.makes, place.own)

    def dependencies(self, place: Ends) -> Reach:
        """Return what `place` depends on; it is no part of that itself."""
        return self._reached(_walked(self._backward, place.reads.tolist()), _array([]), place.own)

    def between(self, first: Ends, last: Ends) -> Reach:
        """Return what lies on a way from `first` to `last`, both included; empty: there is none."""
        ahead = _walked(self._forward, first.makes.tolist())
        behind = _walked(self._backward, last.reads.tolist())
        both = ahead & behind
        if not both[: self._n_values].any():
            return Reach(np.zeros(len(self._graph), np.bool_), both[: self._n_values])
        found = self._reached(both, first.makes, np.zeros(len(self._graph), np.bool_))
        return Reach(found.equations | first.own | last.own, found.values)

    def road(self, equations: Sequence[int]) -> Reach:
        """Return a road along `equations`: also the calls they are nested in, and what they make.

        Of what they make only what the next one reads is on it, and the results at its end.
        """
        graph = self._graph
        on_road = np.zeros(len(graph), np.bool_)
        on_road[list(equations)] = True
        group_owner, group_parent = graph.group_owner.tolist(), graph.group_parent.tolist()
        for group in set(graph.equation_group[on_road].tolist()):
            while group > 0:
                if group_owner[group] >= 0:
                    on_road[group_owner[group]] = True
                group = group_parent[group]
        made = np.isin(graph.value_producer, np.flatnonzero(on_road))
        used = np.zeros(self._n_values, np.bool_)
        for equation in np.flatnonzero(on_road).tolist():
            used[graph.inputs_of(equation)] = True
        used[graph.outputs] = True
        return Reach(on_road, made & used)

    def _inside(self, groups: NDArray[np.integer]) -> Mask:
        """Return which equations are in `groups`, in the groups in these, and so on."""
        graph = self._graph
        wanted = set(groups.tolist())
        for group, parent in enumerate(graph.group_parent.tolist()):
            if parent in wanted:
                wanted.add(group)
        is_in = np.zeros(len(graph.group_parent), np.bool_)
        is_in[list(wanted)] = True
        return is_in[graph.equation_group]

    def _reached(self, nodes: Mask, start: Ids, own: Mask) -> Reach:
        """Return `nodes` as equations and values; the makers of `start` are not reached by them."""
        graph, n = self._graph, self._n_values
        hubs = nodes[n:].reshape(2, len(graph))
        equations = (hubs[0] | hubs[1]) & ~self.is_call & ~own
        # A call is there where something in it is, or where a value went through it.
        inside = np.bincount(graph.equation_group[equations], minlength=len(graph.group_parent))
        parents: list[int] = graph.group_parent.tolist()
        for group in range(len(parents) - 1, 0, -1):
            inside[parents[group]] += inside[group]
        equations[graph.group_owner[(graph.group_owner >= 0) & (inside > 0)]] = True
        through = nodes[:n].copy()
        through[start] = False
        makers = graph.value_producer[through & (graph.value_producer >= 0)]
        equations[makers[self.is_call[makers]]] = True
        return Reach(equations & ~own, nodes[:n])

    @cached_property
    def _forward(self) -> tuple[list[int], list[int]]:
        return _rows(*self._ways, self._n_nodes)

    @cached_property
    def _backward(self) -> tuple[list[int], list[int]]:
        start, stop = self._ways
        return _rows(stop, start, self._n_nodes)

    @cached_property
    def _ways(self) -> _Pairs:
        """The pairs of nodes of which one leads to the other."""
        graph, n, n_equations = self._graph, self._n_values, len(self._graph)
        reader = np.repeat(np.arange(n_equations), np.diff(graph.in_offset.astype(np.int64)))
        maker = np.repeat(np.arange(n_equations), np.diff(graph.out_offset.astype(np.int64)))
        read, made = _ids(graph.in_value), _ids(graph.out_value)
        given, results = n + reader, n + n_equations + maker
        plain = ~self.is_call
        each = np.flatnonzero(plain)
        pairs: list[_Pairs] = [
            (read[plain[reader]], given[plain[reader]]),
            (n + each, n + n_equations + each),
            (results[plain[maker]], made[plain[maker]]),
        ]
        outer = _ids(graph.value_outer)
        is_bound = outer >= 0
        enters = is_bound & (graph.value_producer < 0)
        enters &= graph.value_origin != ValueOrigin.LITERAL
        leaves = is_bound & (graph.value_producer >= 0)
        pairs.append((outer[enters], np.flatnonzero(enters)))
        pairs.append((np.flatnonzero(leaves), outer[leaves]))
        is_entered, is_left = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
        is_entered[outer[enters]] = is_left[outer[leaves]] = True
        returned, decides = self._returned()
        is_left[returned[1]] = True
        pairs += [returned, decides, self._around()]
        # What enters nothing decides over all that a call makes; so does all it reads over what
        # nothing inside is known to be.
        called = self.is_call[reader]
        alone = called & ~is_entered[read]
        pairs.append((read[alone], n + n_equations + reader[alone]))
        unknown = self.is_call[maker] & ~is_left[made]
        pairs.append((read[called], given[called]))
        pairs.append((n + maker[unknown], made[unknown]))
        pairs.append((results[~plain[maker]], made[~plain[maker]]))
        pairs.append(self._unbound())
        return np.concatenate([p[0] for p in pairs]), np.concatenate([p[1] for p in pairs])

    def _returned(self) -> tuple[_Pairs, _Pairs]:
        """Return what nested jaxprs return with what it becomes, or else with all a call makes."""
        graph = self._graph
        inner: list[int] = []
        becomes: list[int] = []
        deciding: list[int] = []
        over: list[int] = []
        first_result = self._n_values + len(graph)
        for group in np.flatnonzero(graph.group_kind == GroupKind.JAXPR).tolist():
            owner = int(graph.group_owner[group])
            returns = graph.returned_by(group).tolist()
            makes = graph.outputs_of(owner).tolist()
            if len(returns) == len(makes):
                inner += returns
                becomes += makes
            else:
                deciding += returns
                over += [first_result + owner] * len(returns)
        return (_array(inner), _array(becomes)), (_array(deciding), _array(over))

    def _unbound(self) -> _Pairs:
        """Return the calls with the variables in them of which nobody knows what they are."""
        graph = self._graph
        counts = np.diff(graph.group_in_offset.astype(np.int64))
        owner = np.repeat(_ids(graph.group_owner), counts)
        takes = _ids(graph.group_in_value)
        free = (owner >= 0) & (graph.value_outer[takes] < 0)
        free &= graph.value_origin[takes] == ValueOrigin.ARGUMENT
        return self._n_values + owner[free], takes[free]

    def _around(self) -> _Pairs:
        """Return what a loop hands to its next turn, with the variables that take it."""
        graph = self._graph
        start: list[int] = []
        stop: list[int] = []
        loops = np.flatnonzero(self.is_call)
        names = {int(i): graph.text(int(i)) for i in np.unique(graph.equation_primitive[loops])}
        for owner in loops.tolist():
            loop = names[int(graph.equation_primitive[owner])]
            if loop not in ("scan", "while"):
                continue
            groups: list[int] = np.flatnonzero(graph.group_owner == owner).tolist()
            makes = graph.outputs_of(owner)
            body = [g for g in groups if len(graph.returned_by(g)) == len(makes)][-1:]
            if not body:
                continue
            returns = graph.returned_by(body[0])
            # A scan stacks what is not carried: it has another shape outside.
            carried = graph.value_aval[returns] == graph.value_aval[makes]
            n_carried = _n_leading(carried) if loop == "scan" else len(makes)
            for group in groups:
                takes = graph.taken_by(group)
                if loop == "scan":
                    outer = graph.value_outer[takes]
                    same = (outer >= 0) & (graph.value_aval[takes] == graph.value_aval[outer])
                    takes = takes[: _n_leading(same)]
                if 0 < n_carried <= len(takes):
                    start += returns[:n_carried].tolist()
                    stop += takes[len(takes) - n_carried :].tolist()
        return _array(start), _array(stop)


def _walked(rows: tuple[list[int], list[int]], start: list[int]) -> Mask:
    """Return the nodes that can be reached from `start`, which are among them."""
    offsets, targets = rows
    seen = bytearray(len(offsets) - 1)
    waiting: list[int] = []
    for node in start:
        if not seen[node]:
            seen[node] = 1
            waiting.append(node)
    while waiting:
        node = waiting.pop()
        for target in targets[offsets[node] : offsets[node + 1]]:
            if not seen[target]:
                seen[target] = 1
                waiting.append(target)
    return np.frombuffer(seen, np.uint8).astype(np.bool_)


def _rows(start: Ids, stop: Ids, n_nodes: int) -> tuple[list[int], list[int]]:
    """Return the pairs as compressed rows: offsets, and the second of each pair."""
    order = np.argsort(start, kind="stable")
    offsets = np.zeros(n_nodes + 1, np.int64)
    np.cumsum(np.bincount(start, minlength=n_nodes), out=offsets[1:])
    return offsets.tolist(), stop[order].tolist()


def _n_leading(mask: Mask) -> int:
    """Return how many are true before the first that is not."""
    return len(mask) if mask.all() else int(mask.argmin())


def _ids(values: NDArray[np.integer]) -> Ids:
    return values.astype(np.int64)


def _array(ids: list[int]) -> Ids:
    return np.array(ids, np.int64)
