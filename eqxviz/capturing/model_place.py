"""Where the model is in the calls of a step function: in its arguments and in what it returns."""

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.tree_util as jtu
import numpy as np
from numpy.typing import NDArray

from eqxviz.analysis import compat, nodes_of
from eqxviz.analysis.modules import is_module
from eqxviz.analysis.optimiser import inside_states, is_optimiser_state
from eqxviz.capturing.held import Held
from eqxviz.capturing.parameters import call_of
from eqxviz.capturing.results import tree_shape
from eqxviz.records import JitFlavour, ModelTree, NodeKind

Leaves = list[Any]
_Get = Callable[[Any], Any]
_Keys = tuple[Any, ...]


class NoModelError(Exception):
    """Raised when no model can be found; the text says why."""


class Calls(NamedTuple):
    """A call of the step function, what it returned, and the call after it."""

    flavour: JitFlavour
    first: Held
    result: Any
    second: Held


class _Argument(NamedTuple):
    """An argument that may be the model."""

    name: str
    first: Any
    second: Any
    at: tuple[int, ...]  # of its leaves, those that are measured
    tree: ModelTree
    nodes: NDArray[np.int32]
    keys: dict[_Keys, int]  # of these leaves: which one it is

    @property
    def rank(self) -> tuple[bool, int]:
        """What makes it more likely to be the model."""
        return any(map(is_module, (self.first, *_children(self.first)))), len(self.at)


class _Part(NamedTuple):
    """A part of a result."""

    value: Any
    get: _Get
    name: str


class Place:
    """Where the leaves of the model are in each call."""

    def __init__(
        self, argument: _Argument, get: Callable[[Held], Any], new: _Part | None,
        gradient: tuple[_Part, dict[int, int]] | None,
    ) -> None:  # fmt: skip
        self.tree, self.nodes = argument.tree, argument.nodes
        self._get, self._at = get, argument.at
        self._treedef = jtu.tree_structure(argument.first)
        self._get_new = new.get if new is not None else None
        leaves = jtu.tree_leaves(argument.first)
        self.donates = any(_is_deleted(leaves[i]) for i in self._at)
        self._get_gradient = gradient[0].get if gradient is not None else None
        at = gradient[1] if gradient is not None else {}
        # Of these leaves of the model there is a gradient, at these places of its leaves.
        self.with_gradient, self._gradient_at = tuple(at), tuple(at.values())
        self._keys = argument.keys

    @property
    def is_returned(self) -> bool:
        """Whether the call returns the model; else the next call is given the new one."""
        return self._get_new is not None

    def model(self, call: Held) -> Leaves:
        """Return the leaves of the model that a call is given.

        Raises:
            NoModelError: If it is of another structure by now.
        """
        return self._measured(self._get(call))

    def new(self, result: Any, after: Held) -> Leaves:
        """Return the leaves of what a call made of the model. Raises as `model` does."""
        return self._measured(self._get_new(result) if self._get_new else self._get(after))

    def gradients(self, result: Any) -> Leaves:
        """Return the gradients that a call returned, of the leaves `with_gradient`."""
        if self._get_gradient is None:
            return []
        leaves = jtu.tree_leaves(self._get_gradient(result))
        return [leaves[i] for i in self._gradient_at]

    def gradients_in(self, result: Any, shapes: Sequence[tuple[int, ...]]) -> dict[int, Any]:
        """Return what of a gradient function's result are gradients, by leaf; most of them.

        `shapes` are those of the leaves. The gradient may be that of a part of the model.
        """
        found: dict[int, Any] = {}
        for part in _parts(result):
            keyed = jtu.tree_flatten_with_path(part.value)[0]
            fits = _below_prefix(keyed, self._keys, shapes)
            if len(fits) > len(found):
                found = fits
        return found

    def _measured(self, model: Any) -> Leaves:
        try:
            leaves = self._treedef.flatten_up_to(model)  # takes half as long as `tree_flatten`
        except ValueError as error:
            raise NoModelError("the model has changed its structure") from error
        if len(self._at) == len(leaves):
            return leaves
        return [leaves[i] for i in self._at]


