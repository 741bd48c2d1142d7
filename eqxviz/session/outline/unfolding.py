"""The nodes of a `ModelTree` as they unfold, level by level: the numpy under the tree view.

Nodes are breadth-first, so that the parents rise, a level is a range, and so are, in each level,
the nodes below one node. Nothing here loops over nodes, and there is no object per node.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import ModelTree

Nodes = NDArray[np.int32]
Mask = NDArray[np.bool_]
Keys = NDArray[np.integer]


def level_starts(tree: ModelTree) -> list[int]:
    """Return the first node of each level, and at last the number of nodes."""
    starts, n = [0], len(tree)
    while starts[-1] < n:
        starts.append(_first_child_of(tree, starts[-1]))
    return starts


def ranges_below(tree: ModelTree, node: int) -> Iterator[slice]:
    """Yield the nodes below `node`, one range of nodes a level."""
    start, stop = _first_child_of(tree, node), _first_child_of(tree, node + 1)
    while start < stop:
        yield slice(start, stop)
        start, stop = _first_child_of(tree, start), _first_child_of(tree, stop)


def parents_of(tree: ModelTree, nodes: Nodes) -> Mask:
    """Return, as a mask over all nodes, what lies above at least one of `nodes`."""
    if not len(nodes):
        return np.zeros(len(tree), np.bool_)
    starts = level_starts(tree)
    deepest = int(np.searchsorted(starts, int(nodes.max()), "right")) - 1
    # The extra entry is where the parent of the root, -1, leads.
    marked = np.zeros(len(tree) + 1, np.bool_)
    marked[tree.parent[nodes]] = True
    for depth in range(deepest - 1, 0, -1):
        inside = starts[depth] + np.flatnonzero(marked[starts[depth] : starts[depth + 1]])
        marked[tree.parent[inside]] = True
    return marked[:-1]


def with_all_below(tree: ModelTree, nodes: Mask) -> Mask:
    """Return the mask of `nodes` and of everything below them."""
    marked = nodes.copy()
    for start, stop in pairwise(level_starts(tree)[1:]):
        marked[start:stop] |= marked[tree.parent[start:stop]]
    return marked


def reading_order(
    tree: ModelTree, expanded: Mask, ranks: Keys | None = None, node: int = 0
) -> Nodes:
    """Return `node` and what shows below it while `expanded` nodes are open, top to bottom.

    Siblings come by rising `ranks`, in the model's order where these are equal or None.
    """
    levels, opened, counts = _shown_levels(tree, expanded, ranks, node)
    # How many rows each node takes, itself and what shows below it, from the deepest level up.
    sizes = [np.ones(len(level), np.int32) for level in levels]
    for i in range(len(levels) - 2, -1, -1):
        starts = np.cumsum(counts[i]) - counts[i]
        sizes[i][opened[i]] += np.add.reduceat(sizes[i + 1], starts)
    rows = np.empty(int(sizes[0][0]), np.int32)
    rows[0] = node
    at = np.zeros(1, np.int32)
    for i in range(1, len(levels)):
        before = np.cumsum(sizes[i], dtype=np.int32) - sizes[i]
        starts = np.cumsum(counts[i - 1]) - counts[i - 1]
        at = before + np.repeat(at[opened[i - 1]] + 1 - before[starts], counts[i - 1])
        rows[at] = levels[i]
    return rows


def shown_of(tree: ModelTree, expanded: Mask, order: Nodes) -> Nodes:
    """Return those of `order`, which holds all nodes, that show while `expanded` nodes are open."""
    shown = np.ones(len(tree), np.bool_)
    starts = level_starts(tree)
    for start, stop in pairwise(starts[1:]):
        first = int(tree.parent[start])
        is_open = shown[first:start] & expanded[first:start]
        shown[start:stop] = is_open[tree.parent[start:stop] - np.int32(first)]
    return order[shown[order]]


def same_places(before: ModelTree, after: ModelTree, wanted: Mask) -> Iterator[tuple[Nodes, Nodes]]:
    """Yield the inner nodes of two trees that have the same path in both, some at a time.

    Of `before` only `wanted` nodes are looked for, and only below such nodes.
    """
    keys = _same_keys(before, after)
    old = new = np.flatnonzero(wanted[:1] & (after.n_children[:1] > 0)).astype(np.int32)
    while len(old):
        yield old, new
        family_old, old = _inner_children(before, old)
        family_old, old = family_old[wanted[old]], old[wanted[old]]
        family_new, new = _inner_children(after, new)
        is_known = keys[before.key[old]] >= 0
        family_old, old = family_old[is_known], old[is_known]
        place_old = family_old * len(after.strings) + keys[before.key[old]]
        place_new = family_new * len(after.strings) + after.key[new]
        by_place = np.argsort(place_new, kind="stable")
        place_new, new = place_new[by_place], new[by_place]
        at = np.searchsorted(place_new, place_old)
        is_same = at < len(new)
        is_same[is_same] = place_new[at[is_same]] == place_old[is_same]
        old, new = old[is_same], new[at[is_same]]


def _first_child_of(tree: ModelTree, node: int) -> int:
    """Return the first node whose parent is `node` or a later one."""
    # A plain number would have numpy copy the whole column to 64 bits.
    return int(tree.parent.searchsorted(np.int32(node)))


def _shown_levels(
    tree: ModelTree, expanded: Mask, ranks: Keys | None, node: int
) -> tuple[list[Nodes], list[NDArray[np.intp]], list[Nodes]]:
    """Return the nodes that show, a level each, each parent's children side by side.

    With each level but the last comes which of its nodes are open, as positions in the level, and
    how many children each of them has there.
    """
    levels: list[Nodes] = [np.array([node], np.int32)]
    opened: list[NDArray[np.intp]] = []
    counts: list[Nodes] = []
    while True:
        at = np.flatnonzero(expanded[levels[-1]])
        first, n = _children(tree, levels[-1][at])
        has_any = n > 0
        if not has_any.all():
            at, first, n = at[has_any], first[has_any], n[has_any]
        if not len(at):
            return levels, opened, counts
        children = _joined_ranges(first, n)
        if ranks is not None:
            family = np.repeat(np.arange(len(n), dtype=np.int32), n)
            children = children[np.lexsort((ranks[children], family))]
        levels.append(children)
        opened.append(at)
        counts.append(n)


def _children(tree: ModelTree, parents: Nodes) -> tuple[Nodes, Nodes]:
    """Return the first child of each of `parents`, and how many have come."""
    first = tree.first_child[parents]
    n = np.minimum(tree.n_children[parents], np.int32(len(tree)) - first)
    return first, np.maximum(n, np.int32(0))


def _joined_ranges(first: Nodes, n: Nodes) -> Nodes:
    """Return `first[0], first[0] + 1, ...`, `n[0]` of them, then those from `first[1]` on, ..."""
    before = np.cumsum(n, dtype=np.int32) - n
    return np.repeat(first - before, n) + np.arange(int(n.sum()), dtype=np.int32)


def _inner_children(tree: ModelTree, parents: Nodes) -> tuple[NDArray[np.int64], Nodes]:
    """Return the inner nodes right below `parents`, and at which of these each of them is."""
    first, n = _children(tree, parents)
    family, children = np.repeat(np.arange(len(parents)), n), _joined_ranges(first, n)
    is_inner = tree.n_children[children] > 0
    return family[is_inner], children[is_inner]


def _same_keys(before: ModelTree, after: ModelTree) -> NDArray[np.int64]:
    """Return for each text that is the key of an inner node the id of the same in `after`, or -1.

    The last entry is what id -1 reads: a key that is none.
    """
    keys = np.full(len(before.strings) + 1, -1, np.int64)
    known = _inner_keys(after)
    for text, i in _inner_keys(before).items():
        keys[i] = known.get(text, -1)
    return keys


def _inner_keys(tree: ModelTree) -> dict[bytes, int]:
    """Return the ids of the texts that are keys of inner nodes, by text."""
    is_key = np.zeros(len(tree.strings) + 1, np.bool_)
    is_key[tree.key[tree.n_children > 0]] = True
    ids = np.flatnonzero(is_key[:-1])
    data, offsets = tree.strings.data.tobytes(), tree.strings.offsets
    spans = zip(offsets[ids].tolist(), offsets[ids + 1].tolist(), ids.tolist(), strict=True)
    return {data[start:stop]: i for start, stop, i in spans}
