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

Shape = tuple[int, ...]


@ft.partial(jax.jit, static_argnums=1)
def split(key: PRNGKeyArray, num: int) -> tuple[PRNGKeyArray, ...]:
    """Return the keys of `jax.random.split(key, num)` one by one."""
    return tuple(jr.split(key, num))


def default_dtype(dtype: Any) -> Any:
    """Return `dtype`, or the floating-point type of the current precision if it is `None`."""
    return jnp.result_type(float) if dtype is None else dtype


def _uniform(key: PRNGKeyArray, shape: Shape, dtype: Any, limit: Any) -> Array:
    if not jnp.issubdtype(dtype, jnp.complexfloating):
        return jr.uniform(key, shape, dtype, minval=-limit, maxval=limit)
    real_key, imag_key = jr.split(key, 2)
    part = jnp.finfo(dtype).dtype
    real = jr.uniform(real_key, shape, part, minval=-limit, maxval=limit)
    imag = jr.uniform(imag_key, shape, part, minval=-limit, maxval=limit)
    return jax.lax.complex(real, imag)


@ft.partial(jax.jit, static_argnames=("shapes", "dtype"))
def _draw(
    keys: tuple[PRNGKeyArray, ...], limit: ArrayLike, *, shapes: tuple[Shape, ...], dtype: Any
) -> tuple[Array, ...]:
    return tuple(
        _uniform(key, shape, dtype, limit) for key, shape in zip(keys, shapes, strict=True)
    )


def uniform(
    key: PRNGKeyArray, limit: ArrayLike, shapes: tuple[Shape | None, ...], dtype: Any
) -> list[Any]:
    """Return arrays drawn uniformly within `limit` of zero, and `None` where there is no shape.

    For a complex dtype this holds of both parts. A shape that is left out changes none of the
    other arrays.
    """
    keys = split(key, len(shapes))
    drawn = iter(
        _draw(
            tuple(key for key, shape in zip(keys, shapes, strict=True) if shape is not None),
            limit,
            shapes=tuple(shape for shape in shapes if shape is not None),
            dtype=default_dtype(dtype),
        )
    )
    return [None if shape is None else next(drawn) for shape in shapes]


@ft.partial(jax.jit, static_argnames=("shape", "dtype"))
def _normal(key: PRNGKeyArray, *, shape: Shape, dtype: Any) -> Array:
    return jr.normal(key, shape, dtype)


def normal(key: PRNGKeyArray, shape: Shape, dtype: Any) -> Array:
    """Return an array drawn from the normal distribution of mean 0 and variance 1."""
    return _normal(key, shape=shape, dtype=default_dtype(dtype))
