"""Where the scalars of a result are, worked out once per structure and read cheaply after that."""

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.tree_util as jtu
import numpy as np

from eqxviz.analysis import compat
from eqxviz.capturing.renewed import renewed_in
from eqxviz.capturing.sites import Path, quoted
from eqxviz.capturing.stretches import steps_in

# A model with more scalar parameters than this is not followed parameter by parameter.
MAX_SCALARS = 256


class Scalar(NamedTuple):
    """One scalar of a result."""

    path: Path
    get: Callable[[Any], Any]  # from the result to the leaf
    is_carried: bool  # it lies in a tree that goes back in with the next call
    is_state: bool  # and each call makes it of what it was
    is_stretch: bool = False  # not one number: those of many steps, stacked by a scan


class Layout(NamedTuple):
    """What is known of every result of one structure."""

    key: Any  # equal for results of the same structure with scalars and rows at the same places
    scalars: tuple[Scalar, ...]
    n_scalars: int  # more than there are in `scalars`, where there are too many
    n_carried: int  # leaves of the argument's tree that comes back; 0: none
    device: str  # of the first array: "cpu:0"

    @property
    def n_stretches(self) -> int:
        """How many of the scalars are stretches."""
        return sum(scalar.is_stretch for scalar in self.scalars)


def layout_key(result: Any) -> Any:
    """Return what `Layout.key` is for `result`."""
    leaves, treedef = jtu.tree_flatten(result)
    scalars = tuple(i for i, leaf in enumerate(leaves) if _is_scalar(leaf))
    return treedef, scalars, tuple(i for i, leaf in enumerate(leaves) if _is_row(leaf))


def layout_of(result: Any, args: Sequence[Any], jaxpr: Callable[[], Any]) -> Layout:
    """Return the layout of `result`, which a function returned for the arguments `args`.

    What lies inside a tree that is carried from call to call is state rather than a measurement,
    unless each call makes it anew (`state.metrics["loss"]`). Of state, only floating-point numbers
    at its top are curves. `jaxpr` gives what computed the result, None if that is not known; it is
    asked if there are candidates.
    """
    key = _, places, rows = layout_key(result)
    carried = carried_parts(result, args)
    n_carried = sum(tree_shape(argument)[1] for argument in carried.values())
    leaves = jtu.tree_leaves(result)
    device = _device(leaves)
    if not places and not rows:
        return Layout(key, (), 0, n_carried, device)
    with_paths = [
        (_named(keys, result), leaf) for keys, leaf in jtu.tree_flatten_with_path(result)[0]
    ]
    paths = [tuple(map(accessor, keys)) for keys, _ in with_paths]
    # A row of the shape of another argument is not therefore state.
    rows = [i for i in rows if not any(_is_within(paths[i], p) for p in carried if p != paths[i])]
    within = {i: path for i in places for path in carried if _is_within(paths[i], path)}
    renewed: set[int] = set()
    if rows or any(_is_inexact(leaves[i]) for i in within):
        made_by = jaxpr()
        at = [i for i, leaf in enumerate(leaves) if isinstance(leaf, jax.Array)]
        arrays = [leaves[i] for i in at]
        found = {at[n] for n in steps_in(arrays, made_by)} if rows else ()
        rows = [i for i in rows if i in found]
        for path in set(within.values()):
            first = next(n for n, i in enumerate(at) if _is_within(paths[i], path))
            before = [x for x in jtu.tree_leaves(carried[path]) if hasattr(x, "shape")]
            renewed |= {at[n] for n in renewed_in(arrays, first, before, made_by)}
    scalars: list[Scalar] = []
    for place in sorted((*places, *rows)):
        (keys, leaf), path = with_paths[place], paths[place]
        is_stretch = place in rows
        is_carried = place in within
        is_state = is_carried and place not in renewed
        if is_carried and not _is_inexact(leaf):
            continue
        if is_state and len(path) > len(within[place]) + 1:
            continue
        get = getter(keys, place, result, leaf)
        scalars.append(Scalar(path, get, is_carried, is_state, is_stretch))
    return Layout(key, tuple(scalars[:MAX_SCALARS]), len(scalars), n_carried, device)


def _is_within(path: Path, prefix: Path) -> bool:
    return path[: len(prefix)] == prefix


