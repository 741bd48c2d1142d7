"""How two graphs differ: each equation is the same, changed, removed or added."""

import enum
import hashlib
import threading
from dataclasses import dataclass, fields
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import Graph, GroupKind, Strings
from eqxviz.session.graph_compare.changes import Change, changes_of
from eqxviz.session.graph_compare.columns import GraphColumns, common_columns, reading_order
from eqxviz.session.graph_compare.loops import Loop
from eqxviz.session.graph_compare.matching import Matching

_Ids = NDArray[np.int32]


class Status(enum.IntEnum):
    """What became of an equation."""

    SAME = 0
    CHANGED = 1
    REMOVED = 2
    ADDED = 3


@dataclass(frozen=True)
class Cost:
    """What a graph, or a part of it, costs: before and after. NaN where nothing is known."""

    flops: tuple[float, float]
    n_bytes: tuple[float, float]


@dataclass(frozen=True, eq=False)
class GraphDifference:
    """Two graphs side by side, a row for each pair of equations and for each without a partner.

    Rows are in the order in which one reads the graph after, with what was removed where it was.
    An equation is in one row; that of a scan's body is in one row for each turn of the unrolled
    loop that does the same.
    """

    before: Graph
    after: Graph
    before_equation: _Ids  # -1: there is none
    after_equation: _Ids
    changes: NDArray[np.uint8]  # Change
    before_group: _Ids  # of each group of the graph before: the one after that it became, or -1
    loops: tuple[Loop, ...]

    def __len__(self) -> int:
        return len(self.changes)

    @cached_property
    def status(self) -> NDArray[np.uint8]:
        """The `Status` of each row. A scan whose loop is unrolled on the other side has changed."""
        status = np.where(self.changes & ~np.uint8(Change.LINE), Status.CHANGED, Status.SAME)
        alone = self.changes & Change.LOOP == 0
        status[(self.after_equation < 0) & alone] = Status.REMOVED
        status[(self.before_equation < 0) & alone] = Status.ADDED
        return status.astype(np.uint8)

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs but the lines that the equations come from."""
        return not np.any(self.status != Status.SAME)

    def of_equations(self, side: int) -> NDArray[np.uint8]:
        """Return the `Status` of each equation of the graph before (0) or after (1)."""
        ids = (self.before_equation, self.after_equation)[side]
        made = np.zeros(len((self.before, self.after)[side]), np.uint8)
        made[ids[ids >= 0]] = self.status[ids >= 0]
        return made

    def row_of(self, side: int, equation: int) -> int:
        """Return the first row of an equation of the graph before (0) or after (1), or -1."""
        return int(self._first_rows[side][equation])

    @cached_property
    def _first_rows(self) -> tuple[_Ids, _Ids]:
        """The first row of each equation, before and after."""
        found: list[_Ids] = []
        sides = (self.before, self.before_equation), (self.after, self.after_equation)
        for graph, ids in sides:
            rows = np.full(len(graph), -1, np.int32)
            here = np.flatnonzero(ids >= 0)[::-1]
            rows[ids[here]] = here
            found.append(rows)
        return found[0], found[1]

    def count(self, status: Status) -> int:
        """Return how many rows have a status."""
        return int(np.count_nonzero(self.status == status))

    @cached_property
    def cost(self) -> Cost:
        """What the functions cost."""
        (flops, n_bytes), (later_flops, later_bytes) = (self.group_costs(side) for side in (0, 1))
        return Cost(
            (float(flops[0]), float(later_flops[0])), (float(n_bytes[0]), float(later_bytes[0]))
        )

    def group_costs(self, side: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return FLOPs and bytes of each group before (0) or after (1), all in it included."""
        graph = (self.before, self.after)[side]
        return _group_sums(graph, graph.equation_flops), _group_sums(graph, graph.equation_bytes)

    @cached_property
    def flops_change(self) -> NDArray[np.float64]:
        """By how many FLOPs the equation of each row got dearer; NaN where that is not known.

        A scan is set against all turns of its loop, which tell nothing by themselves.
        """
        return self._cost_change("equation_flops")

    @cached_property
    def bytes_change(self) -> NDArray[np.float64]:
        """By how many bytes more each row reads and writes; NaN where that is not known."""
        return self._cost_change("equation_bytes")

    def _cost_change(self, name: str) -> NDArray[np.float64]:
        costs: list[NDArray[np.float64]] = []
        sides = (self.before, self.before_equation), (self.after, self.after_equation)
        for graph, ids in sides:
            # The last entry is what -1, no equation, costs.
            costs.append(np.append(getattr(graph, name), 0.0)[ids])
        change = costs[1] - costs[0]
        change[self.changes & Change.LOOP > 0] = np.nan
        for loop in self.loops:
            (unrolled, _), (scan, ids) = sides if loop.is_after else sides[::-1]
            turns = float(np.sum(getattr(unrolled, name)[loop.copies]))
            dearer = float(getattr(scan, name)[loop.owner]) - turns
            change[ids == loop.owner] = dearer if loop.is_after else -dearer
        return change

    def inverse(self) -> "GraphDifference":
        """Return the difference of the same graphs the other way around."""
        groups = np.full(len(self.after.group_parent), -1, np.int32)
        paired = np.flatnonzero(self.before_group >= 0)
        groups[self.before_group[paired]] = paired
        return _ordered(
            self.after,
            self.before,
            (self.after_equation, self.before_equation),
            self.changes,
            groups,
            tuple(loop.turned() for loop in self.loops),
        )


