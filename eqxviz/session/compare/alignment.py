"""Which nodes of two model trees belong together, and how they differ by what the trees say.

Everything is one numpy expression a level: a million leaves take about a second.
"""

import enum
import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import ModelTree, NodeFlag, NodeKind

_Ids = NDArray[np.int32]
_Pair = tuple[_Ids, _Ids]
_INNER_KINDS = (NodeKind.MODULE, NodeKind.CONTAINER, NodeKind.NODE)


class Change(enum.IntFlag):
    """How two nodes differ, one bit each; no bit for those that are alike."""

    ONLY_BEFORE = 1
    ONLY_AFTER = 2
    KIND = 4  # an array here, None there
    TYPE = 8  # another class of Module or container, by its qualified name
    SHAPE = 16
    DTYPE = 32
    STATIC = 64  # another static leaf or static field
    VALUE = 128  # arrays whose elements differ
    WEAK_TYPE = 256
    PLACE = 512  # on another device, cut up otherwise, or NumPy's in place of JAX's
    RENAMED = 1024  # a subtree of the same structure under another key
    UNKNOWN = 2048  # the values could not be compared


@dataclass(frozen=True)
class Alignment:
    """The nodes of two trees side by side, a row each; -1 stands where the other has none.

    Of a subtree that only one tree has there is one row, for its topmost node. Other rows lie in
    the order of `before`, level by level.
    """

    before: ModelTree
    after: ModelTree
    before_node: _Ids
    after_node: _Ids
    changes: NDArray[np.uint16]  # Change

    def __len__(self) -> int:
        return len(self.changes)


def align(before: ModelTree, after: ModelTree) -> Alignment:
    """Return the nodes of both trees by path, and how they differ in all but values.

    Children of a pair are paired by key, those with the same key in order. Subtrees that are left
    over on both sides are paired by structure: they were renamed. Static leaves are compared by
    the text that the tree has of them, types by their qualified names.
    """
    texts = _common_texts(before, after)
    ours, others, renamed, lone_before, lone_after = _paired(before, after, texts)
    changes = _changes(before, after, ours, others, texts)
    changes[renamed] |= np.uint16(Change.RENAMED)
    none_before, none_after = (np.full(len(ids), -1, np.int32) for ids in (lone_after, lone_before))
    only_before = np.full(len(lone_before), Change.ONLY_BEFORE, np.uint16)
    only_after = np.full(len(lone_after), Change.ONLY_AFTER, np.uint16)
    return Alignment(
        before,
        after,
        np.concatenate([ours, lone_before, none_before]),
        np.concatenate([others, none_after, lone_after]),
        np.concatenate([changes, only_before, only_after]),
    )


def _common_texts(before: ModelTree, after: ModelTree) -> _Pair:
    """Return a number for each text of either tree, equal where the texts are.

    The last entry, -1, is what text id -1 reads.
    """
    n = len(before.strings)
    numbers = np.arange(n + 1, dtype=np.int32)
    numbers[n] = -1
    same = np.array_equal(before.strings.offsets, after.strings.offsets)
    if same and np.array_equal(before.strings.data, after.strings.data):
        return numbers, numbers
    known = {text: i for i, text in enumerate(_raw_texts(before))}
    others = [known.setdefault(text, len(known)) for text in _raw_texts(after)]
    return numbers, np.array([*others, -1], np.int32)


def _raw_texts(tree: ModelTree) -> list[bytes]:
    raw, ends = tree.strings.data.tobytes(), tree.strings.offsets.tolist()
    return [raw[start:stop] for start, stop in itertools.pairwise(ends)]


def _paired(
    before: ModelTree, after: ModelTree, texts: _Pair
) -> tuple[_Ids, _Ids, NDArray[np.bool_], _Ids, _Ids]:
    """Return the pairs, which of them were renamed, and the topmost nodes without a partner."""
    keys = texts[0][before.key], texts[1][after.key]
    same_size = len(before) == len(after) and np.array_equal(before.n_children, after.n_children)
    if same_size and np.array_equal(keys[0][1:], keys[1][1:]):
        every = np.arange(len(before), dtype=np.int32)
        empty = every[:0]
        return every, every, np.zeros(len(every), np.bool_), empty, empty
    matching = _Matching(before, after, keys, texts)
    level = np.zeros(1, np.int32), np.zeros(1, np.int32)
    levels, renames = [level], [np.zeros(1, np.bool_)]
    lone: tuple[list[_Ids], list[_Ids]] = ([], [])
    while len(level[0]):
        level, renamed, left = matching.children(level)
        levels.append(level)
        renames.append(renamed)
        for found, ids in zip(lone, left, strict=True):
            found.append(ids)
    ours, others = (np.concatenate(side) for side in zip(*levels, strict=True))
    alone = [np.concatenate(side) for side in lone]
    return ours, others, np.concatenate(renames), alone[0], alone[1]


