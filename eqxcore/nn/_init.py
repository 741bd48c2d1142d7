"""Initial values of parameters.

The functions are compiled, or building a model would spend its time in dispatching small
operations. Each array is drawn by a function of its own, which is compiled anew for each shape and
takes a tenth of a second to compile: so are layers alike that differ in anything else.
"""

import functools as ft
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, PRNGKeyArray

Shape = tuple[int, ...]


@ft.partial(jax.jit, static_argnums=1)
def split(key: PRNGKeyArray, num: int) -> tuple[PRNGKeyArray, ...]:
    """Return the keys of `jax.random.split(key, num)` one by one, typed ones for a raw key too."""
    return tuple(jr.split(_typed(key), num))


def _typed(key: PRNGKeyArray) -> PRNGKeyArray:
    is_typed = jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    # What is no key at all is left to JAX to refuse.
    return key if is_typed or key.ndim != 1 else jr.wrap_key_data(key)


def _available(dtype: Any) -> Any:
    """Return the dtype that JAX has for `dtype`; JAX warns if it has only a narrower one."""
    available = jax.dtypes.canonicalize_dtype(dtype)
    return available if available == dtype else jnp.empty(0, dtype).dtype


def default_dtype(dtype: Any) -> Any:
    """Return `dtype`, or the floating-point type of the current precision if it is `None`."""
    return jnp.result_type(float) if dtype is None else dtype


@ft.partial(jax.jit, static_argnames=("shape", "dtype"))
def _uniform(key: PRNGKeyArray, limit: Any, *, shape: Shape, dtype: Any) -> Array:
    return jr.uniform(key, shape, dtype, minval=-limit, maxval=limit)


def _draw(key: PRNGKeyArray, limit: float, shape: Shape, dtype: Any) -> Array:
    if not jnp.issubdtype(dtype, jnp.complexfloating):
        return _uniform(key, limit, shape=shape, dtype=_available(dtype))
    part = jnp.finfo(dtype).dtype
    return jax.lax.complex(*(_draw(each, limit, shape, part) for each in split(key, 2)))


def uniform(
    key: PRNGKeyArray, limit: float, shapes: tuple[Shape | None, ...], dtype: Any
) -> list[Any]:
    """Return arrays drawn uniformly within `limit` of zero, and `None` where there is no shape.

    For a complex dtype this holds of both parts. A shape that is left out changes none of the
    other arrays.
    """
    dtype = default_dtype(dtype)
    return [
        None if shape is None else _draw(key, limit, shape, dtype)
        for key, shape in zip(split(key, len(shapes)), shapes, strict=True)
    ]


@ft.partial(jax.jit, static_argnames=("shape", "dtype"))
def _normal(key: PRNGKeyArray, *, shape: Shape, dtype: Any) -> Array:
    return jr.normal(key, shape, dtype)


def normal(key: PRNGKeyArray, shape: Shape, dtype: Any) -> Array:
    """Return an array drawn from the normal distribution of mean 0 and variance 1."""
    return _normal(_typed(key), shape=shape, dtype=_available(default_dtype(dtype)))
