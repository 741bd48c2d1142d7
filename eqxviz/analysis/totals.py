"""What is known of a tree when all its nodes are: sums over subtrees, and what is shared."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import ModelTree, NodeKind, ShareKind

_SHARES = np.full(max(NodeKind) + 1, ShareKind.CONTAINER, np.uint8)
_SHARES[NodeKind.MODULE], _SHARES[NodeKind.ARRAY] = ShareKind.MODULE, ShareKind.ARRAY
_INNER = (NodeKind.MODULE, NodeKind.CONTAINER, NodeKind.NODE)


def levels(tree: ModelTree) -> list[slice]:
    """Return the nodes of each depth, the root's first. `tree` must have all its rows."""
    found = [slice(0, 1)]
    while n_below := int(tree.n_children[found[-1]].sum(dtype=np.int64)):
        found.append(slice(found[-1].stop, found[-1].stop + n_below))
    return found


def totals(tree: ModelTree) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """Return leaves, parameters and bytes below each node, from a tree that has each node's own."""
    columns = tree.n_leaves.copy(), tree.n_params.copy(), tree.n_bytes.copy()
    below = levels(tree)
    for above, level in zip(reversed(below[:-1]), reversed(below[1:]), strict=True):
        first = tree.first_child[above] - level.start
        stop = first + tree.n_children[above]
        sums = np.zeros(level.stop - level.start + 1, np.int64)
        for column in columns:
            # Children are neighbours: their sum is the difference of two running ones.
            np.cumsum(column[level], out=sums[1:], dtype=np.int64)
            column[above] += (sums[stop] - sums[first]).astype(column.dtype)
    return columns


class ShareGroups(NamedTuple):
    """As in `ModelTree`: the nodes of group g are `members[offsets[g]:offsets[g + 1]]`."""

    kind: NDArray[np.uint8]
    offsets: NDArray[np.uint32]
    members: NDArray[np.int32]


def share_groups(
    tree: ModelTree, identities: NDArray[np.int64], n_params: NDArray[np.int64], tuple_type: int
) -> ShareGroups:
    """Return the groups of nodes at which one object is found, by their first nodes.

    What lies inside a shared node is shared with it, which says nothing new: it is no group.
    `identities` are those of the nodes' objects, `n_params` the totals, `tuple_type` the type id of
    `tuple`: Python itself keeps one copy of equal constant tuples.
    """
    is_inner = np.isin(tree.kind, _INNER) & (tree.n_children > 0)
    is_inner &= (n_params > 0) | (tree.type != tuple_type)
    candidates = np.flatnonzero(is_inner | (tree.kind == NodeKind.ARRAY))
    nodes, bounds = _repeated(candidates, identities)
    sizes = np.diff(bounds)
    group = np.full(len(tree), -1, np.int64)
    group[nodes] = np.repeat(np.arange(len(sizes)), sizes)
    if len(nodes):
        above = np.where(tree.parent[nodes] >= 0, group[tree.parent[nodes]], -1)
        lowest = np.minimum.reduceat(above, bounds[:-1])
        highest = np.maximum.reduceat(above, bounds[:-1])
        # Once in each place of one shared node.
        is_inside = (lowest == highest) & (lowest >= 0) & (sizes[lowest] == sizes)
        order = np.argsort(nodes[bounds[:-1]], kind="stable")
        kept = order[~is_inside[order]]
        sizes = sizes[kept]
        starts = np.repeat(bounds[kept] - np.cumsum(sizes) + sizes, sizes)
        nodes = nodes[starts + np.arange(len(starts))]
    offsets = np.zeros(len(sizes) + 1, np.uint32)
    np.cumsum(sizes, out=offsets[1:])
    kinds = _SHARES[tree.kind[nodes[offsets[:-1]]]] if len(nodes) else np.zeros(0, np.uint8)
    return ShareGroups(kinds, offsets, nodes.astype(np.int32))


def _repeated(
    candidates: NDArray[np.int64], identities: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the nodes whose identity comes twice or more, those alike as rising neighbours.

    The second array bounds the runs of those that are alike.
    """
    ids = identities[candidates]
    ordered = np.sort(ids)  # some times faster than to sort the nodes along with them
    repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(repeated):
        return np.zeros(0, np.int64), np.zeros(1, np.int64)
    at = np.searchsorted(repeated, ids)
    at[at == len(repeated)] = 0
    found = repeated[at] == ids
    order = np.argsort(at[found], kind="stable")
    sizes = np.bincount(at[found], minlength=len(repeated))
    return candidates[found][order], np.concatenate([[0], np.cumsum(sizes)])