class _Matching:
    """Pairs the children of nodes that are paired."""

    def __init__(self, before: ModelTree, after: ModelTree, keys: _Pair, texts: _Pair) -> None:
        self._trees = before, after
        self._keys = keys
        self._texts = texts
        self._structures: tuple[NDArray[np.uint64], NDArray[np.uint64]] | None = None

    def children(self, level: _Pair) -> tuple[_Pair, NDArray[np.bool_], _Pair]:
        """Return the paired children of `level`, which were renamed, and those left over."""
        # Where one of two is a leaf, that they differ in kind says all.
        n_both = [t.n_children[side] for t, side in zip(self._trees, level, strict=True)]
        both = (n_both[0] > 0) & (n_both[1] > 0)
        kinds = [t.kind[side] for t, side in zip(self._trees, level, strict=True)]
        both |= np.isin(kinds[0], _INNER_KINDS) & np.isin(kinds[1], _INNER_KINDS)
        owners, nodes = zip(
            *(_children(t, side[both]) for t, side in zip(self._trees, level, strict=True)),
            strict=True,
        )
        keys = [k[ids] for k, ids in zip(self._keys, nodes, strict=True)]
        if np.array_equal(owners[0], owners[1]) and np.array_equal(keys[0], keys[1]):
            none = nodes[0][:0], nodes[1][:0]
            return (nodes[0], nodes[1]), np.zeros(len(nodes[0]), np.bool_), none
        first = _match((owners[0], owners[1]), (keys[0], keys[1]))
        rest = [np.delete(np.arange(len(n)), at) for n, at in zip(nodes, first, strict=True)]
        second = self._renamed(owners, nodes, rest)
        paired = [np.concatenate([a, b]) for a, b in zip(first, second, strict=True)]
        order = np.argsort(paired[0], kind="stable")
        renamed = order >= len(first[0])
        left = [np.setdiff1d(r, s) for r, s in zip(rest, second, strict=True)]
        return (
            (nodes[0][paired[0][order]], nodes[1][paired[1][order]]),
            renamed,
            (nodes[0][left[0]], nodes[1][left[1]]),
        )

    def _renamed(
        self,
        owners: "tuple[NDArray[np.int64], ...]",
        nodes: "tuple[_Ids, ...]",
        rest: list[NDArray[np.int64]],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the places of the subtrees in `rest` that have a like one under the same owner."""
        inner = [
            r[t.n_children[n[r]] > 0] for t, n, r in zip(self._trees, nodes, rest, strict=True)
        ]
        if not (len(inner[0]) and len(inner[1])):
            return inner[0][:0], inner[1][:0]
        if self._structures is None:
            self._structures = _structures(*self._trees, self._texts)
        marks = [s[n[i]] for s, n, i in zip(self._structures, nodes, inner, strict=True)]
        dense = np.unique(np.concatenate(marks), return_inverse=True)[1].astype(np.int32)
        found = _match(
            (owners[0][inner[0]], owners[1][inner[1]]),
            (dense[: len(marks[0])], dense[len(marks[0]) :]),
        )
        return inner[0][found[0]], inner[1][found[1]]


def _children(tree: ModelTree, parents: _Ids) -> tuple[NDArray[np.int64], _Ids]:
    """Return all children of `parents`, and for each the place of its parent among them."""
    counts = tree.n_children[parents].astype(np.int64)
    owners = np.repeat(np.arange(len(parents)), counts)
    starts = np.cumsum(counts) - counts
    within = np.arange(len(owners)) - starts[owners]
    return owners, (tree.first_child[parents][owners] + within).astype(np.int32)


def _match(
    owners: tuple[NDArray[np.int64], NDArray[np.int64]], keys: _Pair
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places of what has the same owner and key on both sides, the nth with the nth."""
    n_keys = max((int(k.max()) for k in keys if len(k)), default=0) + 2
    codes = [o * n_keys + (k + 1) for o, k in zip(owners, keys, strict=True)]
    turns = [_turns(c) for c in codes]
    n_turns = max((int(t.max()) for t in turns if len(t)), default=0) + 1
    if n_turns > 1:
        # Dense first: the product of both might not fit.
        dense = np.unique(np.concatenate(codes), return_inverse=True)[1]
        codes = [dense[: len(codes[0])], dense[len(codes[0]) :]]
        codes = [c * n_turns + t for c, t in zip(codes, turns, strict=True)]
    _, ours, others = np.intersect1d(*codes, assume_unique=True, return_indices=True)
    return ours, others


def _turns(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many equal codes come before each one."""
    order = np.argsort(codes, kind="stable")
    ranked = codes[order]
    is_first = np.ones(len(codes), np.bool_)
    is_first[1:] = ranked[1:] != ranked[:-1]
    starts = np.maximum.accumulate(np.where(is_first, np.arange(len(codes)), 0))
    turns = np.empty(len(codes), np.int64)
    turns[order] = np.arange(len(codes)) - starts
    return turns


def _structures(
    before: ModelTree, after: ModelTree, texts: _Pair
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return a number for each subtree that is the same for those of one structure."""
    shapes = _common_shapes(before, after)
    marks: list[NDArray[np.uint64]] = []
    for tree, text, shape in zip((before, after), texts, shapes, strict=True):
        leaf = tree.leaf
        columns = (tree.kind, text[tree.key], _names_of_types(tree, text))
        columns += (_of_leaf(text, tree.leaf_dtype, leaf), _of_leaf(shape, tree.leaf_shape, leaf))
        mark = np.zeros(len(tree), np.uint64)
        for column in columns[2:]:
            mark = _mixed(mark, column)
        mark = _mixed(mark, tree.kind)
        for start, stop in reversed(_level_bounds(tree)):
            inner = np.arange(start, stop)[tree.n_children[start:stop] > 0]
            if not len(inner):
                continue
            first, n = tree.first_child[inner].astype(np.int64), tree.n_children[inner]
            low, high = int(first[0]), int(first[-1]) + int(n[-1])
            place = np.arange(low, high) - np.repeat(first, n)
            below = _mixed(_mixed(mark[low:high], columns[1][low:high]), place)
            sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(below, dtype=np.uint64)])
            mark[inner] = _mixed(mark[inner], sums[first - low + n] - sums[first - low])
        marks.append(mark)
    return marks[0], marks[1]


