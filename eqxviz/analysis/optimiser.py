"""Which leaves of an optimiser's state belong to which parameter."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import ModelTree, NodeFlag, NodeKind
from eqxviz.records.counterparts import Ids, is_copy, pairs_below, words

# So many states of an optimiser are looked at, and so many places of the parameters of each.
_MAX_STATES = 256
_MAX_PLACES = 64
# So deep and so wide a container is looked into for a state.
_MOST_NESTED, _MOST_PARTS = 6, 256


class StateLinks(NamedTuple):
    """Leaf `node[i]` is the `names[name[i]]` of the leaf `param[i]`. By rising node."""

    node: Ids
    param: Ids
    name: Ids
    names: tuple[str, ...]


def state_links(tree: ModelTree) -> StateLinks:
    """Return the leaves of Optax's states in `tree` that belong to a parameter in it.

    A tree inside such a state belongs to the parameters that it repeats: by its type, by the keys
    on the way to each leaf, and by the shapes. Of several such trees the nearest is taken, then the
    one whose name fits and is not that of a copy; of as many as there are optimisers, each gets its
    own, in order. Where it cannot be told to which of several a state belongs, it has no link.
    """
    return _Finder(tree).links()


def inside_states(tree: ModelTree) -> NDArray[np.bool_]:
    """Return which nodes of `tree` belong to the state of an optimiser."""
    return _Finder(tree).inside_states()


def is_optimiser_state(value: Any) -> bool:
    """Whether `value` is a state of one of Optax's optimisers, or a container of such states.

    A container is looked into to some depth and width: it may be large, and may hold itself.
    """
    level: list[Any] = [value]
    for _ in range(_MOST_NESTED):
        below: list[Any] = []
        for item in level:
            cls = cast("type[object]", type(item))
            if _is_of_optax(str(cls.__module__), cls.__qualname__):
                return True
            if issubclass(cls, dict):
                below.extend(islice(cast("dict[Any, Any]", item).values(), _MOST_PARTS))
            elif cls in (tuple, list):
                below.extend(item[:_MOST_PARTS])
        level = below[:_MOST_PARTS]
    return False


def _is_of_optax(module: str, name: str) -> bool:
    # `LookaheadParams` are parameters.
    return module.partition(".")[0] == "optax" and not name.endswith("Params")


class _Finder:
    """The states of one tree. Every step is one NumPy expression a level of the tree."""

    def __init__(self, tree: ModelTree) -> None:
        self._tree = tree
        self._levels = _levels(tree)
        self._holders = np.zeros(0, np.int32)
        self._inside: NDArray[np.bool_] = np.zeros(0, np.bool_)  # of an optimiser's state
        self._by_type: dict[int, Ids] = {}

    def links(self) -> StateLinks:
        tree = self._tree
        is_holder = self._find_holders()
        self._holders = np.flatnonzero(is_holder).astype(np.int32)
        self._inside = self._below(is_holder)
        choices = list(self._choices(is_holder)) if len(self._holders) else []
        names: dict[str, int] = {}
        none = np.zeros(0, np.int32)
        found: list[tuple[Ids, Ids, Ids]] = [(none, none, none)]
        for choice in choices:
            param = _chosen(choice, choices)
            for root in choice.roots if param is not None else ():
                leaves = self._repeats(root, np.array([param], np.int32))
                key = tree.strings[int(tree.key[root])].removeprefix(".")
                name = names.setdefault(key, len(names))
                found.append((leaves.node, leaves.param, np.full_like(leaves.node, name)))
        node, param, name = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.argsort(node, kind="stable")
        return StateLinks(node[order], param[order], name[order], tuple(names))

    def inside_states(self) -> NDArray[np.bool_]:
        return self._below(self._find_holders())

    def _find_holders(self) -> NDArray[np.bool_]:
        """Return which nodes are states of an optimiser: their fields hold trees of parameters."""
        tree, texts = self._tree, self._tree.strings
        names = [texts[int(i)] for i in tree.type_name]
        types = zip(tree.type_module, names, strict=True)
        is_optax = [_is_of_optax(texts[int(module)], name) for module, name in types]
        by_type = np.array([*is_optax, False])
        is_holder = by_type[tree.type] & (tree.n_children > 0)
        # A state written by the user is one within Optax's, beside one, or where a name says so.
        others = [i for i, name in enumerate(names) if name.endswith("State") and not is_optax[i]]
        if others:
            of_users = np.isin(tree.type, np.array(others)) & (tree.kind == NodeKind.CONTAINER)
            optax_below = self._below(is_holder)
            has_optax = np.zeros(len(tree), np.bool_)
            has_optax[tree.parent[by_type[tree.type]]] = True
            for node in np.flatnonzero(of_users)[:_MAX_STATES].tolist():
                parent = int(tree.parent[node])
                is_beside = parent >= 0 and has_optax[parent] and self._is_plain_tuple(parent)
                path = words(tree.path(node)) if not has_optax[node] else frozenset[str]()
                is_named = any(word.startswith("opt") for word in path)
                is_holder[node] = optax_below[node] or is_beside or is_named
        return is_holder

    def _is_plain_tuple(self, node: int) -> bool:
        tree = self._tree
        return tree.strings[int(tree.type_name[int(tree.type[node])])] == "tuple"

    def _below(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return `mask` with everything below its nodes."""
        inside = mask.copy()
        if inside.any():
            for level in self._levels[1:]:
                inside[level] |= inside[self._tree.parent[level]]
        return inside

    def _choices(self, is_holder: NDArray[np.bool_]) -> "Iterator[_Choice]":
        """Yield, for each state, the trees in it and the places that they may belong to."""
        tree = self._tree
        has_states = np.zeros(len(tree), np.bool_)
        above = self._holders
        while len(above):
            above = np.unique(tree.parent[above])
            above = above[above >= 0]
            has_states[above] = True
        for holder in self._holders[:_MAX_STATES].tolist():
            by_type: dict[int, list[tuple[int, Ids]]] = {}
            for root in tree.children(holder):
                if is_holder[root] or has_states[root]:
                    continue
                places = self._places(holder, root)
                if len(places):
                    by_type.setdefault(int(tree.type[root]), []).append((root, places))
            for fields in by_type.values():
                # What one state keeps belongs to one model, unless it can't.
                common = fields[0][1]
                for _, places in fields[1:]:
                    common = common[np.isin(common, places)]
                together = [([root for root, _ in fields], common)]
                apart = [([root], places) for root, places in fields]
                for roots, places in together if len(common) else apart:
                    yield self._choice(holder, roots, places)

    def _places(self, holder: int, root: int) -> Ids:
        """Return the nodes outside of states that the tree at `root` repeats, the nearest first."""
        tree, kind = self._tree, int(self._tree.type[root])
        if tree.kind[root] == NodeKind.ARRAY:
            return self._arrays_like(holder, root)
        if not tree.n_children[root] or tree.kind[root] == NodeKind.STATIC_FIELD:
            return np.zeros(0, np.int32)
        if kind not in self._by_type:
            found = np.flatnonzero((tree.type == kind) & ~self._inside)
            self._by_type[kind] = found.astype(np.int32)
        places = self._by_type[kind]
        places = places[tree.n_children[places] == tree.n_children[root]]
        places = places[np.argsort(-self._common_depth(holder, places), kind="stable")]
        return self._repeats(root, places[:_MAX_PLACES]).places

    def _arrays_like(self, holder: int, root: int) -> Ids:
        """Return the array that the array at `root` repeats, if there is no doubt about it."""
        tree, shape = self._tree, int(self._tree.leaf_shape[int(self._tree.leaf[root])])
        if not tree.shapes[shape]:
            return np.zeros(0, np.int32)
        is_like = (tree.kind == NodeKind.ARRAY) & ~self._inside
        is_like &= (tree.flags & np.uint32(NodeFlag.INEXACT)) != 0
        places = np.flatnonzero(is_like)
        places = places[tree.leaf_shape[tree.leaf[places]] == shape]
        depth = self._common_depth(holder, places)
        places = places[depth == depth.max(initial=-1)].astype(np.int32)
        return places if len(places) == 1 else np.zeros(0, np.int32)

    def _repeats(self, root: int, places: Ids) -> "_Repeats":
        """Return which of `places` the tree at `root` repeats, with its leaves beside theirs.

        A tree of arrays for each parameter is looked for where no place has just the same leaves.
        """
        for several in (False, True):
            repeats = self._repeated(root, places, several)
            if len(repeats.places):
                break
        return repeats

    def _repeated(self, root: int, places: Ids, several: bool) -> "_Repeats":
        tree = self._tree
        pairs, fits = pairs_below(tree, root, tree, places, several=several)
        is_array = tree.kind[pairs.first] == NodeKind.ARRAY
        first, second = pairs.first[is_array], pairs.second[is_array]
        place = pairs.place[is_array]
        state, param = tree.leaf_shape[tree.leaf[first]], tree.leaf_shape[tree.leaf[second]]
        others = np.flatnonzero(state != param)
        # Of two ids one number: pairs of numbers are slow to sort.
        both = state[others].astype(np.int64) << 32 | (param[others] + 1)
        kinds, inverse = np.unique(both, return_inverse=True)
        may = [self._may_be_state(int(k) >> 32, (int(k) & 0xFFFFFFFF) - 1) for k in kinds]
        fits[place[others[~np.array(may, np.bool_)[inverse]]]] = False
        has_any, is_exact = np.zeros(len(places), np.bool_), np.ones(len(places), np.bool_)
        has_any[place] = True
        is_exact[place[others]] = False
        fits &= has_any
        return _Repeats(first, second, places[fits & (is_exact | ~np.any(fits & is_exact))])

    def _may_be_state(self, shape: int, param: int) -> bool:
        """Whether state of this shape may be kept for a parameter of another (ids of shapes)."""
        of_state = self._tree.shapes[shape]
        of_param = self._tree.shapes[param] if param >= 0 else ()
        if of_state in ((), (1,)) or 0 in of_state or of_state[1:] == of_param:
            return True  # one number, nothing, or a history
        n = len(of_param)
        if len(of_state) == n >= 2 and set(of_state) & set(of_param):
            return True  # of lower rank
        # Factored: without one of its axes, or one axis alone.
        without = [of_param[:i] + of_param[i + 1 :] for i in range(n)]
        return of_state in without or of_state in [(size,) for size in of_param]

    def _ancestors(self, node: int) -> list[int]:
        """Return `node` and the nodes above it, the root first."""
        above = [node]
        while above[-1] > 0:
            above.append(int(self._tree.parent[above[-1]]))
        return above[::-1]

    def _common_depth(self, node: int, places: Ids | NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how deep the node lies that holds both `node` and each of `places`."""
        depth = np.full(len(self._tree), -1, np.int32)
        above = self._ancestors(node)
        depth[above] = np.arange(len(above))
        at = places.astype(np.int64)
        while np.any(is_outside := depth[at] < 0):
            at[is_outside] = self._tree.parent[at[is_outside]]
        return depth[at].astype(np.int64)

    def _choice(self, holder: int, roots: list[int], places: Ids) -> "_Choice":
        """Return the best of `places` for the trees at `roots`: all those that are equally good."""
        tree = self._tree
        depth = self._common_depth(holder, places)
        nearest = places[depth == depth.max()].tolist()
        own = words(tree.path(holder))
        ranks: list[tuple[bool, int]] = []
        for place in nearest:
            path = tree.path(place)
            ranks.append((is_copy(path), -len(words(path) & own)))
        best = [place for place, rank in zip(nearest, ranks, strict=True) if rank == min(ranks)]
        return _Choice(self._ancestors(holder), roots, sorted(best), int(depth.max()))


class _Repeats(NamedTuple):
    """Leaves of a state beside those of the parameters, at the `places` that fit."""

    node: Ids
    param: Ids
    places: Ids


class _Choice(NamedTuple):
    """The trees at `roots`, in one state, belong to one of `places`."""

    above: list[int]  # the state and the nodes above it, the root first
    roots: list[int]
    places: list[int]
    depth: int  # of the node that holds both the state and the places


def _chosen(choice: _Choice, choices: list[_Choice]) -> int | None:
    """Return the place that a choice takes, of equally good ones; None where that is open.

    Where there are as many optimisers as places, the second takes the second.
    """
    if len(choice.places) == 1:
        return choice.places[0]
    rivals = [other.above for other in choices if other.places == choice.places]
    for depth in range(choice.depth + 1, len(choice.above)):
        branches = sorted({above[depth] for above in rivals if depth < len(above)})
        if len(branches) == len(choice.places):
            return choice.places[branches.index(choice.above[depth])]
    return None


def _levels(tree: ModelTree) -> list[slice]:
    """Return the ranges of nodes of one depth, the root first."""
    levels = [slice(0, 1)]
    while n_below := int(tree.n_children[levels[-1]].sum()):
        levels.append(slice(levels[-1].stop, levels[-1].stop + n_below))
    return levels
