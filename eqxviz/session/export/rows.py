"""The nodes of a tree in the order in which they are read, with what every form says of them."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import ModelTree, NodeFlag, NodeKind, ShareKind
from eqxviz.session.filtering import mark_of

FLAGS = {
    NodeFlag.WEAK_TYPE: "weakly typed",
    NodeFlag.NUMPY: "NumPy",
    NodeFlag.PRNG_KEY: "PRNG key",
    NodeFlag.DELETED: "deleted",
    NodeFlag.ABSTRACT: "shape only",
    NodeFlag.REFUSED: "refused by JAX",
}
_SHARES = {kind.value: kind.name.lower() for kind in ShareKind}


_Leaf = tuple[tuple[int, ...] | None, str, str, str]


class Row(NamedTuple):
    """One node. Texts are "" where there is nothing to say."""

    row: int  # its place in the order
    parent: int  # the row of its parent, -1 for the root
    depth: int
    node: int
    path: str
    key: str
    kind: str
    type: str
    shape: tuple[int, ...] | None
    dtype: str
    n_params: int
    n_bytes: int
    sharding: str
    mark: str
    value: str
    flags: tuple[str, ...]
    share: int  # the group of places with the same object, -1 for none
    share_kind: str
    problem: str


def rows(tree: ModelTree) -> Iterator[Row]:
    """Yield the nodes of a whole tree, parents before their children, as they are read."""
    cells = _Cells(tree)
    firsts, counts, keys = _list(tree.first_child), _list(tree.n_children), _list(tree.key)
    waiting: list[tuple[int, int]] = [(0, 0)]  # nodes and their depths, the next one last
    paths: list[str] = [""]  # of the nodes above, by depth
    above: list[int] = [-1]  # and their rows
    row = 0
    while waiting:
        node, depth = waiting.pop()
        key = cells.texts[keys[node]] if node else tree.name
        del paths[depth + 1 :], above[depth + 1 :]
        path = paths[depth] + key
        paths.append(path)
        above.append(row)
        yield cells.row(row, above[depth], depth, node, path, key)
        first = firsts[node]
        waiting += [(child, depth + 1) for child in range(first + counts[node] - 1, first - 1, -1)]
        row += 1


class _Cells:
    """The columns of a tree as lists of Python's own values: reading a million is quick."""

    def __init__(self, tree: ModelTree) -> None:
        self._tree = tree
        self.texts: list[str] = [tree.strings[i] for i in range(len(tree.strings))] + [""]
        self._types: list[str] = [self.texts[t] for t in _list(tree.type_name)] + [""]
        self._leaves = [*self._descriptions(), (None, "", "", "")]
        columns = (tree.kind, tree.type, tree.leaf, tree.flags, tree.n_params, tree.n_bytes)
        self._columns = [_list(column) for column in (*columns, tree.share)]
        # Nodes of one kind with the same flags are said alike.
        self._said: dict[tuple[int, int], tuple[str, str, tuple[str, ...]]] = {}

    def row(self, row: int, parent: int, depth: int, node: int, path: str, key: str) -> Row:
        """Return the row of a node, whose place is known."""
        kind, type_, leaf, flags, n_params, n_bytes, share = (c[node] for c in self._columns)
        said = self._said.get((kind, flags))
        if said is None:
            words = tuple(word for flag, word in FLAGS.items() if flags & flag)
            said = NodeKind(kind).name.lower(), mark_of(self._tree, node), words
            self._said[kind, flags] = said
        shape, dtype, sharding, value = self._leaves[leaf]
        share_kind = _SHARES[int(self._tree.share_kind[share])] if share >= 0 else ""
        problem = self._tree.problem(node) if flags & NodeFlag.PROBLEM else ""
        return Row(
            *(row, parent, depth, node, path, key),
            *(said[0], self._types[type_], shape, dtype, n_params, n_bytes, sharding),
            *(said[1], value, said[2], share, share_kind, problem),
        )

    def _descriptions(self) -> Iterator[_Leaf]:
        tree, texts = self._tree, self.texts
        shapes: list[tuple[int, ...]] = [tree.shapes[i] for i in range(len(tree.shapes))]
        columns = (tree.leaf_shape, tree.leaf_dtype, tree.leaf_sharding, tree.leaf_summary)
        listed = [_list(column) for column in columns]
        for shape, dtype, sharding, value in zip(*listed, strict=True):
            yield shapes[shape] if shape >= 0 else None, texts[dtype], texts[sharding], texts[value]


def _list(column: NDArray[np.integer[Any]]) -> list[int]:
    return column.tolist()