def _is_row(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and leaf.ndim == 1 and _is_inexact(leaf)


def _is_scalar(leaf: Any) -> bool:
    if not isinstance(leaf, (jax.Array, np.ndarray, np.generic)) or leaf.shape != ():
        return False
    return getattr(leaf.dtype, "kind", "O") in ("f", "i", "u", "b") or _is_inexact(leaf)


def _is_inexact(leaf: Any) -> bool:
    # bfloat16 and float8 have the kind "V", as records have.
    return compat.is_inexact_dtype(leaf.dtype) and leaf.dtype.kind != "c"


def carried_parts(result: Any, args: Sequence[Any]) -> dict[Path, Any]:
    """Return the places of `result` that hold a tree shaped like an argument, with that."""
    shapes = {shape: argument for argument in args for shape, n in [tree_shape(argument)] if n}
    if not shapes:
        return {}
    found: dict[Path, Any] = {}
    for path, part in _parts(result):
        shape, n = tree_shape(part)
        if n and shape in shapes:
            found[path] = shapes[shape]
            if path == ():
                break
    return found


def carried_shapes(result: Any) -> set[Any]:
    """Return the `tree_shape` of each part of `result` that may be an argument come back."""
    return {shape for shape, n in (tree_shape(part) for _, part in _parts(result)) if n}


def _parts(result: Any) -> Iterator[tuple[Path, Any]]:
    """Yield the whole result, then its items."""
    yield (), result
    if isinstance(result, (tuple, list)):
        for i, item in enumerate(result):
            yield (f"[{i}]",), item
    elif isinstance(result, dict):
        for name, item in result.items():
            yield (accessor(jtu.DictKey(name)),), item


def tree_shape(tree: Any) -> tuple[Any, int]:
    """Return what trees of one structure and equal array shapes have in common, and how large."""
    leaves, treedef = jtu.tree_flatten(tree)
    shapes = tuple(getattr(leaf, "shape", None) for leaf in leaves)
    # A lone scalar is a loss far more often than a state.
    if shapes in ((), ((),)):
        return None, 0
    return (treedef, shapes), sum(shape is not None for shape in shapes)


def _device(leaves: list[Any]) -> str:
    for leaf in leaves:
        if isinstance(leaf, jax.Array) and not compat.is_tracer(leaf) and not leaf.is_deleted():
            device = min(leaf.devices(), key=lambda d: d.id)
            return f"{device.platform}:{device.id}"
    return ""


def _named(keys: Sequence[Any], tree: Any) -> Sequence[Any]:
    """Return `keys` with the names of attributes for what nodes registered without names give."""
    if not any(isinstance(key, jtu.FlattenedIndexKey) for key in keys):
        return keys
    named: list[Any] = []
    for key in keys:
        children = jtu.tree_flatten_with_path(tree, is_leaf=lambda x, node=tree: x is not node)[0]
        child = next(child for (each,), child in children if each == key)
        if isinstance(key, jtu.FlattenedIndexKey):
            names = [
                name for name, value in getattr(tree, "__dict__", {}).items() if value is child
            ]
            key = jtu.GetAttrKey(names[0]) if len(names) == 1 else key
        named.append(key)
        tree = child
    return named


def accessor(key: Any) -> str:
    """Return one key of a path as Python writes it, with texts in double quotes."""
    if isinstance(key, jtu.GetAttrKey):
        return f".{key.name}"
    if isinstance(key, jtu.SequenceKey):
        return f"[{key.idx}]"
    name = key.key if isinstance(key, (jtu.DictKey, jtu.FlattenedIndexKey)) else key
    return f"[{quoted(name) if isinstance(name, str) else repr(name)}]"


def getter(keys: Sequence[Any], place: int, result: Any, leaf: Any) -> Callable[[Any], Any]:
    """Return the quickest function that finds `leaf` in `result`."""
    steps = [_step(key) for key in keys]
    if all(steps):
        get = _composed(steps)
        try:
            if get(result) is leaf:
                return get
        except (AttributeError, LookupError, TypeError):
            pass  # the node's keys are not how its children are reached
    return lambda result: jtu.tree_leaves(result)[place]


def _step(key: Any) -> Callable[[Any], Any] | None:
    if isinstance(key, jtu.GetAttrKey):
        return operator.attrgetter(key.name)
    if isinstance(key, jtu.SequenceKey):
        return operator.itemgetter(key.idx)
    if isinstance(key, jtu.DictKey):
        return operator.itemgetter(key.key)
    return None


def _composed(steps: Sequence[Any]) -> Callable[[Any], Any]:
    if not steps:
        return lambda result: result
    if len(steps) == 1:
        return steps[0]

    def get(result: Any) -> Any:
        for step in steps:
            result = step(result)
        return result

    return get
