"""Any PyTree as a `ModelTree`."""

import re
import sys
from functools import cache
from linecache import getlines
from types import FunctionType
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from eqxviz.analysis.leaves import Leaf, describe_leaf, describe_static_field
from eqxviz.analysis.walk import Walk, levels
from eqxviz.records import Interner, ModelTree, NodeKind, Shapes, ShareKind

_INNER = (NodeKind.MODULE, NodeKind.CONTAINER, NodeKind.NODE)
_LEAVES = (NodeKind.STATIC_LEAF, NodeKind.STATIC_FIELD)
_Row = tuple[int, int, int, int]
_SHARES = {
    NodeKind.MODULE: ShareKind.MODULE,
    NodeKind.CONTAINER: ShareKind.CONTAINER,
    NodeKind.NODE: ShareKind.CONTAINER,
    NodeKind.ARRAY: ShareKind.ARRAY,
}


class NodeIndex:
    """The Python object of each node of a tree, numbered as `model_tree` numbers them."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk

    def __len__(self) -> int:
        return len(self._walk.values)

    def object_at(self, node: int) -> Any:
        """Return the object at `node`.

        Raises:
            IndexError: If the tree has no such node.
        """
        if not 0 <= node < len(self):
            raise IndexError(f"{self._walk.name} has {len(self)} nodes; there is no node {node}")
        return self._walk.values[node]

    def path(self, node: int) -> str:
        """Return `node` as the user would write it: `model.layers[0].weight`."""
        return self._walk.path(node)

    def tree(self, revision: int) -> ModelTree:
        """Return the tree itself, as a record."""
        return _Columns(self._walk).tree(revision)


def nodes_of(value: Any, name: str = "model") -> NodeIndex:
    """Return the objects of all nodes of the PyTree `value`.

    Raises:
        ValueError: If `value` holds itself, cannot be flattened, or is too large to show.
    """
    return NodeIndex(Walk(value, name))


def model_tree(value: Any, name: str, revision: int) -> ModelTree:
    """Return the PyTree `value`, called `name`, as columns.

    Anything is a PyTree: a bare function is a tree of one static leaf.

    Raises:
        ValueError: If `value` holds itself, cannot be flattened, or is too large to show.
    """
    return nodes_of(value, name).tree(revision)


class _Columns:
    """The columns of a walked tree, filled leaf by leaf."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._strings = Interner()
        self._shapes: dict[tuple[int, ...], int] = {}
        self._types: dict[type, int] = {}
        self._kinds = list(walk.kinds)
        self._leaf = [-1] * len(walk.values)
        self._flags: NDArray[np.uint32] = np.zeros(0, np.uint32)
        self._totals: NDArray[np.int64] = np.zeros((3, 0), np.int64)  # leaves, parameters, bytes
        # dtype, shape, sharding, summary: lists of numbers, which the collector need not walk
        self._leaves: tuple[list[int], ...] = ([], [], [], [])

    def tree(self, revision: int) -> ModelTree:
        walk, intern = self._walk, self._strings
        self._fill_leaves()
        parents = np.array(walk.parents, np.int32)
        self._sum_up(parents)
        share, share_kind, members = self._shares()
        keys = np.array([intern(key) for key in walk.keys], np.int32)
        known = self._types
        types = np.array(
            [known.setdefault(cls, len(known)) for cls in map(type, walk.values)], np.int32
        )
        leaf = [np.array(column, np.int32) for column in self._leaves]
        type_columns = np.array([self._describe_type(t) for t in self._types], np.int32)
        type_columns = type_columns.reshape(-1, 4).T
        return ModelTree(
            revision=revision,
            name=walk.name,
            strings=intern.strings(),
            shapes=Shapes.of(list(self._shapes)),
            parent=parents,
            first_child=np.array(walk.first_child, np.int32),
            n_children=np.array(walk.n_children, np.int32),
            key=keys,
            type=types,
            kind=np.array(self._kinds, np.uint8),
            flags=self._flags,
            leaf=np.array(self._leaf, np.int32),
            share=share,
            n_leaves=self._totals[0],
            n_params=self._totals[1],
            n_bytes=self._totals[2],
            leaf_dtype=leaf[0],
            leaf_shape=leaf[1],
            leaf_sharding=leaf[2],
            leaf_summary=leaf[3],
            type_name=type_columns[0],
            type_module=type_columns[1],
            type_file=type_columns[2],
            type_line=type_columns[3],
            share_kind=share_kind,
            share_offsets=np.cumsum([0, *map(len, members)], dtype=np.uint32),
            share_members=np.array([m for group in members for m in group], np.int32),
        )

    def _fill_leaves(self) -> None:
        """Fill the columns of leaves, and what a leaf adds to the totals."""
        values, kinds, leaf_of = self._walk.values, self._kinds, self._leaf
        n_params, n_bytes, flags = ([0] * len(values) for _ in range(3))
        dtypes, shapes, shardings, summaries = self._leaves
        # Arrays of one type share their description: keep the row that it makes.
        rows: dict[int, tuple[Leaf, _Row]] = {}
        for node, kind in enumerate(kinds):
            if kind not in _LEAVES:
                continue
            static = kind == NodeKind.STATIC_FIELD
            leaf = (describe_static_field if static else describe_leaf)(values[node])
            known = rows.get(id(leaf))
            if known is None:
                known = (leaf, self._row(leaf))
                if leaf.shape is not None:
                    rows[id(leaf)] = known
            dtype, shape, sharding, summary = known[1]
            leaf_of[node] = len(dtypes)
            dtypes.append(dtype)
            shapes.append(shape)
            shardings.append(sharding)
            summaries.append(summary)
            kinds[node] = leaf.kind
            flags[node] = leaf.flags
            n_params[node], n_bytes[node] = leaf.n_params, leaf.n_bytes
        self._flags = np.array(flags, np.uint32)
        column = np.array(kinds, np.uint8)
        is_leaf = (column == NodeKind.ARRAY) | (column == NodeKind.STATIC_LEAF)
        self._totals = np.array([is_leaf, n_params, n_bytes], np.int64)

    def _row(self, leaf: Leaf) -> _Row:
        """Return the row of `leaf` in the leaf columns: dtype, shape, sharding, summary."""
        intern, shape = self._strings, -1
        if leaf.shape is not None:
            shape = self._shapes.setdefault(leaf.shape, len(self._shapes))
        dtype = intern(leaf.dtype) if leaf.dtype else -1
        sharding = intern(leaf.sharding) if leaf.sharding else -1
        return dtype, shape, sharding, intern(leaf.summary)

    def _sum_up(self, parents: NDArray[np.int32]) -> None:
        """Add the totals of each node to its parent, deepest level first."""
        for start, stop in reversed(levels(parents)[1:]):
            if stop - start == 1:  # a deep chain
                self._totals[:, parents[start]] += self._totals[:, start]
                continue
            for total in self._totals:
                np.add.at(total, parents[start:stop], total[start:stop])

    def _shares(self) -> tuple[NDArray[np.int32], NDArray[np.uint8], list[list[int]]]:
        """Return the share group of each node, the kind of each group, and its nodes."""
        places: dict[int, list[int]] = {}
        ids = np.fromiter(map(id, self._walk.values), np.int64, len(self._kinds))
        _, inverse, counts = np.unique(ids, return_inverse=True, return_counts=True)
        for node in np.flatnonzero(counts[inverse] > 1).tolist():
            if self._can_be_shared(node):
                places.setdefault(int(ids[node]), []).append(node)
        groups = sorted(nodes for nodes in places.values() if len(nodes) > 1)
        share = np.full(len(self._kinds), -1, np.int32)
        kept: list[list[int]] = []
        for nodes in groups:  # by first node, hence parents before children
            above = {int(share[self._walk.parents[node]]) for node in nodes}
            # What lies inside a shared node is shared with it, which says nothing new.
            if len(above) == 1 and above != {-1} and len(kept[min(above)]) == len(nodes):
                share[nodes] = min(above)
                continue
            share[nodes] = len(kept)
            kept.append(nodes)
        member = np.zeros(len(share), bool)
        for nodes in kept:
            member[nodes] = True
        share[~member] = -1
        kinds = [_SHARES[NodeKind(self._kinds[nodes[0]])] for nodes in kept]
        return share, np.array(kinds, np.uint8), kept

    def _can_be_shared(self, node: int) -> bool:
        kind = self._kinds[node]
        if kind == NodeKind.ARRAY:
            return True
        if kind not in _INNER or self._walk.n_children[node] == 0:
            return False
        # Python itself keeps one copy of equal constant tuples.
        return self._totals[1, node] > 0 or type(self._walk.values[node]) is not tuple

    def _describe_type(self, cls: type) -> tuple[int, int, int, int]:
        """Return the row of `cls` in the type columns: name, module, file, line."""
        file, line = _place_of(cls)
        name, module = cls.__qualname__, str(cls.__module__)
        if issubclass(cls, jax.Array):  # not by the name of its implementation
            name, module = "Array", "jax"
        intern = self._strings
        return intern(name), intern(module), intern(file) if file else -1, line


@cache
def _place_of(cls: type) -> tuple[str, int]:
    """Return file and line of the statement that made `cls`; `("", 0)` if there is none.

    `inspect` parses the whole file for it; a search for the statement does as well.
    """
    module = sys.modules.get(str(cls.__module__))
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or not file.endswith(".py"):
        return "", 0
    line = getattr(cls, "__firstlineno__", None)  # Python 3.13
    if isinstance(line, int):
        return file, line
    methods = [f for f in vars(cls).values() if isinstance(f, FunctionType)]
    own = [f.__code__.co_firstlineno for f in methods if f.__code__.co_filename == file]
    statement = re.compile(rf"\s*class\s+{re.escape(cls.__name__)}\b")
    found = [i for i, text in enumerate(getlines(file), 1) if statement.match(text)]
    before = [i for i in found if not own or i <= min(own)]
    return (file, before[-1]) if before else (file, found[0]) if found else ("", 0)