def find(calls: Calls) -> Place:
    """Return where the model is.

    Of the arguments that come back, or of which the gradient does, it is the one with Modules, then
    the one with most arrays, that is no state of an optimiser.

    Raises:
        NoModelError: If there is none.
    """
    arguments = sorted(_arguments(calls), key=lambda a: a.rank, reverse=True)
    if not arguments:
        raise NoModelError("none of its arguments is a model: a tree of floating-point arrays")
    parts = list(_parts(calls.result))
    fed_back = {id(leaf) for leaf in jtu.tree_leaves((calls.second.args, calls.second.kwargs))}
    for argument in arguments:
        alike = [p for p in parts if tree_shape(p.value) == tree_shape(argument.first)]
        new = _new_of(argument, alike)
        is_next = new is not None or not _is_same(argument.first, argument.second)
        rest = [p for p in parts if p is not new and not _has_any(p.value, fed_back)]
        gradient = _gradient_of(argument, rest)
        if new is not None or (gradient is not None and is_next):
            return Place(argument, _getter(calls, argument), new, gradient)
    raise NoModelError("it returns no tree like one of its arguments")


def _arguments(calls: Calls) -> Iterator[_Argument]:
    """Yield the arguments of which some leaves can be measured, other than optimisers' states."""
    second = _by_name(calls.flavour, calls.second)
    for name, value in _by_name(calls.flavour, calls.first).items():
        following = second.get(name)
        if following is None:
            continue
        keyed, treedef = jtu.tree_flatten_with_path(value)
        if jtu.tree_structure(following) != treedef or not any(_is_measured(x) for _, x in keyed):
            continue
        # Of the second call: the arrays of the first may be gone.
        index = nodes_of(following, name)
        tree = index.tree(0)
        leaves = jtu.tree_leaves(following)
        nodes = _leaf_nodes(tree)
        if len(nodes) != len(leaves):
            continue  # a node that JAX flattens otherwise than the tree is read
        in_state = inside_states(tree)
        at = [
            i
            for i, leaf in enumerate(leaves)
            if _is_measured(leaf) and not in_state[nodes[i]]
        ]  # fmt: skip
        if at:
            keys = {tuple(keyed[i][0]): n for n, i in enumerate(at)}
            yield _Argument(name, value, following, tuple(at), tree, nodes[at], keys)


def _by_name(flavour: JitFlavour, call: Held) -> dict[str, Any]:
    made = call_of(call.target, flavour, {}, call.args, call.kwargs)
    return {name: given.value for name, given in made.arguments.items()}


def _getter(calls: Calls, argument: _Argument) -> Callable[[Held], Any]:
    """Return what finds an argument in a call."""
    call = calls.first
    at = next((i for i, value in enumerate(call.args) if value is argument.first), None)
    if at is not None:
        return lambda held: held.args[at]
    if call.kwargs.get(argument.name) is argument.first:
        return lambda held: held.kwargs[argument.name]
    bound = getattr(call.target, "__self__", None)
    if inspect.ismethod(call.target) and bound is argument.first:
        return lambda held: held.target.__self__ if inspect.ismethod(held.target) else None
    return lambda held: _by_name(calls.flavour, held)[argument.name]


def _new_of(argument: _Argument, alike: list[_Part]) -> _Part | None:
    """Return the part that goes back in as this argument, None if none does."""
    following = _first_measured(argument.second, argument)
    for part in alike:
        if _first_measured(part.value, argument) is following:
            return part
    # It may have been copied, or placed elsewhere, on the way.
    return next((part for part in alike if _is_same(part.value, argument.second)), None)


def _gradient_of(argument: _Argument, rest: list[_Part]) -> tuple[_Part, dict[int, int]] | None:
    """Return the part that holds gradients of an argument, and where: its places by leaf."""
    found: list[tuple[_Part, dict[int, int]]] = []
    shapes = [jtu.tree_leaves(argument.second)[i].shape for i in argument.at]
    for part in rest:
        keyed = jtu.tree_flatten_with_path(part.value)[0]
        if is_optimiser_state(part.value) or not any(keys for keys, _ in keyed):
            continue
        at = {argument.keys.get(tuple(keys), -1): i for i, (keys, _) in enumerate(keyed)}
        if not at or -1 in at:
            continue
        fits = all(getattr(keyed[i][1], "shape", None) == shapes[leaf] for leaf, i in at.items())
        if fits and not _is_update(argument, part, at):
            found.append((part, at))
    return max(found, key=lambda each: ("grad" in each[0].name, len(each[1])), default=None)


