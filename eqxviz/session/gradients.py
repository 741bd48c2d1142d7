"""Which leaves of the open tree the gradient functions of a run are about."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import GradientSeen, ModelTree, NodeKind, Strings
from eqxviz.records.counterparts import Ids, Pairs, is_copy, pairs_below, words
from eqxviz.session.xray import GradientMarks

_MOST_PLACES = 64  # of one type in the open tree


def gradient_marks(tree: ModelTree, seen: Sequence[GradientSeen]) -> GradientMarks:
    """Return, for each node of a complete tree, the function that differentiates it, if any.

    The argument of a function is found in the tree by its type, or by its name if it is an array,
    and its leaves by the keys on the way to them. Of several places the one is taken whose shapes
    and name fit, and that is no copy; where that leaves several, none.
    """
    finder = _Finder(tree)
    gets, lacks = (np.full(len(tree), -1, np.int32) for _ in range(2))
    for index, gradient in enumerate(seen):
        pairs = finder.find(gradient.argument)
        is_array = tree.kind[pairs.second] == NodeKind.ARRAY
        is_differentiated = gradient.is_differentiated[pairs.first]
        for marks, nodes in (
            (gets, pairs.second[is_array & is_differentiated]),
            (lacks, pairs.second[is_array & ~is_differentiated]),
        ):
            marks[nodes] = np.where(marks[nodes] < 0, index, marks[nodes])
    return GradientMarks(tuple(seen), gets, lacks)


def counterparts_in(tree: ModelTree, argument: ModelTree) -> Pairs:
    """Return the leaves of a function's argument beside those of a complete tree that they are."""
    return _Finder(tree).find(argument)


class _Finder:
    """Finds the arguments of functions in one tree."""

    def __init__(self, tree: ModelTree) -> None:
        self._tree = tree
        texts = _raw(tree.strings)
        used: list[int] = np.unique(tree.key).tolist()
        self._keys = {texts[key]: key for key in used if key >= 0}
        self._shapes = {tree.shapes[i]: i for i in range(len(tree.shapes))}
        self._is_state = np.zeros(len(tree), np.bool_)
        self._is_state[tree.state_node] = True

    def find(self, argument: ModelTree) -> Pairs:
        """Return the leaves of the argument beside those of the tree; none if it is not there."""
        tree = self._tree
        shapes = argument.shapes
        keys = [self._keys.get(text, -2) for text in _raw(argument.strings)]
        alike = np.array([*(self._shapes.get(shapes[i], -2) for i in range(len(shapes))), -2])
        places = self._places(argument)
        pairs, fits = pairs_below(
            argument, 0, tree, places, np.array([*keys, -1], np.int32)[argument.key]
        )
        same_shape = (
            alike[argument.leaf_shape[argument.leaf[pairs.first]]]
            == tree.leaf_shape[tree.leaf[pairs.second]]
        )
        fits[pairs.place[self._is_state[pairs.second]]] = False
        n_alike = np.bincount(pairs.place[same_shape], minlength=len(places))
        name = words(argument.name)
        ranks: dict[int, tuple[bool, int, int]] = {}
        for place in np.flatnonzero(fits).tolist():
            path = tree.path(int(places[place]))
            ranks[place] = is_copy(path), -int(n_alike[place]), -len(words(path) & name)
        best = [place for place, rank in ranks.items() if rank == min(ranks.values())]
        kept = pairs.place == (best[0] if len(best) == 1 else -1)
        return Pairs(pairs.first[kept], pairs.second[kept], pairs.place[kept])

    def _places(self, argument: ModelTree) -> Ids:
        """Return where in the tree the argument may be."""
        tree = self._tree
        if argument.n_children[0]:
            is_alike = tree.n_children == argument.n_children[0]
            return _first(is_alike & np.isin(tree.type, self._types_like(argument)))
        name = argument.name
        accessors = (text.encode() for text in (f".{name}", f"[{name!r}]", name))
        is_named = np.isin(tree.key, [self._keys.get(text, -2) for text in accessors])
        is_named[0] = tree.name == argument.name
        return _first(is_named & (tree.kind == NodeKind.ARRAY))

    def _types_like(self, argument: ModelTree) -> list[int]:
        """Return the types of the tree that are called as the type of the argument's root."""
        own = _type_name(argument, int(argument.type[0]))
        types = range(len(self._tree.type_name))
        return [i for i in types if _type_name(self._tree, i) == own]


def _raw(strings: Strings) -> list[bytes]:
    """Return all texts at once, as they are stored: a million are quick to look up."""
    data = strings.data.tobytes()
    ends: list[int] = strings.offsets.tolist()
    return [data[start:stop] for start, stop in pairwise(ends)]


def _type_name(tree: ModelTree, index: int) -> str:
    return tree.strings[int(tree.type_name[index])]


def _first(mask: NDArray[np.bool_]) -> Ids:
    return np.flatnonzero(mask)[:_MOST_PLACES].astype(np.int32)
