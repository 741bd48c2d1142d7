"""Initial values of parameters.

The functions are compiled, or building a model would spend its time in dispatching small
operations. Splitting is apart from drawing, since drawing is compiled anew for each shape, and
every use of a key in it costs a tenth of a second.
"""

import functools as ft
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, ArrayLike, PRNGKeyArray


@ft.partial(jax.jit, static_argnums=1)
def split(key: PRNGKeyArray, num: int) -> tuple[PRNGKeyArray, ...]:
    """Return the keys of `jax.random.split(key, num)` one by one."""
    return tuple(jr.split(key, num))


def default_dtype(dtype: Any) -> Any:
    """Return `dtype`, or the floating-point type of the current precision if it is `None`."""
    return jnp.result_type(float) if dtype is None else dtype


def _uniform(key: PRNGKeyArray, shape: tuple[int, ...], dtype: Any, limit: Any) -> Array:
    if not jnp.issubdtype(dtype, jnp.complexfloating):
        return jr.uniform(key, shape, dtype, minval=-limit, maxval=limit)
    real_key, imag_key = jr.split(key, 2)
    part = jnp.finfo(dtype).dtype
    real = jr.uniform(real_key, shape, part, minval=-limit, maxval=limit)
    imag = jr.uniform(imag_key, shape, part, minval=-limit, maxval=limit)
    return (real + 1j * imag).astype(dtype)


@ft.partial(jax.jit, static_argnames=("weight_shape", "bias_shape", "dtype"))
def _draw(
    weight_key: PRNGKeyArray,
    bias_key: PRNGKeyArray,
    limit: ArrayLike,
    *,
    weight_shape: tuple[int, ...],
    bias_shape: tuple[int, ...] | None,
    dtype: Any,
) -> tuple[Array, Array | None]:
    weight = _uniform(weight_key, weight_shape, dtype, limit)
    bias = None if bias_shape is None else _uniform(bias_key, bias_shape, dtype, limit)
    return weight, bias


def uniform_weight_and_bias(
    key: PRNGKeyArray,
    limit: ArrayLike,
    weight_shape: tuple[int, ...],
    bias_shape: tuple[int, ...] | None,
    dtype: Any,
) -> tuple[Array, Array | None]:
    """Return a weight and a bias drawn uniformly within `limit` of zero; no bias without a shape.

    For a complex dtype this holds of both parts.
    """
    weight_key, bias_key = split(key, 2)
    return _draw(
        weight_key,
        bias_key,
        limit,
        weight_shape=weight_shape,
        bias_shape=bias_shape,
        dtype=dtype,
    )
