"""How many samples a call of a training step takes: the common leading axis of its data."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.tree_util as jtu
import numpy as np

from eqxviz.analysis import compat
from eqxviz.capturing.results import Layout, carried_shapes, getter, tree_shape


class Batch(NamedTuple):
    """The samples of one call."""

    size: int
    count: Callable[[tuple[Any, ...], dict[str, Any]], int]  # of a later call alike


def batch_of(
    args: tuple[Any, ...], kwargs: dict[str, Any], result: Any, layout: Layout
) -> Batch | None:
    """Return the samples of a call that returned `result`, None where that cannot be told.

    The data are the arrays in those arguments that do not come back with the result, random keys
    left out; they must agree on their first axis. If that counts the steps of a scan, as a stretch
    of a curve shows, they must agree on the second one, too.
    """
    carried = carried_shapes(result)
    data: list[tuple[Any, int, Any]] = []  # keys, place, leaf
    for place, (keys, leaf) in enumerate(jtu.tree_flatten_with_path((args, kwargs))[0]):
        outer = args[keys[1].idx] if keys[0].idx == 0 else kwargs[keys[1].key]
        if _is_data(leaf) and tree_shape(outer)[0] not in carried:
            data.append((keys, place, leaf))
    shapes = [leaf.shape for *_, leaf in data]
    n_axes = 1
    lengths = {each.get(result).shape[0] for each in layout.scalars if each.is_stretch}
    if lengths and {shape[0] for shape in shapes} <= lengths and any(len(s) > 1 for s in shapes):
        n_axes = 2
    leading = {shape[:n_axes] for shape in shapes if len(shape) >= n_axes}
    if len(leading) != 1 or len({shape[0] for shape in shapes}) != 1:
        return None
    keys, place, leaf = next(each for each in data if len(each[2].shape) >= n_axes)
    get = getter(keys, place, (args, kwargs), leaf)

    def count(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
        return _product(get((args, kwargs)).shape[:n_axes])

    size = _product(leaf.shape[:n_axes])
    return Batch(size, count) if size else None


def _product(shape: Sequence[int]) -> int:
    return shape[0] if len(shape) == 1 else shape[0] * shape[1]


def _is_data(leaf: Any) -> bool:
    if not isinstance(leaf, (jax.Array, np.ndarray)) or not leaf.shape:
        return False
    if compat.is_key_dtype(leaf.dtype):
        return False
    return not (leaf.dtype == np.uint32 and leaf.shape[-1] == 2)  # a key of the older kind