def _below_prefix(
    keyed: list[tuple[Any, Any]], keys: dict[_Keys, int], shapes: Sequence[tuple[int, ...]]
) -> dict[int, Any]:
    """Return leaves by those of the model that have the same keys below one node, and shapes."""
    if not keyed:
        return {}
    first = tuple(keyed[0][0])
    for known in keys:
        if known[len(known) - len(first) :] != first:
            continue
        prefix = known[: len(known) - len(first)]
        found = {keys.get((*prefix, *path), -1): leaf for path, leaf in keyed}
        if -1 not in found and all(
            getattr(leaf, "shape", None) == shapes[at] for at, leaf in found.items()
        ):
            return found
    return {}


def _is_update(argument: _Argument, part: _Part, at: dict[int, int]) -> bool:
    """Whether a part is what was added to the model, as far as that can still be told."""
    old, new = (jtu.tree_leaves(model) for model in (argument.first, argument.second))
    leaf = min(at, key=lambda n: (new[argument.at[n]].size < 2, new[argument.at[n]].size))
    before, after = old[argument.at[leaf]], new[argument.at[leaf]]
    if _is_deleted(before):
        return False
    value = jtu.tree_leaves(part.value)[at[leaf]]
    wide = [np.asarray(x).astype(np.complex128) for x in (value, after, before)]
    return bool(np.any(wide[0]) and np.allclose(wide[0], wide[1] - wide[2], rtol=1e-2, atol=1e-12))


def _is_same(one: Any, other: Any) -> bool:
    """Whether two models are of the same values, by their smallest arrays."""
    pairs = [
        (x, y)
        for x, y in zip(jtu.tree_leaves(one), jtu.tree_leaves(other), strict=True)
        if _is_measured(x) and x.size
    ]
    if not pairs or any(_is_deleted(x) or _is_deleted(y) for x, y in pairs):
        return False
    pairs.sort(key=lambda pair: pair[0].size)
    return all(np.array_equal(np.asarray(x), np.asarray(y), equal_nan=True) for x, y in pairs[:4])


def _first_measured(model: Any, argument: _Argument) -> Any:
    return jtu.tree_leaves(model)[argument.at[0]]


def _has_any(value: Any, ids: set[int]) -> bool:
    return any(id(leaf) in ids for leaf in jtu.tree_leaves(value) if isinstance(leaf, jax.Array))


def _is_measured(leaf: Any) -> bool:
    if not isinstance(leaf, (jax.Array, np.ndarray)) or compat.is_tracer(leaf):
        return False
    return compat.is_inexact_dtype(leaf.dtype)


def _is_deleted(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and leaf.is_deleted()


def _parts(result: Any) -> Iterator[_Part]:
    """Yield the whole result, its items, and those of the tuples among them."""
    yield _Part(result, lambda value: value, "")
    for key, item in _items(result):
        yield _Part(item, lambda value, key=key: value[key], str(key))
        if type(item) is tuple:
            for inner, value in _items(item):
                get = functools.partial(_second, first=key, second=inner)
                yield _Part(value, get, str(inner))


def _second(value: Any, first: Any, second: Any) -> Any:
    return value[first][second]


def _items(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, (tuple, list)):
        yield from enumerate(value)
    elif isinstance(value, dict):
        yield from value.items()


def _children(value: Any) -> Sequence[Any]:
    return [child for _, child in compat.one_level(value) or ()]


def _leaf_nodes(tree: ModelTree) -> NDArray[np.int32]:
    """Return the nodes of the leaves that JAX knows, in its order."""
    found: list[int] = []
    waiting = [0]
    kinds = tree.kind.tolist()
    while waiting:
        node = waiting.pop()
        if kinds[node] in (NodeKind.ARRAY, NodeKind.STATIC_LEAF):
            found.append(node)
        waiting.extend(reversed(tree.children(node)))
    return np.array(found, np.int32)
