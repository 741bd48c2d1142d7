"""Which rows of a model tree are on screen: expanding, revealing and searching, without Qt.

Nodes are breadth-first, so that a level is a range and every step here is one numpy expression a
level. A million nodes expand in milliseconds, and there is no object per row.
"""

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import ModelTree


class Outline:
    """The visible rows of one `ModelTree`, top to bottom: node ids in `rows`."""

    def __init__(self, tree: ModelTree, expand_depth: int = 2) -> None:
        self.tree = tree
        self.depth, self._levels = _levels(tree)
        self._preorder = _preorder(tree, self._levels)
        self.expanded: NDArray[np.bool_] = (self.depth < expand_depth) & (tree.n_children > 0)
        self.rows: NDArray[np.int32] = np.zeros(0, np.int32)
        self._row_of: NDArray[np.int32] = np.zeros(0, np.int32)
        self._paths: list[str] | None = None
        self._refresh()

    def __len__(self) -> int:
        return len(self.rows)

    def row_of(self, node: int) -> int:
        """Return the row that shows `node`, or -1."""
        return int(self._row_of[node])

    def set_expanded(self, node: int, expanded: bool) -> None:
        """Unfold or fold one node."""
        self.expanded[node] = expanded and bool(self.tree.n_children[node] > 0)
        self._refresh()

    def set_expanded_below(self, node: int, expanded: bool) -> None:
        """Unfold or fold `node` and everything below it."""
        inside = np.zeros(len(self.tree), np.bool_)
        inside[node] = True
        for level in self._levels[1:]:
            inside[level] |= inside[self.tree.parent[level]]
        self.expanded[inside] = expanded
        self.expanded &= self.tree.n_children > 0
        self._refresh()

    def expand_to_depth(self, depth: int) -> None:
        """Unfold exactly the nodes above `depth` (the root has depth 0)."""
        self.expanded = (self.depth < depth) & (self.tree.n_children > 0)
        self._refresh()

    def reveal(self, nodes: NDArray[np.int32]) -> None:
        """Unfold whatever hides one of `nodes`."""
        parents = np.unique(self.tree.parent[nodes])
        while len(parents := parents[parents >= 0]):
            self.expanded[parents] = True
            parents = np.unique(self.tree.parent[parents])
        self._refresh()

    def search(self, text: str) -> NDArray[np.int32]:
        """Return the nodes that `text` matches, top to bottom. Case does not matter.

        It is looked for in the key, the type, the dtype and the summary of each node; with a dot or
        a bracket in it, in the path first (`layers[0].weight`).
        """
        needle = text.strip().casefold()
        if not needle:
            return np.zeros(0, np.int32)
        if "." in needle or "[" in needle:
            paths = self._all_paths()
            hits = np.fromiter((needle in p for p in paths), np.bool_, len(paths))
            if hits.any() or "[" not in needle:
                return self._preorder[hits[self._preorder]]
        return self._preorder[self._text_hits(needle)[self._preorder]]

    def _text_hits(self, needle: str) -> NDArray[np.bool_]:
        tree, texts = self.tree, self.tree.strings
        # In each of these the last entry, False, is what id -1 reads.
        found = np.zeros(len(texts) + 1, np.bool_)
        for i in range(len(texts)):
            found[i] = needle in texts[i].casefold()
        types = np.zeros(len(tree.type_name) + 1, np.bool_)
        types[:-1] = found[tree.type_name]
        leaves = np.zeros(len(tree.leaf_dtype) + 1, np.bool_)
        leaves[:-1] = found[tree.leaf_dtype] | found[tree.leaf_summary]
        return found[tree.key] | types[tree.type] | leaves[tree.leaf]

    def _all_paths(self) -> list[str]:
        if self._paths is None:
            tree = self.tree
            keys = [tree.strings[i].casefold() for i in range(len(tree.strings))]
            paths = [tree.name.casefold()]
            for node in range(1, len(tree)):
                paths.append(paths[int(tree.parent[node])] + keys[int(tree.key[node])])
            self._paths = paths
        return self._paths

    def _refresh(self) -> None:
        tree = self.tree
        visible = np.ones(len(tree), np.bool_)
        for level in self._levels[1:]:
            parent = tree.parent[level]
            visible[level] = visible[parent] & self.expanded[parent]
        self.rows = self._preorder[visible[self._preorder]]
        self._row_of = np.full(len(tree), -1, np.int32)
        self._row_of[self.rows] = np.arange(len(self.rows), dtype=np.int32)


def _levels(tree: ModelTree) -> tuple[NDArray[np.int32], list[slice]]:
    """Return the depth of every node, and the levels as ranges of nodes."""
    depth = np.zeros(len(tree), np.int32)
    levels = [slice(0, 1)]
    while True:
        level = levels[-1]
        n_below = int(tree.n_children[level].sum())
        if n_below == 0:
            return depth, levels
        below = slice(level.stop, level.stop + n_below)
        depth[below] = len(levels)
        levels.append(below)


def _preorder(tree: ModelTree, levels: list[slice]) -> NDArray[np.int32]:
    """Return the nodes in the order in which a fully unfolded tree lists them."""
    n = len(tree)
    size = np.ones(n, np.int64)
    for level in reversed(levels[1:]):
        first = int(tree.parent[level.start])
        last = int(tree.parent[level.stop - 1])
        below = np.bincount(tree.parent[level] - first, weights=size[level])
        size[first : last + 1] += below.astype(np.int64)
    position = np.zeros(n, np.int64)
    for level in levels[1:]:
        before = np.cumsum(size[level]) - size[level]
        first = tree.first_child[tree.parent[level]] - level.start
        position[level] = position[tree.parent[level]] + 1 + before - before[first]
    order = np.zeros(n, np.int32)
    order[position] = np.arange(n, dtype=np.int32)
    return order
