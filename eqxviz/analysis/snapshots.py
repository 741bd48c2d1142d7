"""A PyTree with copies of its arrays, which no later donation or change in place can reach."""

from typing import Any, cast

import jax
import jax.numpy
import numpy as np
from numpy.typing import NDArray

from eqxviz.analysis import compat
from eqxviz.analysis.leaves import is_deleted

_jnp: Any = jax.numpy
_random: Any = jax.random


def snapshot_of(value: Any, *, on_host: bool = False) -> tuple[Any, int]:
    """Return `value` with its arrays copied, and the bytes of the copies.

    An array found at several places is copied once. What has no values to copy (a donated array, a
    description) stays as it is, as do leaves that are no arrays. With `on_host` the copies are
    NumPy arrays, but for PRNG keys, which NumPy cannot hold.
    """
    copies: dict[int, Any] = {}
    n_bytes = 0

    def copied(leaf: Any) -> Any:
        nonlocal n_bytes
        if not _is_concrete(leaf) or is_deleted(leaf):
            return leaf
        if id(leaf) not in copies:
            copies[id(leaf)] = _copy(leaf, on_host)
            n_bytes += int(leaf.size) * int(leaf.dtype.itemsize)
        return copies[id(leaf)]

    return jax.tree_util.tree_map(copied, value), n_bytes


def _is_concrete(leaf: Any) -> bool:
    return isinstance(leaf, (jax.Array, np.ndarray)) and not compat.is_tracer(leaf)


def _copy(array: Any, on_host: bool) -> Any:
    if isinstance(array, np.ndarray):
        return cast(NDArray[Any], array).copy()
    if compat.is_key_dtype(array.dtype):
        data = _jnp.array(_random.key_data(array), copy=True)
        return _random.wrap_key_data(data, impl=_random.key_impl(array))
    if on_host and array.is_fully_addressable:
        host: NDArray[Any] = np.array(array)
        return host
    copy: Any = _jnp.array(array, copy=True)
    return copy
