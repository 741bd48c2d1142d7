"""A large model's tree, part by part: what is sent after the first part, and its assembly."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.codec import CodecError, Record, record
from eqxviz.records.columns import Column, Shapes, Strings, check_ids, check_lengths, check_offsets
from eqxviz.records.model_tree import ModelTree, NodeKind


@record
class ReadRows(Record):
    """Ask for the next rows of a model whose tree is incomplete. Answered by `TreeRows`.

    Each request moves on: several may be on their way, and are answered in order.
    """

    revision: int


@record
class TreeEnd(Record):
    """What is known of a tree when all its rows are: see the columns of `ModelTree`.

    The totals are those of the nodes that have children, by rising node.
    """

    inputs: str  # as `OpenedModel.inputs`
    n_leaves: NDArray[np.int32]
    n_params: NDArray[np.int64]
    n_bytes: NDArray[np.int64]
    share_kind: NDArray[np.uint8]
    share_offsets: NDArray[np.uint32]
    share_members: NDArray[np.int32]
    problem_node: NDArray[np.int32]
    problem_text: NDArray[np.int32]
    state_node: NDArray[np.int32]
    state_param: NDArray[np.int32]
    state_name: NDArray[np.int32]

    def check(self) -> None:
        totals = ("n_leaves", "n_params", "n_bytes")
        check_lengths({c: len(getattr(self, c)) for c in totals}, "TreeEnd totals")
        check_offsets(self.share_offsets, len(self.share_members), "TreeEnd.share")
        if len(self.share_offsets) != len(self.share_kind) + 1:
            raise CodecError("TreeEnd.share_kind and share_offsets differ in length")
        problems = ("problem_node", "problem_text")
        check_lengths({c: len(getattr(self, c)) for c in problems}, "TreeEnd problems")
        states = ("state_node", "state_param", "state_name")
        check_lengths({c: len(getattr(self, c)) for c in states}, "TreeEnd states")


@record
class TreeRows(Record):
    """The next rows of a tree, and the texts, shapes, types and leaf descriptions new in them.

    The columns are those of `ModelTree`; the places of nodes follow from `n_children`. `first_row`
    and its like say how many there are before this part. `n_params` and `n_bytes` are a leaf's own.
    """

    revision: int
    first_row: int
    first_text: int
    first_shape: int
    first_leaf: int
    first_type: int
    strings: Strings
    shapes: Shapes
    n_children: NDArray[np.int32]
    key: NDArray[np.int32]
    type: NDArray[np.int32]
    kind: NDArray[np.uint8]
    flags: NDArray[np.uint32]
    leaf: NDArray[np.int32]
    n_params: NDArray[np.int64]
    n_bytes: NDArray[np.int64]
    leaf_dtype: NDArray[np.int32]
    leaf_shape: NDArray[np.int32]
    leaf_sharding: NDArray[np.int32]
    leaf_summary: NDArray[np.int32]
    type_name: NDArray[np.int32]
    type_module: NDArray[np.int32]
    type_file: NDArray[np.int32]
    type_line: NDArray[np.int32]
    end: TreeEnd | None  # with the last rows, or after them

    @property
    def before(self) -> "Counts":
        """How much there is before this part."""
        texts, shapes = self.first_text, self.first_shape
        return Counts(self.first_row, texts, shapes, self.first_leaf, self.first_type)

    def check(self) -> None:
        for names in (ROW_COLUMNS, LEAF_COLUMNS, TYPE_COLUMNS):
            check_lengths({name: len(getattr(self, name)) for name in names}, "TreeRows")
        if len(self.n_children) and int(self.n_children.min()) < 0:
            raise CodecError("TreeRows.n_children falls below zero")
        if len(self.kind) and int(self.kind.max()) > max(NodeKind):
            raise CodecError(f"TreeRows.kind holds {int(self.kind.max())}, which is no kind")
        n_texts = self.first_text + len(self.strings)
        for column in ("key", "leaf_dtype", "leaf_sharding", "leaf_summary", *TYPE_COLUMNS[:3]):
            check_ids(getattr(self, column), n_texts, f"TreeRows.{column}")
        check_ids(self.type, self.first_type + len(self.type_name), "TreeRows.type")
        check_ids(self.leaf, self.first_leaf + len(self.leaf_dtype), "TreeRows.leaf")
        check_ids(self.leaf_shape, self.first_shape + len(self.shapes), "TreeRows.leaf_shape")
        if self.end is not None:
            n_rows = self.first_row + len(self.n_children)
            for column in ("share_members", "problem_node", "state_node", "state_param"):
                check_ids(getattr(self.end, column), n_rows, f"TreeEnd.{column}")
            for column in ("problem_text", "state_name"):
                check_ids(getattr(self.end, column), n_texts, f"TreeEnd.{column}")


ROW_COLUMNS = ("n_children", "key", "type", "kind", "flags", "leaf", "n_params", "n_bytes")
LEAF_COLUMNS = ("leaf_dtype", "leaf_shape", "leaf_sharding", "leaf_summary")
TYPE_COLUMNS = ("type_name", "type_module", "type_file", "type_line")
_IS_LEAF = np.zeros(max(NodeKind) + 1, np.int32)
_IS_LEAF[[NodeKind.ARRAY, NodeKind.STATIC_LEAF]] = 1


def empty_tree(revision: int, name: str) -> ModelTree:
    """Return a tree to which even the root is still to come. Views are never given one."""
    hints: dict[str, Any] = {"kind": np.uint8, "share_kind": np.uint8, "flags": np.uint32}
    hints |= {"n_params": np.int64, "n_bytes": np.int64}
    ids = (*ROW_COLUMNS, "parent", "first_child", "share", "n_leaves", *LEAF_COLUMNS, *TYPE_COLUMNS)
    columns: dict[str, Any] = {c: np.zeros(0, hints.get(c, np.int32)) for c in (*ids, "share_kind")}
    return ModelTree(
        revision=revision,
        name=name,
        strings=Strings.of([]),
        shapes=Shapes.of([]),
        share_offsets=np.zeros(1, np.uint32),
        share_members=np.zeros(0, np.int32),
        is_complete=False,
        **columns,
    )


class Counts(NamedTuple):
    """How many rows of a tree there are, and of what they refer to."""

    rows: int
    texts: int
    shapes: int
    leaves: int
    types: int


class GrowingTree:
    """A `ModelTree` to which rows are added; what was there before is not copied again.

    Every tree that `tree` gives out stays as it is.
    """

    def __init__(self, tree: ModelTree) -> None:
        """Go on from `tree`, which is incomplete."""
        self._before = tree
        names = (*ROW_COLUMNS, "first_child", "n_leaves", *LEAF_COLUMNS, *TYPE_COLUMNS)
        # Not all of them make new room at the same time, which would take a few frames.
        self._columns = {
            name: Column(getattr(tree, name), 3 + i / len(names)) for i, name in enumerate(names)
        }
        self._texts = Column(tree.strings.data), Column(tree.strings.offsets)
        self._dims = Column(tree.shapes.dims), Column(tree.shapes.offsets)
        # Parents are known ahead: those of all children of the rows that there are.
        self._parent = Column(np.full(1, -1, np.int32))
        self._parent.extend(_parents_below(0, tree.n_children))
        self._end: TreeEnd | None = None

    def __len__(self) -> int:
        return len(self._columns["key"])

    @property
    def counts(self) -> Counts:
        """How much has come."""
        n_leaves, n_types = len(self._columns["leaf_dtype"]), len(self._columns["type_name"])
        return Counts(len(self), len(self._strings), len(self._shapes), n_leaves, n_types)

    def add(self, part: TreeRows) -> None:
        """Take in the next part.

        Raises:
            CodecError: If it is not the next one, or does not fit what came before.
        """
        due = self.counts
        if part.before != due or self._end is not None or part.revision != self._before.revision:
            raise CodecError(
                f"rows after {part.before} of revision {part.revision} came where those after "
                f"{due} of revision {self._before.revision} were due"
            )
        n_new = len(part.key)
        n_known = len(self._parent) + int(part.n_children.sum(dtype=np.int64))
        n_rows = len(self) + n_new
        is_cut_off = part.end is not None and n_rows < n_known
        if n_rows > n_known or is_cut_off or n_known >= 2**31:
            raise CodecError(f"{n_rows} rows have come, and their children make {n_known}")
        ends = len(self._parent) + np.cumsum(part.n_children, dtype=np.int64)
        self._columns["first_child"].extend(ends - part.n_children)
        self._columns["n_leaves"].extend(_IS_LEAF[part.kind])
        self._parent.extend(_parents_below(n_rows - n_new, part.n_children))
        for name in (*ROW_COLUMNS, *LEAF_COLUMNS, *TYPE_COLUMNS):
            self._columns[name].extend(getattr(part, name))
        for (items, offsets), data, more in (
            (self._texts, part.strings.data, part.strings.offsets),
            (self._dims, part.shapes.dims, part.shapes.offsets),
        ):
            offsets.extend(more[1:] + np.uint32(len(items)))
            items.extend(data)
        if part.end is not None:
            self._finish(part.end)

    def tree(self) -> ModelTree:
        """Return what has come so far."""
        views: dict[str, Any] = {name: column.view() for name, column in self._columns.items()}
        n, end = len(self), self._end
        views |= {"strings": self._strings, "shapes": self._shapes}
        views |= {"parent": self._parent.view()[:n], "is_complete": end is not None}
        # One number in memory, seen n times: nobody knows yet who shares, or nobody does.
        share = np.broadcast_to(np.int32(-1), n)
        if end is None:
            return replace(self._before, share=share, **views)
        if len(end.share_members):
            share = np.full(n, -1, np.int32)
            sizes = np.diff(end.share_offsets.astype(np.int64))
            share[end.share_members] = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
        names = ("share_kind", "share_offsets", "share_members", "problem_node", "problem_text")
        names += ("state_node", "state_param", "state_name")
        views |= {name: getattr(end, name) for name in names}
        return replace(self._before, share=share, **views)

    def _finish(self, end: TreeEnd) -> None:
        inner = np.flatnonzero(self._columns["n_children"].view() > 0)
        if len(inner) != len(end.n_leaves):
            raise CodecError(f"{len(end.n_leaves)} totals came for {len(inner)} inner nodes")
        for name in ("n_leaves", "n_params", "n_bytes"):
            # A copy: trees that were given out keep their columns.
            totals = self._columns[name].view().copy()
            totals[inner] = getattr(end, name)
            self._columns[name] = Column(totals)
        self._end = end

    @property
    def _strings(self) -> Strings:
        return Strings(self._texts[0].view(), self._texts[1].view())

    @property
    def _shapes(self) -> Shapes:
        return Shapes(self._dims[0].view(), self._dims[1].view())


def _parents_below(first_row: int, n_children: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the parent of each child of the nodes from `first_row` on."""
    rows = np.arange(first_row, first_row + len(n_children), dtype=np.int32)
    return np.repeat(rows, n_children)
