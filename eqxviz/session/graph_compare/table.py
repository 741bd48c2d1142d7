"""The rows of a difference as they are shown: which, in which order, and what the cells say."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eqxviz.layout.visible import backward_groups
from eqxviz.records import Graph
from eqxviz.session import formatting
from eqxviz.session.graph_compare.changes import Change
from eqxviz.session.graph_compare.difference import GraphDifference, Status
from eqxviz.session.graph_compare.telling import (
    ADDED,
    BACKWARD,
    KINDS,
    REMOVED,
    SAME,
    Kind,
    group_path,
    kinds_of,
    path_of,
    primitive_of,
    sides_of,
)
from eqxviz.session.row_sorting import RowSorting

_Rows = NDArray[np.int64]

KIND, GROUP, EQUATION, BEFORE, AFTER, FLOPS, BYTES = range(7)
COLUMNS = ("Difference", "Group", "Equation", "Before", "After", "FLOPs", "Bytes")
NUMBERS = (FLOPS, BYTES)
_QUICK_ROWS = 1_500  # so many texts can be made and sorted while a user waits


class EquationTable:
    """A row for each pair of equations and for each without a partner."""

    def __init__(self, difference: GraphDifference) -> None:
        self.difference = difference

    def counts(self) -> dict[str, int]:
        """Return how many rows each kind holds of, by name, those of none left out."""
        counts = {kind.name: int(np.count_nonzero(self._holds(kind))) for kind in KINDS}
        return {name: n for name, n in counts.items() if n}

    def is_quick(self, sorting: RowSorting) -> bool:
        """Return whether `rows` in that order is there before a user notices."""
        by_text = sorting.column in (EQUATION, BEFORE, AFTER)
        return not by_text or len(self.difference) <= _QUICK_ROWS

    def rows(
        self,
        kind: str = "",
        sorting: RowSorting | None = None,
        search: str = "",
        within: tuple[int, int] | None = None,
    ) -> _Rows:
        """Return the rows to show, in order.

        Without `kind` those that differ in more than their line; "all", or the name of a kind.
        `search` leaves those with all its words in group, primitive or avals, whatever the case;
        `within` those that are in a group before or in a group after, -1 for none.
        """
        status = self.difference.status
        if kind == "all":
            chosen = np.ones(len(status), np.bool_)
        elif kind:
            chosen = self._holds(next(k for k in KINDS if k.name == kind))
        else:
            chosen = status != Status.SAME
        for word in search.casefold().split():
            chosen = chosen & self._has(word)
        if within is not None:
            chosen = chosen & self._is_within(within)
        rows = np.flatnonzero(chosen)
        return rows[self._order(rows, sorting or RowSorting())]

    def cell(self, row: int, column: int) -> str:
        """Return what the cell of `row` in `column` says."""
        difference = self.difference
        if column == KIND:
            return ", ".join(kind.word for kind in kinds_of(difference, row))
        if column == GROUP:
            return path_of(difference, row)
        if column == EQUATION:
            return primitive_of(difference, row)
        if column in (BEFORE, AFTER):
            return sides_of(difference, row)[column == AFTER]
        if column == FLOPS:
            return change_of_flops(float(difference.flops_change[row]))
        return change_of_bytes(float(difference.bytes_change[row]))

    def mark(self, row: int) -> Kind:
        """Return what says most about a row."""
        return kinds_of(self.difference, row)[0]

    def tooltip(self, row: int) -> str:
        """Return what is known of a row, a line each."""
        before, after = sides_of(self.difference, row)
        said = [kind.explanation for kind in kinds_of(self.difference, row)]
        if before and after and before != after:
            said += [f"Before: {before}", f"After: {after}"]
        return "\n".join(said)

    def _holds(self, kind: Kind) -> NDArray[np.bool_]:
        difference = self.difference
        if kind is REMOVED:
            return difference.status == Status.REMOVED
        if kind is ADDED:
            return difference.status == Status.ADDED
        if kind is SAME:
            return (difference.status == Status.SAME) & (difference.changes == 0)
        if kind.change == Change.LINE:  # beside another change it is no news
            return (difference.status == Status.SAME) & (difference.changes > 0)
        return (difference.changes & kind.change) > 0

    def _order(self, rows: _Rows, sorting: RowSorting) -> NDArray[np.intp]:
        """Return `rows` in order: those that have nothing to sort by come last."""
        sign = -1 if sorting.descending else 1
        if sorting.column in NUMBERS:
            difference = self.difference
            is_flops = sorting.column == FLOPS
            change = (difference.flops_change if is_flops else difference.bytes_change)[rows]
            return np.argsort(np.where(np.isnan(change), np.inf, sign * change), kind="stable")
        if sorting.column is None:
            return np.arange(len(rows))
        if sorting.column == KIND:
            rank = np.full(len(self.difference), len(KINDS))
            for place, kind in reversed(list(enumerate(KINDS))):
                rank[self._holds(kind)] = place
            return np.argsort(sign * rank[rows], kind="stable")
        if sorting.column == GROUP:
            names, paths = self._by_path
            number = _ranks(names)[paths[rows]]
        else:
            number = _ranks([self.cell(row, sorting.column) for row in rows.tolist()])
        return np.argsort(sign * number, kind="stable")

    def _has(self, word: str) -> NDArray[np.bool_]:
        """Return which rows have `word` in their group, primitive or avals."""
        names, paths = self._by_path
        found = np.array([word in name.casefold() for name in names], np.bool_)[paths]
        for graph, ids in self._sides:
            here = ids >= 0
            found[here] |= _equations_with(graph, word)[ids[here]]
        return found

    @cached_property
    def _by_path(self) -> tuple[list[str], NDArray[np.int64]]:
        """The paths of groups, and the number of the path of each row."""
        known: dict[str, int] = {}
        paths = np.zeros(len(self.difference), np.int64)
        for graph, ids in self._sides:
            n_groups = len(graph.group_parent)
            numbers = [known.setdefault(group_path(graph, i), len(known)) for i in range(n_groups)]
            here = ids >= 0
            paths[here] = np.array(numbers, np.int64)[graph.equation_group[ids[here]]]
        return list(known), paths

    @property
    def _sides(self) -> tuple[tuple[Graph, NDArray[np.int32]], ...]:
        difference = self.difference
        return (
            (difference.before, difference.before_equation),
            (difference.after, difference.after_equation),
        )

    def _is_within(self, groups: tuple[int, int]) -> NDArray[np.bool_]:
        """Return which rows are in one of two groups, or in what they hold."""
        found = np.zeros(len(self.difference), np.bool_)
        for (graph, ids), group in zip(self._sides, groups, strict=True):
            inside = np.zeros(len(graph.group_parent), np.bool_)
            if group >= 0:
                inside[group] = True
                for below in range(group + 1, len(inside)):
                    inside[below] = inside[graph.group_parent[below]]
            here = np.flatnonzero(ids >= 0)
            found[here] |= inside[graph.equation_group[ids[here]]]
        return found


class GroupTable:
    """A row for each group in which something differs: what, how often, and what it costs."""

    COLUMNS = ("Group", "Changed", "Removed", "Added", "FLOPs", "Bytes")
    NUMBERS = range(1, 6)

    def __init__(self, difference: GraphDifference) -> None:
        self.difference = difference
        before, after = difference.before, difference.after
        old, new = self._counts(0), self._counts(1)
        # The whole stands beside the whole, whatever most of it became a part of.
        partner = np.where(difference.before_group == 0, -1, difference.before_group)
        partner[0] = 0
        lone = np.setdiff1d(np.arange(len(after.group_parent)), partner)
        ours = np.append(np.arange(len(partner)), np.full(len(lone), -1)).astype(np.int64)
        others = np.append(partner, lone).astype(np.int64)
        # What is paired is counted where it is after; what was removed where it was.
        found = np.zeros((len(ours), 3), np.int64)
        found[:, 0] = np.where(others >= 0, new[others, Status.CHANGED], old[ours, Status.CHANGED])
        found[:, 1] = old[ours, Status.REMOVED]
        found[:, 2] = new[others, Status.ADDED]
        kept = np.flatnonzero(np.any(found > 0, axis=1))
        is_backward = backward_groups(before), backward_groups(after)
        names: list[str] = []
        for group, later in np.stack([ours, others], axis=1)[kept].tolist():
            side = int(later >= 0)
            graph, of_side = (before, after)[side], (group, later)[side]
            path = group_path(graph, of_side)
            names.append(path + BACKWARD if path and is_backward[side][of_side] else path)
        order = sorted(range(len(kept)), key=lambda i: names[i])
        self.paths = [names[i] for i in order]
        self.counts: NDArray[np.int64] = found[kept[order]]
        self.groups: NDArray[np.int64] = np.stack([ours, others], axis=1)[kept[order]]
        costs = [difference.group_costs(side) for side in (0, 1)]
        self.flops, self.n_bytes = (
            np.append(costs[1][which], 0.0)[self.groups[:, 1]]
            - np.append(costs[0][which], 0.0)[self.groups[:, 0]]
            for which in (0, 1)
        )

    def __len__(self) -> int:
        return len(self.paths)

    def cell(self, row: int, column: int) -> str:
        """Return what the cell of `row` in `column` says."""
        if column == 0:
            return self.paths[row] or "all"
        if column <= 3:
            n = int(self.counts[row, column - 1])
            return f"{n:,}" if n else ""
        if column == 4:
            return change_of_flops(float(self.flops[row]))
        return change_of_bytes(float(self.n_bytes[row]))

    def _counts(self, side: int) -> NDArray[np.int64]:
        """Return how many equations of each status each group holds, nested ones included.

        The last row, zeros, is what no group holds.
        """
        difference = self.difference
        graph = (difference.before, difference.after)[side]
        n_groups = len(graph.group_parent)
        counts: NDArray[np.int64] = np.zeros((n_groups + 1, len(Status)), np.int64)
        np.add.at(counts, (graph.equation_group, difference.of_equations(side)), 1)
        for group in range(n_groups - 1, 0, -1):
            counts[graph.group_parent[group]] += counts[group]
        return counts


def _ranks(texts: list[str]) -> NDArray[np.int64]:
    """Return the place of each text among the distinct ones, sorted."""
    place = {text: at for at, text in enumerate(sorted(set(texts)))}
    return np.array([place[text] for text in texts], np.int64)


def change_of_flops(n: float) -> str:
    """Return "+1.2 G", "−512", "" for no change or one that is not known."""
    return _signed(n, formatting.flops(abs(n)).removesuffix("FLOPs").strip() if n == n else "")


def change_of_bytes(n: float) -> str:
    """Return "+28.3 MB", "" for no change or one that is not known."""
    return _signed(n, formatting.n_bytes(round(abs(n))) if n == n else "")


def _signed(n: float, size: str) -> str:
    if not n or not size:
        return ""
    return f"{'+' if n > 0 else '−'}{size}"


def _equations_with(graph: Graph, word: str) -> NDArray[np.bool_]:
    """Return which equations have `word` in their primitive or in the aval of a result."""
    is_in: dict[int, bool] = {}

    def has(ids: NDArray[np.int32]) -> NDArray[np.bool_]:
        unique, number = np.unique(ids, return_inverse=True)
        for i in unique.tolist():
            if i not in is_in:
                is_in[i] = word in graph.text(i).casefold()
        return np.array([is_in[i] for i in unique.tolist()], np.bool_)[number.reshape(-1)]

    found = has(graph.equation_primitive)
    made = has(graph.value_aval[graph.out_value])
    producers = graph.value_producer[graph.out_value[made]]
    found[producers] = True
    return found
