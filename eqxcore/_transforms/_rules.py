"""What JAX hands to rules of differentiation, as the rules of users are to see it."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero

from eqxcore._filters import is_array


def as_array(value: Any) -> Any:
    """Return `value`, of a traced argument, as an array.

    A number that is differentiated, as in `jax.grad(f)(1.0)`, reaches a rule as a number with a
    type: no array, but not static either.
    """
    return value if is_array(value) else jnp.asarray(value)


def unless_zero(derivative: Any) -> Any:
    """Return a tangent or cotangent, or `None` if it is known to be zero."""
    if isinstance(derivative, SymbolicZero):
        return None
    array = as_array(derivative)
    return None if array.dtype == jax.dtypes.float0 else array
