"""Which nodes of two trees, or of two places of one tree, stand for the same thing."""

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.model_tree import ModelTree, NodeKind

Ids = NDArray[np.int32]

_WORD = re.compile(r"[a-z]+")
# A tree whose path says one of these is a copy of another: it has neither optimiser nor gradients.
_COPIES = frozenset(
    (
        *("ema", "avg", "average", "averaged", "mean", "swa", "polyak", "target", "teacher", "old"),
        *("prev", "previous", "best", "init", "initial", "shadow", "copy", "frozen", "slow"),
        *("snapshot", "backup"),
    )
)


class Pairs(NamedTuple):
    """Nodes that correspond: `first[i]` to `second[i]`, found below `place[i]`."""

    first: Ids  # array leaves, and nodes that are empty
    second: Ids  # leaves
    place: Ids  # an index into the places that were compared


def pairs_below(
    first: ModelTree,
    start: int,
    second: ModelTree,
    places: Ids,
    keys: Ids | None = None,
    *,
    several: bool = False,
) -> tuple[Pairs, NDArray[np.bool_]]:
    """Return the pairs of leaves below `start` and below each of `places`, and which places fit.

    A place fits if every array below `start` has a leaf there, under the same keys; what is None
    or empty below `start` fits anything, and is paired with all leaves there. With `several`, a
    tree of arrays may stand for one array. `keys` are the keys of `first` as text ids of `second`;
    without them both trees share their texts.
    """
    keys = first.key if keys is None else keys
    fits = np.ones(len(places), np.bool_)
    a = np.full(len(places), start, np.int32)
    b, place = places.astype(np.int32), np.arange(len(places), dtype=np.int32)
    none = np.zeros(0, np.int32)
    found: list[tuple[Ids, Ids, Ids]] = [(none, none, none)]
    while len(a):
        n_a, n_b = first.n_children[a], second.n_children[b]
        kind_a, kind_b = first.kind[a], second.kind[b]
        is_array = kind_a == NodeKind.ARRAY
        is_leaf = (kind_b == NodeKind.ARRAY) | (kind_b == NodeKind.STATIC_LEAF)
        is_static = (kind_a == NodeKind.STATIC_LEAF) | (kind_a == NodeKind.STATIC_FIELD)
        is_empty = (n_a == 0) & ~is_array & ~is_static
        is_pair = (is_array | is_empty) & is_leaf
        found.append((a[is_pair], b[is_pair], place[is_pair]))
        both = (n_a > 0) & (n_a == n_b)
        many_to_one = (n_a > 0) & (kind_b == NodeKind.ARRAY) & several
        one_to_many = is_empty & (n_b > 0)
        fits[place[(is_array & ~is_leaf) | ((n_a > 0) & ~both & ~many_to_one)]] = False
        in_a, of = _children(first, a, both)
        in_b, _ = _children(second, b, both)
        fits[place[of[keys[in_a] != second.key[in_b]]]] = False
        below_a, of_a = _children(first, a, many_to_one)
        below_b, of_b = _children(second, b, one_to_many)
        a = np.concatenate([in_a, below_a, a[of_b]])
        b = np.concatenate([in_b, b[of_a], below_b])
        place = np.concatenate([place[of], place[of_a], place[of_b]])
        a, b, place = a[fits[place]], b[fits[place]], place[fits[place]]
    pairs = Pairs(*(np.concatenate(column) for column in zip(*found, strict=True)))
    kept = fits[pairs.place]
    return Pairs(pairs.first[kept], pairs.second[kept], pairs.place[kept]), fits


def words(path: str) -> frozenset[str]:
    """Return the words of a path, to tell by them what belongs together: `gen_opt`: gen, opt."""
    return frozenset(_WORD.findall(path.lower()))


def is_copy(path: str) -> bool:
    """Whether `path` says that what is there is a copy of another tree: an average, a teacher."""
    return bool(words(path) & _COPIES)


def _children(tree: ModelTree, nodes: Ids, which: NDArray[np.bool_]) -> tuple[Ids, Ids]:
    """Return the children of those `nodes`, and of each the index of its parent in `nodes`."""
    of = np.flatnonzero(which).astype(np.int32)
    counts = tree.n_children[nodes[of]]
    ends = np.cumsum(counts, dtype=np.int64)
    ramp = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
    starts = np.repeat(tree.first_child[nodes[of]], counts)
    return (starts + ramp).astype(np.int32), np.repeat(of, counts)
