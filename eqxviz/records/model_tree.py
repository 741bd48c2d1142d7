"""A PyTree as columns: what every node is, and how filtering sees it."""

import enum
from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.codec import CodecError, Record, record
from eqxviz.records.columns import Shapes, Strings, check_ids, check_lengths, check_offsets


class NodeKind(enum.IntEnum):
    """What a node of the tree is."""

    MODULE = 0  # an eqxcore or Equinox Module
    CONTAINER = 1  # tuple, list, dict, named tuple
    NODE = 2  # any other registered PyTree node: a dataclass, an optimiser's state
    ARRAY = 3  # leaf: a JAX or NumPy array (or a ShapeDtypeStruct)
    STATIC_LEAF = 4  # leaf: anything else
    NONE = 5  # no leaf at all
    STATIC_FIELD = 6  # a field outside the PyTree: part of its treedef


class NodeFlag(enum.IntFlag):
    """Facts about a node, one bit each."""

    INEXACT = 1  # floating point or complex: `is_inexact_array`, so `filter_grad` differentiates it
    TRACED = 2  # an array: `filter_jit` traces it
    WEAK_TYPE = 4
    NUMPY = 8
    PRNG_KEY = 16
    DELETED = 32  # its buffer was donated or deleted
    ABSTRACT = 64  # a ShapeDtypeStruct: no values
    CALLABLE = 128  # a static leaf that can be called
    PROBLEM = 256  # JAX cannot flatten it, or it is cut off here: see `ModelTree.problem`
    REFUSED = 512  # a NumPy array without numbers: `is_array` counts it, JAX does not take it
    NO_CALL = 1024  # an inner node whose class has no `__call__`


class ShareKind(enum.IntEnum):
    """What several places of the tree have in common."""

    MODULE = 0
    CONTAINER = 1
    ARRAY = 2


def _no_ids() -> NDArray[np.int32]:
    return np.zeros(0, np.int32)


