"""Comparing PyTrees."""

from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
from jaxtyping import Array, ArrayLike, PyTree

from eqxcore._filters import is_array


def tree_equal(
    *pytrees: PyTree,
    typematch: bool = False,
    rtol: ArrayLike = 0.0,
    atol: ArrayLike = 0.0,
) -> bool | Array:
    """Return whether all PyTrees have one structure and equal leaves.

    Arrays must agree in shape and dtype, and in value exactly, or, if inexact, within `rtol` and
    `atol` where one is given; NaNs are unequal. JAX and NumPy arrays may equal each other, unless
    `typematch` asks that leaves agree in type. Other leaves are compared by `==`.

    Where JAX arrays had to be compared by value the result is an array (traced under `jax.jit`);
    `tree_equal(...) is True` says what is known without values.
    """
    if not pytrees:
        return True
    first, *others = pytrees
    leaves, structure = jtu.tree_flatten(first)
    exact = isinstance(rtol, (int, float)) and isinstance(atol, (int, float)) and rtol == atol == 0
    result: Any = True
    for other in others:
        other_leaves, other_structure = jtu.tree_flatten(other)
        if structure != other_structure:
            return False
        for x, y in zip(leaves, other_leaves, strict=True):
            if typematch and type(x) is not type(y):
                return False
            equal = _leaf_equal(x, y, None if exact else (rtol, atol))
            # Only what is known now may end the comparison: a traced value has no truth yet.
            if equal is False:
                return False
            if equal is not True:
                result = equal if result is True else jnp.logical_and(result, equal)
    return result


def _leaf_equal(x: Any, y: Any, tolerance: tuple[Any, Any] | None) -> Any:
    """Return `True`, `False`, or a JAX array of one boolean."""
    if is_array(x) is not is_array(y):
        return False
    if not is_array(x):
        return bool(x == y)
    if x.shape != y.shape or x.dtype != y.dtype:
        return False
    on_jax = isinstance(x, jax.Array) or isinstance(y, jax.Array)
    xp = jnp if on_jax else np
    if tolerance is not None and jnp.issubdtype(x.dtype, jnp.inexact):
        equal = xp.allclose(x, y, *tolerance)
    else:
        equal = xp.all(x == y)
    return equal if on_jax else bool(equal)