def _mixed(mark: NDArray[np.uint64], column: NDArray[np.generic]) -> NDArray[np.uint64]:
    """Return `mark` with `column` mixed in, in its low and in its high bits."""
    mixed = (mark ^ column.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
    return mixed ^ (mixed >> np.uint64(29))


def _level_bounds(tree: ModelTree) -> list[tuple[int, int]]:
    bounds = [(0, 1)]
    while True:
        start, stop = bounds[-1]
        n_below = int(tree.n_children[start:stop].sum())
        if n_below == 0:
            return bounds
        bounds.append((stop, stop + n_below))


def _changes(
    before: ModelTree, after: ModelTree, ours: _Ids, others: _Ids, texts: _Pair
) -> NDArray[np.uint16]:
    """Return how the nodes of each pair differ by what their rows say."""
    shapes = _common_shapes(before, after)
    columns: list[dict[str, NDArray[np.generic]]] = []
    sides = ((before, ours), (after, others))
    for (tree, nodes), text, shape in zip(sides, texts, shapes, strict=True):
        leaf = tree.leaf[nodes]
        flags = tree.flags[nodes]
        place = _of_leaf(text, tree.leaf_sharding, leaf)
        columns.append(
            {
                "kind": tree.kind[nodes],
                "type": _names_of_types(tree, text)[nodes],
                "shape": _of_leaf(shape, tree.leaf_shape, leaf),
                "dtype": _of_leaf(text, tree.leaf_dtype, leaf),
                "text": _of_leaf(text, tree.leaf_summary, leaf),
                "weak": flags & NodeFlag.WEAK_TYPE,
                "place": np.where(flags & NodeFlag.NUMPY, -2, place),
                "has_values": (flags & NodeFlag.ABSTRACT) == 0,
            }
        )
    a, b = columns
    is_inner = [np.isin(side["kind"], _INNER_KINDS) for side in columns]
    both_inner = is_inner[0] & is_inner[1]
    both_arrays = (a["kind"] == NodeKind.ARRAY) & (b["kind"] == NodeKind.ARRAY)
    same_kind = a["kind"] == b["kind"]
    static = same_kind & np.isin(a["kind"], (NodeKind.STATIC_LEAF, NodeKind.STATIC_FIELD))
    real = both_arrays & a["has_values"].astype(bool) & b["has_values"].astype(bool)
    found = (
        (Change.KIND, ~same_kind & ~both_inner),
        (Change.TYPE, both_inner & ((a["type"] != b["type"]) | ~same_kind)),
        (Change.SHAPE, both_arrays & (a["shape"] != b["shape"])),
        (Change.DTYPE, both_arrays & (a["dtype"] != b["dtype"])),
        (Change.WEAK_TYPE, both_arrays & (a["weak"] != b["weak"])),
        (Change.STATIC, static & (a["text"] != b["text"])),
        (Change.PLACE, real & (a["place"] != b["place"])),
    )
    changes = np.zeros(len(ours), np.uint16)
    for change, where in found:
        changes[where] |= np.uint16(change)
    return changes


def _names_of_types(tree: ModelTree, text: _Ids) -> _Ids:
    """Return the name of each node's type, as a common text; -1 for none."""
    names = np.append(text[tree.type_name], np.int32(-1))
    return names[tree.type]


def _of_leaf(table: _Ids, column: _Ids, leaf: _Ids) -> _Ids:
    """Return what `column` says of each leaf, as a number of `table`; -1 for what is no leaf."""
    return np.append(table[column], np.int32(-1))[leaf]


def _common_shapes(before: ModelTree, after: ModelTree) -> _Pair:
    """Return a number for each shape of either tree, equal where the shapes are."""
    known: dict[tuple[int, ...], int] = {}
    numbers = [
        [known.setdefault(tree.shapes[i], len(known)) for i in range(len(tree.shapes))]
        for tree in (before, after)
    ]
    return np.array([*numbers[0], -1], np.int32), np.array([*numbers[1], -1], np.int32)
