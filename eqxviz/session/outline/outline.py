"""Which rows of a model tree are on screen: expanding, revealing and sorting, without Qt.

A change of one node splices the rows, and costs what it shows. What concerns the whole tree is
computed from scratch, within some 20 ms a million nodes, unless all nodes in reading order are
known: `order_of` works them out in a thread, and `Outline.use` takes them.
"""

from bisect import bisect_right
from typing import NamedTuple

import numpy as np

from eqxviz.records import ModelTree
from eqxviz.session.outline.sorting import Order, Sorting
from eqxviz.session.outline.unfolding import (
    Keys,
    Mask,
    Nodes,
    level_starts,
    parents_of,
    ranges_below,
    reading_order,
    same_places,
    shown_of,
)

ALL_LEVELS = 2**31 - 1
_FEW = 8  # less than one in so many nodes is worth a walk from the root
_NEAR = 4096


class Change(NamedTuple):
    """What became of the rows: from `first_row` on some went, and others came in their place."""

    first_row: int
    n_removed: int
    n_inserted: int


class Outline:
    """The visible rows of one `ModelTree`, top to bottom: node ids in `rows`.

    The tree may grow while it is shown: `expand_depth` holds for nodes to come, too. `rows` is
    replaced by each change, never written to.
    """

    def __init__(self, tree: ModelTree, expand_depth: int = 2) -> None:
        self.tree = tree
        self.sorting = Sorting()
        self.expanded: Mask = np.zeros(len(tree), np.bool_)
        self._expand_depth = expand_depth
        self._only: Mask | None = None  # no other nodes show
        self._expanded_before: Mask | None = None  # of all nodes, while only some show
        self._before: Outline | None = None  # whose expansion is kept while nodes are to come
        self._levels = level_starts(tree)
        self._ranks: Keys | None = None
        self._everything: Nodes | None = None
        self._expand_by_depth(0)
        self.rows: Nodes = self._shown()

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def order(self) -> Order | None:
        """All nodes in reading order, if that is known."""
        if self._everything is None:
            return None
        return Order(self.tree, self.sorting, self._ranks, self._everything)

    def row_of(self, node: int) -> int:
        """Return the row that shows `node`, or -1."""
        if self._only is not None and not self._only[node]:
            return -1
        above = node
        while above > 0:
            above = int(self.tree.parent[above])
            if not self.expanded[above]:
                return -1
        return int((self.rows == np.int32(node)).argmax())

    def depth_of(self, node: int) -> int:
        """Return how many nodes are above `node`."""
        return bisect_right(self._levels, node) - 1

    def is_expanded(self, node: int) -> bool:
        """Whether `node` is unfolded, be it visible or not."""
        return bool(self.expanded[node])

    def set_expanded(self, node: int, expanded: bool) -> Change:
        """Unfold or fold one node."""
        row = self.row_of(node)
        self.expanded[node] = expanded and bool(self.tree.n_children[node] > 0)
        return self._shown_again(node, row)

    def set_expanded_below(self, node: int, expanded: bool) -> Change:
        """Unfold or fold `node` and everything below it."""
        row = self.row_of(node)
        for inside in (slice(node, node + 1), *ranges_below(self.tree, node)):
            self.expanded[inside] = expanded & (self.tree.n_children[inside] > 0)
        return self._shown_again(node, row)

    def expand_to_depth(self, depth: int) -> Change:
        """Unfold exactly the nodes above `depth` (the root has depth 0)."""
        self._expand_depth, self._before = depth, None
        self._expand_by_depth(0)
        return self._replaced()

    def reveal(self, nodes: Nodes) -> Change:
        """Unfold whatever hides one of `nodes`."""
        above = parents_of(self.tree, nodes)
        folded = np.flatnonzero(above & ~self.expanded)
        if not len(folded):
            return Change(0, 0, 0)
        top = int(folded[0])
        row = self.row_of(top)
        n_inside = sum(
            int(np.diff(np.searchsorted(folded, (inside.start, inside.stop)))[0])
            for inside in ranges_below(self.tree, top)
        )
        self.expanded |= above
        return self._shown_again(top, row) if n_inside == len(folded) - 1 else self._replaced()

    def show_only(self, only: Mask | None, revealed: Nodes) -> Change:
        """Show no nodes but `only`, and unfold whatever hides one of `revealed`; None: show all.

        What is above a node of `only` must be in it, too. Once all nodes show again, those are
        unfolded that were before.
        """
        if only is None and self._only is None:
            return Change(0, 0, 0)
        before = self.expanded if self._expanded_before is None else self._expanded_before
        self.expanded = before | parents_of(self.tree, revealed)
        self._expanded_before = None if only is None else before
        self._only = only
        return self._replaced()

    def sort_by(self, column: str | None, descending: bool = False) -> Change:
        """Sort the siblings under each node by a column; None: as they are in the model.

        Raises:
            ValueError: If `sorting.COLUMNS` has no such column.
        """
        return self.sort(Sorting(column, descending))

    def sort(self, sorting: Sorting) -> Change:
        """Sort the siblings under each node."""
        self._ranks = sorting.ranks(self.tree)
        self.sorting = sorting
        self._everything = None
        return self._replaced()

    def grow(self, tree: ModelTree) -> Change:
        """Show `tree`, the same one with more rows or now complete; what is unfolded stays so."""
        self._take_tree(tree)
        self._ranks = self.sorting.ranks(tree)
        self._everything = None
        return self._replaced()

    def use(self, order: Order) -> Change:
        """Take what `order_of` worked out of this tree, or of one that it grew to.

        What comes too late, since the tree has grown further, changes nothing.
        """
        known = len(self.tree), self.tree.is_complete
        if (len(order.tree), order.tree.is_complete) < known:
            return Change(0, 0, 0)
        is_shown = order.tree is self.tree and order.sorting == self.sorting
        self._take_tree(order.tree)
        self.sorting, self._ranks, self._everything = order.sorting, order.ranks, order.nodes
        return Change(0, 0, 0) if is_shown else self._replaced()

    def keep_expansion_of(self, before: "Outline") -> Change:
        """Unfold what is unfolded in `before`, another version of the model; and sort alike.

        Nodes are the same if their paths are. A node that is new stays folded, unless everything
        was unfolded by the user's word.
        """
        self.sorting, self._before, self._expand_depth = before.sorting, before, 0
        self._ranks = self.sorting.ranks(self.tree)
        self._everything = None
        self.expanded[:] = False
        if before._expanded_before is not None:
            before.show_only(None, np.zeros(0, np.int32))
        if before._is_all_unfolded():
            # Nodes need not be looked up by their paths, which takes 100 ms a million.
            self._before, self._expand_depth = None, ALL_LEVELS
            self._expand_by_depth(0)
        self._unfold_as_before(0)
        return self._replaced()

    def _is_all_unfolded(self) -> bool:
        """Whether everything was to be unfolded, and nothing has been folded since."""
        n_inner = np.count_nonzero(self.tree.n_children)
        return self._expand_depth == ALL_LEVELS and np.count_nonzero(self.expanded) == n_inner

    def _unfold_as_before(self, start: int) -> None:
        """Unfold what was, of the nodes from `start` on, until all of it is found again.

        Each time the keys of all nodes are looked up, which takes 50 ms a million.
        """
        before = self._before
        if before is None:
            return
        unfolded = np.flatnonzero(before.expanded).astype(np.int32)
        wanted = before.expanded | parents_of(before.tree, unfolded)
        n_left = np.count_nonzero(wanted)
        for old, new in same_places(before.tree, self.tree, wanted):
            is_new = new >= start
            self.expanded[new[is_new]] = before.expanded[old[is_new]]
            n_left -= len(old)
        if self.tree.is_complete or not n_left:
            self._before = None

    def _expand_by_depth(self, start: int) -> None:
        """Unfold, of the nodes from `start` on, exactly those above the usual depth."""
        stop = self._levels[min(max(self._expand_depth, 0), len(self._levels) - 1)]
        self.expanded[start:] = False
        self.expanded[start:stop] = self.tree.n_children[start:stop] > 0

    def _take_tree(self, tree: ModelTree) -> None:
        n_known = len(self.tree)
        self.tree = tree
        self._levels = level_starts(tree)
        if len(tree) > n_known:
            self.expanded = _longer(self.expanded, len(tree))
            self._expand_by_depth(n_known)
            if self._only is not None and self._expanded_before is not None:
                self._only = _longer(self._only, len(tree))
                self._expanded_before = _longer(self._expanded_before, len(tree))
        self._unfold_as_before(n_known)

    def _shown(self) -> Nodes:
        """Return the rows as they should be."""
        return self._without_hidden(self._unfolded())

    def _without_hidden(self, rows: Nodes) -> Nodes:
        return rows if self._only is None else rows[self._only[rows]]

    def _unfolded(self) -> Nodes:
        if self._everything is not None:
            n_inner = np.count_nonzero(self.tree.n_children)
            if np.count_nonzero(self.expanded) == n_inner:
                return self._everything
            n_open = int(self.tree.n_children[self.expanded].sum())
            if n_open > len(self.tree) // _FEW:
                return shown_of(self.tree, self.expanded, self._everything)
        return reading_order(self.tree, self.expanded, self._ranks)

    def _replaced(self) -> Change:
        """Compute all rows anew, and return in what they differ."""
        before, after = self.rows, self._shown()
        self.rows = after
        n = min(len(before), len(after))
        first = _n_equal(before[:n], after[:n])
        n_last = _n_equal(before[first:][::-1][: n - first], after[first:][::-1][: n - first])
        return Change(first, len(before) - first - n_last, len(after) - first - n_last)

    def _shown_again(self, node: int, row: int) -> Change:
        """Replace the rows below `node`, which is at `row` (-1: hidden)."""
        if row < 0:
            return Change(0, 0, 0)
        if node == 0:
            return self._replaced()
        # Numbers rise level by level: the rows below end where a node no deeper follows.
        bound = np.int32(self._levels[self.depth_of(node) + 1])
        after = self.rows[row + 1 :]
        n_removed = _n_until(after, bound)
        below = reading_order(self.tree, self.expanded, self._ranks, node)[1:]
        below = self._without_hidden(below)
        self.rows = np.concatenate((self.rows[: row + 1], below, after[n_removed:]))
        return Change(row + 1, n_removed, len(below))


def _longer(mask: Mask, n: int) -> Mask:
    """Return `mask` with False for what comes after it."""
    longer = np.zeros(n, np.bool_)
    longer[: len(mask)] = mask
    return longer


def _n_until(rows: Nodes, bound: np.int32) -> int:
    """Return how many of `rows` come before the first one below `bound`."""
    for head in (rows[:_NEAR], rows):
        is_below = head < bound
        at = int(is_below.argmax()) if len(head) else 0
        if len(head) and is_below[at]:
            return at
    return len(rows)


def _n_equal(a: Nodes, b: Nodes) -> int:
    """Return in how many entries `a` and `b`, of one length, begin alike."""
    differs = a != b
    at = int(differs.argmax()) if len(a) else 0
    return at if len(a) and differs[at] else len(a)