@record
class ModelTree(Record):
    """One PyTree, breadth-first: the children of a node are neighbours, the root is node 0.

    Of a node: `key` is its accessor as Python writes it (`.weight`, `[0]`, `['loss']`), a text id;
    `type` indexes the type columns, `leaf` the leaf columns, `share` the share groups; -1 is none.
    `n_params` counts array elements, `n_bytes` array bytes below the node; an array found at
    several places counts at each. Leaves that are described alike share a row of the leaf columns.

    While `is_complete` is False, nodes are still to come: children may lie past the last row, the
    totals of inner nodes are not summed up, and what refers to several nodes (share groups, states,
    problems) is not known.
    """

    revision: int  # ids belong to one revision
    name: str  # what the user calls the root: "model"
    strings: Strings
    shapes: Shapes
    parent: NDArray[np.int32]
    first_child: NDArray[np.int32]
    n_children: NDArray[np.int32]
    key: NDArray[np.int32]
    type: NDArray[np.int32]
    kind: NDArray[np.uint8]
    flags: NDArray[np.uint32]
    leaf: NDArray[np.int32]
    share: NDArray[np.int32]
    n_leaves: NDArray[np.int32]
    n_params: NDArray[np.int64]
    n_bytes: NDArray[np.int64]
    # descriptions of leaves: arrays, static leaves and static fields
    leaf_dtype: NDArray[np.int32]  # text id: "float32"; -1 where it is no array
    leaf_shape: NDArray[np.int32]  # shape id; -1 where it is no array
    leaf_sharding: NDArray[np.int32]  # text id: "cpu:0"
    leaf_summary: NDArray[np.int32]  # text id: "f32[8,3]", "<function relu>", "True"
    # types
    type_name: NDArray[np.int32]
    type_module: NDArray[np.int32]
    type_file: NDArray[np.int32]
    type_line: NDArray[np.int32]
    # share groups: the nodes of group g are share_members[share_offsets[g]:share_offsets[g + 1]]
    share_kind: NDArray[np.uint8]
    share_offsets: NDArray[np.uint32]
    share_members: NDArray[np.int32]
    is_complete: bool = True
    # problems of single nodes, by rising node: why a node was not looked into
    problem_node: NDArray[np.int32] = field(default_factory=_no_ids)
    problem_text: NDArray[np.int32] = field(default_factory=_no_ids)  # text id
    # optimiser state, by rising node: leaf `state_node` is the `state_name` ("mu") of `state_param`
    state_node: NDArray[np.int32] = field(default_factory=_no_ids)
    state_param: NDArray[np.int32] = field(default_factory=_no_ids)
    state_name: NDArray[np.int32] = field(default_factory=_no_ids)  # text id

    def check(self) -> None:
        n, texts = len(self.parent), len(self.strings)
        nodes = ("first_child", "n_children", "key", "type", "kind", "flags", "leaf", "share")
        totals = ("n_leaves", "n_params", "n_bytes")
        check_lengths({c: len(getattr(self, c)) for c in ("parent", *nodes, *totals)}, "ModelTree")
        leaves = ("leaf_dtype", "leaf_shape", "leaf_sharding", "leaf_summary")
        check_lengths({c: len(getattr(self, c)) for c in leaves}, "ModelTree leaves")
        types = ("type_name", "type_module", "type_file", "type_line")
        check_lengths({c: len(getattr(self, c)) for c in types}, "ModelTree types")
        if n == 0 or self.parent[0] != -1:
            raise CodecError("ModelTree has no root: node 0 must have parent -1")
        if np.any(self.parent[1:] >= np.arange(1, n)) or np.any(self.parent[1:] < 0):
            raise CodecError("ModelTree.parent must name an earlier node")
        ends = self.first_child.astype(np.int64) + self.n_children
        is_past = self.is_complete and np.any(ends[self.n_children > 0] > n)
        if np.any(self.n_children < 0) or is_past:
            raise CodecError("ModelTree.first_child and n_children reach past the last node")
        check_ids(self.key, texts, "ModelTree.key")
        check_ids(self.type, len(self.type_name), "ModelTree.type")
        check_ids(self.leaf, len(self.leaf_dtype), "ModelTree.leaf")
        check_ids(self.share, len(self.share_kind), "ModelTree.share")
        for column in ("leaf_dtype", "leaf_sharding", "leaf_summary", *types[:3]):
            check_ids(getattr(self, column), texts, f"ModelTree.{column}")
        check_ids(self.leaf_shape, len(self.shapes), "ModelTree.leaf_shape")
        check_ids(self.share_members, n, "ModelTree.share_members")
        check_offsets(self.share_offsets, len(self.share_members), "ModelTree.share")
        problems = ("problem_node", "problem_text")
        check_lengths({c: len(getattr(self, c)) for c in problems}, "ModelTree problems")
        states = ("state_node", "state_param", "state_name")
        check_lengths({c: len(getattr(self, c)) for c in states}, "ModelTree states")
        for column in ("problem_node", "state_node", "state_param"):
            check_ids(getattr(self, column), n, f"ModelTree.{column}")
        for column in ("problem_text", "state_name"):
            check_ids(getattr(self, column), texts, f"ModelTree.{column}")

    def __len__(self) -> int:
        return len(self.parent)

    def children(self, node: int) -> range:
        """Return the ids of the children of `node`, those that have come."""
        start = int(self.first_child[node])
        return range(start, min(start + int(self.n_children[node]), len(self)))

    def path(self, node: int) -> str:
        """Return `node` as the user would write it: `model.layers[0].weight`."""
        keys: list[str] = []
        while node > 0:
            keys.append(self.strings[int(self.key[node])])
            node = int(self.parent[node])
        return self.name + "".join(reversed(keys))

    def can_be_called(self, node: int) -> bool:
        """Whether `node` has a call, whose graph could be drawn."""
        kind, flags = int(self.kind[node]), int(self.flags[node])
        if kind in (NodeKind.MODULE, NodeKind.CONTAINER, NodeKind.NODE):
            return not flags & NodeFlag.NO_CALL
        return bool(flags & NodeFlag.CALLABLE)

    def shape(self, node: int) -> tuple[int, ...] | None:
        """Return the shape of an array leaf, None for other nodes."""
        leaf = int(self.leaf[node])
        shape = int(self.leaf_shape[leaf]) if leaf >= 0 else -1
        return self.shapes[shape] if shape >= 0 else None

    def problem(self, node: int) -> str:
        """Return why `node` was not looked into, "" if it was."""
        at = int(np.searchsorted(self.problem_node, node))
        if at == len(self.problem_node) or self.problem_node[at] != node:
            return ""
        return self.strings[int(self.problem_text[at])]

    def places(self, group: int) -> NDArray[np.int32]:
        """Return the nodes at which the object of a share group is found, none for group -1."""
        if group < 0:
            return self.share_members[:0]
        starts = self.share_offsets
        return self.share_members[int(starts[group]) : int(starts[group + 1])]
