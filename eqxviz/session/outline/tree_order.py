"""A tree in reading order, where all that is below a node is one run of places."""

from copy import copy
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from eqxviz.records import NodeKind
from eqxviz.session.outline.unfolding import level_starts, reading_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eqxviz.records import ModelTree

_LEAVES = (NodeKind.ARRAY, NodeKind.STATIC_LEAF)


class TreeOrder:
    """Nodes by place: node `n` and all below it are `nodes[place[n] : place[n] + size[n]]`.

    `root` is the node that code begins at: that of the tree, or one of its variables.
    """

    def __init__(self, tree: "ModelTree") -> None:
        n = len(tree)
        self.tree = tree
        self.root = 0
        self.nodes: NDArray[np.int32] = reading_order(tree, tree.n_children > 0)
        self.place: NDArray[np.int64] = np.zeros(n, np.int64)
        self.place[self.nodes] = np.arange(n)
        self.size: NDArray[np.int64] = np.ones(n, np.int64)
        for start, stop in reversed([*pairwise(level_starts(tree))][1:]):
            parents = tree.parent[start:stop]
            first, last = int(parents[0]), int(parents[-1])
            below = np.bincount(parents - first, weights=self.size[start:stop])
            self.size[first : last + 1] += below.astype(np.int64)

    def rooted(self, node: int) -> "TreeOrder":
        """Return the same order, of which code is to begin at `node`."""
        rooted = copy(self)
        rooted.root = node
        return rooted

    def prepare(self) -> None:
        """Work out now what is else worked out when it is first asked for."""
        _ = self.is_leaf, self.leaves, self._leaves_before

    @cached_property
    def is_leaf(self) -> "NDArray[np.bool_]":
        """Which nodes are leaves of the PyTree."""
        return np.isin(self.tree.kind, _LEAVES)

    @cached_property
    def leaves(self) -> "NDArray[np.int32]":
        """The leaves, in the order of `jax.tree.leaves`."""
        return self.nodes[self.is_leaf[self.nodes]]

    @cached_property
    def _leaves_before(self) -> "NDArray[np.int64]":
        return running_sum(self.is_leaf[self.nodes])

    def below(self, node: int) -> "NDArray[np.int32]":
        """Return `node` and all nodes below it, in reading order."""
        start = int(self.place[node])
        return self.nodes[start : start + int(self.size[node])]

    def leaf_range(self, node: int) -> tuple[int, int]:
        """Return which of `leaves` lie at or below `node`: the first, and one past the last."""
        start = int(self.place[node])
        ends = self._leaves_before[[start, start + int(self.size[node])]]
        return int(ends[0]), int(ends[1])

    def is_below(self, node: int, above: int) -> bool:
        """Whether `node` is `above` or lies below it."""
        return 0 <= int(self.place[node]) - int(self.place[above]) < int(self.size[above])


def running_sum(column: "NDArray[np.generic]") -> "NDArray[np.int64]":
    """Return the sums of the first 0, 1, ... entries of `column`."""
    sums = np.zeros(len(column) + 1, np.int64)
    np.cumsum(column, dtype=np.int64, out=sums[1:])
    return sums