def compare(before: Graph, after: Graph, cancel: threading.Event | None = None) -> GraphDifference:
    """Return how `after` differs from `before` by structure. Runs in any thread.

    Comparing `after` with `before` gives the inverse.

    Raises:
        ComparisonCancelledError: Soon after `cancel` is set.
    """
    # Of several alignments as good as each other it is the same one, whichever way is asked.
    if _rank(after) < _rank(before):
        return compare(after, before, cancel).inverse()
    sides = common_columns(before, after)
    matching = Matching(sides, cancel or threading.Event())
    matching.run()
    rows, loop_rows = _rows(matching)
    groups = _partner_groups(sides, rows)
    changes = changes_of(sides, rows, matching.pair, groups)
    changes[loop_rows] = Change.LOOP
    return _ordered(before, after, rows, changes, groups, tuple(matching.loops))


def _rows(matching: Matching) -> tuple[tuple[_Ids, _Ids], NDArray[np.bool_]]:
    """Return the equations of each row, and which rows are of loops."""
    none = np.full(1, -1, np.int64)
    pieces = [matching.pairs]
    for loop in matching.loops:
        body, copies = np.tile(loop.body, len(loop.copies)), loop.copies.reshape(-1)
        owner = np.array([loop.owner])
        pieces.append((copies, body) if loop.is_after else (body, copies))
        pieces.append((none, owner) if loop.is_after else (owner, none))
    n_pairs, n_looped = len(pieces[0][0]), sum(len(piece[0]) for piece in pieces[1:])
    gone, new = (np.flatnonzero(pair < 0) for pair in matching.pair)
    pieces += [(gone, np.full(len(gone), -1)), (np.full(len(new), -1), new)]
    before, after = (np.concatenate(side).astype(np.int32) for side in zip(*pieces, strict=True))
    is_looped = np.zeros(len(before), np.bool_)
    is_looped[n_pairs : n_pairs + n_looped] = True
    return (before, after), is_looped


def _ordered(
    before: Graph,
    after: Graph,
    rows: tuple[_Ids, _Ids],
    changes: NDArray[np.uint8],
    groups: _Ids,
    loops: tuple[Loop, ...],
) -> GraphDifference:
    """Return the difference with its rows in the order in which they are read."""
    ours, others = rows
    old, new = _places(before, ours), _places(after, others)
    # What was removed comes after what it came after.
    order = np.argsort(old, kind="stable")[np.count_nonzero(ours < 0) :]
    stays = others[order] >= 0
    latest = np.maximum.accumulate(np.where(stays, np.arange(len(order)), -1))
    placed = new.copy()
    placed[order[~stays]] = np.append(new[order], -1)[latest[~stays]]
    final = np.lexsort((old, others < 0, placed))
    return GraphDifference(before, after, ours[final], others[final], changes[final], groups, loops)


def _places(graph: Graph, equations: _Ids) -> NDArray[np.int64]:
    """Return at which place one reads each of `equations`; -1 for none."""
    places = np.full(len(graph) + 1, -1, np.int64)
    places[reading_order(graph)] = np.arange(len(graph))
    return places[equations]


def _partner_groups(sides: tuple[GraphColumns, GraphColumns], rows: tuple[_Ids, _Ids]) -> _Ids:
    """Return what each group before became: the group with most of its equations, both ways.

    Where equations say nothing the names do.
    """
    before, after = sides
    both = (rows[0] >= 0) & (rows[1] >= 0)
    n_after = len(after.graph.group_parent)
    partners = np.full(len(before.graph.group_parent), -1, np.int32)
    groups = [
        side.graph.equation_group[ids[both]].astype(np.int64)
        for side, ids in zip(sides, rows, strict=True)
    ]
    codes, votes = np.unique(groups[0] * n_after + groups[1], return_counts=True)
    ours, others = codes // n_after, codes % n_after
    same_path = before.group_path[ours] == after.group_path[others]
    order = np.lexsort((~same_path, -votes))
    taken = np.zeros(n_after, np.bool_)
    for mine, other in zip(ours[order].tolist(), others[order].tolist(), strict=True):
        if partners[mine] < 0 and not taken[other]:
            partners[mine], taken[other] = other, True
    by_path: dict[int, list[int]] = {}
    for other in np.flatnonzero(~taken).tolist():
        by_path.setdefault(int(after.group_path[other]), []).append(other)
    for mine in np.flatnonzero(partners < 0).tolist():
        likes = by_path.get(int(before.group_path[mine]))
        if likes:
            partners[mine] = likes.pop(0)
    return partners


def _group_sums(graph: Graph, column: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of what is known of `column` over each group and all that it holds.

    What is nested in an equation is counted in it. NaN where there is something, and nothing is
    known of it.
    """
    known = ~np.isnan(column)
    n_groups = len(graph.group_parent)
    sums = np.bincount(graph.equation_group[known], column[known], n_groups)
    counts = np.bincount(graph.equation_group, minlength=n_groups)
    n_known = np.bincount(graph.equation_group[known], minlength=n_groups)
    for group in range(n_groups - 1, 0, -1):
        if graph.group_kind[group] != GroupKind.JAXPR:
            parent = graph.group_parent[group]
            sums[parent] += sums[group]
            counts[parent] += counts[group]
            n_known[parent] += n_known[group]
    return np.where((n_known > 0) | (counts == 0), sums, np.nan)


def _rank(graph: Graph) -> tuple[int, int, bytes]:
    """Return what puts graphs into an order, equal for graphs that are equal."""
    digest = hashlib.blake2b(digest_size=16)
    for field in fields(graph):
        column: object = getattr(graph, field.name)
        if isinstance(column, Strings):
            column = column.data
        if isinstance(column, np.ndarray):
            digest.update(cast("NDArray[np.generic]", column).tobytes())
    return len(graph), len(graph.value_producer), digest.digest()
