"""The columns of the tree view: what each says of a node, without Qt."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import ModelTree, NodeFlag, NodeKind
from eqxviz.session import formatting
from eqxviz.session import xray as partition
from eqxviz.session.column import Column
from eqxviz.session.filtering import mark_of
from eqxviz.session.marks import MARKS
from eqxviz.session.norms.strips import Strips
from eqxviz.session.outline.sorting import Sorting
from eqxviz.session.paths import class_name, node_name
from eqxviz.session.xray import XRay

_MAX_VALUE = 200  # letters; all of a long text is in the Values view
_PROBLEM = int(NodeFlag.PROBLEM)  # as a plain number: it is asked of every row that is painted
UNKNOWN = "…"  # a total that is not summed up yet

_ABOUT = {
    "array": "Whether is_array counts it",
    "differentiated": "Whether filter_grad differentiates it: is_inexact_array",
    "jit": "Traced or static under filter_jit",
    "optimiser": "Whether an optimiser keeps state for it",
    "gradient": "Whether a function that was seen takes its gradient",
}
COLUMNS: tuple[Column, ...] = (
    Column("name", "Name", 200, "The key under which the node above holds it"),
    Column("type", "Type", 110, "The class"),
    Column("value", "Value", 128, "The value in short", "code"),
    Column("shape", "Shape", 84, "The lengths of an array's axes", "code"),
    Column("dtype", "Dtype", 72, "What an array's elements are", "code"),
    Column("parameters", "Params", 72, "Elements of all arrays below", "number"),
    Column("bytes", "Bytes", 70, "Memory of all arrays below", "number"),
    Column("device", "Device", 84, "Where an array lives, and how it is sharded"),
    Column("filter", "Filter", 132, "How filtering sees a leaf", "mark"),
    Column("dynamics", "Norms", 104, "Norms over the run, while the model is measured", "strip"),
    Column("partition", "X-ray", 84, "Array, differentiated, jit, optimiser, gradient", "marks"),
    *(
        Column(name, partition.TITLES[name], 104, _ABOUT[name], "mark")
        for name in partition.COLUMNS
    ),
)
NAMES = tuple(column.name for column in COLUMNS)
SHOWN_AT_FIRST = ("name", "value", "parameters")
TYPE = NAMES.index("type")


class Cells:
    """What the cells of one tree say. With `xray` the columns of filtering know more.

    `frozen` says which nodes the filter that is being built holds back, `strips` how the norms of
    each have changed.
    """

    def __init__(
        self,
        tree: ModelTree,
        xray: XRay,
        frozen: NDArray[np.bool_] | None = None,
        strips: Strips | None = None,
    ) -> None:
        self.tree = tree
        self.strips = strips
        self.xray = xray
        self.frozen = frozen

    def mark(self, node: int) -> str:
        """Return the mark of a leaf or a static field, "" for inner nodes."""
        is_frozen = self.frozen is not None and bool(self.frozen[node])
        return "frozen" if is_frozen else mark_of(self.tree, node)

    def text(self, node: int, column: str) -> str:
        """Return what the cell of `node` in the column of that name says."""
        if column in _TEXTS:
            return _TEXTS[column](self.tree, node)
        if column == "partition":
            said = (self.word(node, name)[0] for name in partition.COLUMNS)
            return ", ".join(word for word in said if word)
        if column == "dynamics":
            if self.strips is None:
                return ""
            told = (self.strips.text(node), self.strips.mark(node))
            return ", ".join(text for text in told if text)
        return self.word(node, column)[0]

    def word(self, node: int, column: str) -> tuple[str, str]:
        """Return the word and the mark of a column of filtering; "" where it does not apply."""
        if column == "filter":
            mark = self.mark(node)
            return (MARKS[mark].word if mark else ""), mark
        for known in partition.COLUMNS:
            if known == column:
                return partition.WORDS[known][int(self.xray.keys(known)[node])]
        raise KeyError(column)

    def spoken(self, node: int) -> str:
        """Return the row of `node` as a screen reader should say it."""
        shown = ("name", "type", "value", "parameters", "bytes", "device", "filter")
        said = [self.text(node, name) for name in shown]
        said[3] = f"{said[3]} parameters" if said[3] else ""
        n_others = n_places(self.tree, node) - 1
        said.append(f"shared with {n_others} more" if n_others > 0 else "")
        said.append(self.tree.problem(node))
        return ", ".join(text for text in said if text)


def sorting_by(
    column: str, is_falling: bool, xray: XRay | None = None, strips: Strips | None = None
) -> Sorting:
    """Return how siblings are sorted by a column of `COLUMNS`; "" is the model's order.

    The columns of filtering sort by what `xray` knows of its tree, by less in others.
    """
    if not column:
        return Sorting()
    if column == "dynamics":
        return Sorting(column, is_falling, _strip_keys(strips))
    if column in ("filter", "partition"):
        return Sorting(column, is_falling, _filter_keys)
    for known in partition.COLUMNS:
        if known == column:
            return Sorting(column, is_falling, _xray_keys(known, xray))
    return Sorting(column, is_falling)


def n_places(tree: ModelTree, node: int) -> int:
    """Return at how many places of the tree the object of `node` is found."""
    return len(tree.places(int(tree.share[node]))) or 1


def next_place(tree: ModelTree, node: int) -> int:
    """Return the node where the same object is found next, after the last the first; -1: none."""
    places = tree.places(int(tree.share[node]))
    if not len(places):
        return -1
    at = int(np.flatnonzero(places == node)[0])
    return int(places[(at + 1) % len(places)])


def has_problem(tree: ModelTree, node: int) -> bool:
    """Whether `node` could not be looked into."""
    return bool(int(tree.flags[node]) & _PROBLEM)


def _value(tree: ModelTree, node: int) -> str:
    leaf = int(tree.leaf[node])
    if leaf >= 0:
        return formatting.elide_middle(tree.strings[int(tree.leaf_summary[leaf])], _MAX_VALUE)
    if int(tree.kind[node]) != NodeKind.CONTAINER:
        return ""
    n = int(tree.n_children[node])
    return "1 item" if n == 1 else f"{formatting.count(n)} items"


def _shape(tree: ModelTree, node: int) -> str:
    shape = tree.shape(node)
    if shape is None:
        return ""
    return " × ".join(str(n) for n in shape) if shape else "scalar"


def _dtype(tree: ModelTree, node: int) -> str:
    return _of_leaf(tree, tree.leaf_dtype, node)


def _device(tree: ModelTree, node: int) -> str:
    return _of_leaf(tree, tree.leaf_sharding, node)


def _parameters(tree: ModelTree, node: int) -> str:
    return _total(tree, tree.n_params, node, formatting.count)


def _bytes(tree: ModelTree, node: int) -> str:
    return _total(tree, tree.n_bytes, node, formatting.n_bytes)


def _of_leaf(tree: ModelTree, column: NDArray[np.int32], node: int) -> str:
    leaf = int(tree.leaf[node])
    return tree.strings[int(column[leaf])] if leaf >= 0 else ""


def _total(
    tree: ModelTree, totals: NDArray[np.int64], node: int, write: Callable[[int], str]
) -> str:
    if not tree.is_complete and int(tree.n_children[node]):
        return UNKNOWN
    total = int(totals[node])
    return write(total) if total else ""


# What the columns say that are not about filtering.
_TEXTS: dict[str, Callable[[ModelTree, int], str]] = {
    "name": node_name,
    "type": class_name,
    "value": _value,
    "shape": _shape,
    "dtype": _dtype,
    "parameters": _parameters,
    "bytes": _bytes,
    "device": _device,
}


def _filter_keys(tree: ModelTree) -> NDArray[np.int64]:
    """Return a number by which leaves that filtering sees alike come together; -1 for no leaf."""
    by_kind = np.full(len(NodeKind) + 1, -1, np.int64)
    order = (NodeKind.NONE, NodeKind.STATIC_FIELD, NodeKind.STATIC_LEAF, NodeKind.ARRAY)
    by_kind[list(order)] = range(len(order))
    is_inexact = (tree.flags & np.uint32(NodeFlag.INEXACT)) != 0
    return by_kind[tree.kind] + ((tree.kind == NodeKind.ARRAY) & is_inexact)


def _strip_keys(strips: Strips | None) -> Callable[[ModelTree], NDArray[np.int64]]:
    """Return what sorts by the newest norms; what has none comes last."""

    def keys(tree: ModelTree) -> NDArray[np.int64]:
        if strips is None or strips.tree is not tree:
            return np.zeros(len(tree), np.int64)
        return np.unique(strips.keys(), return_inverse=True)[1].astype(np.int64)

    return keys


def _xray_keys(
    column: partition.Column, xray: XRay | None
) -> Callable[[ModelTree], NDArray[np.int64]]:
    """Return what sorts by a column of filtering; what it does not apply to comes last."""

    def keys(tree: ModelTree) -> NDArray[np.int64]:
        known = xray if xray is not None and xray.tree is tree else XRay(tree)
        return known.keys(column).astype(np.int64) - 1

    return keys
