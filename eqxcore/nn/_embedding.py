"""Embeddings: of whole numbers as vectors, and of positions as rotations."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, PRNGKeyArray

from eqxcore._module import Module, field
from eqxcore.nn._arguments import check_key, check_sizes, misfit
from eqxcore.nn._init import default_dtype, normal


class Embedding(Module):
    """A table of vectors, looked up by their index."""

    num_embeddings: int = field(static=True)
    embedding_size: int = field(static=True)
    weight: Array

    def __init__(
        self,
        num_embeddings: int | None = None,
        embedding_size: int | None = None,
        weight: Array | None = None,
        dtype=None,
        *,
        key: PRNGKeyArray | None = None,
    ):
        """Keep `weight`, or draw it from the normal distribution of mean 0 and variance 1.

        Args:
            num_embeddings: The number of vectors.
            embedding_size: The length of each.
            weight: The table, of shape `(num_embeddings, embedding_size)`. If it is given then
                nothing else need be.
            dtype: Of a table that is drawn; by default that of the current precision.
            key: For the initial values.
        """
        if weight is None:
            if num_embeddings is None or embedding_size is None or key is None:
                sizes = {"num_embeddings": num_embeddings, "embedding_size": embedding_size}
                raise _missing(sizes | {"key": key})
            check_sizes(self, num_embeddings=num_embeddings, embedding_size=embedding_size)
            check_key(self, key)
            self.weight = normal(key, (num_embeddings, embedding_size), dtype)
        else:
            shape = _shape_of(weight)
            given = (num_embeddings, embedding_size)
            if len(shape) != 2 or any(
                size not in (None, actual) for size, actual in zip(given, shape, strict=True)
            ):
                raise ValueError(
                    "`Embedding(weight=...)`: `weight` must have shape `(num_embeddings, "
                    f"embedding_size)`, and is of shape `{shape}`"
                    + (
                        f" where `num_embeddings={num_embeddings}` and "
                        f"`embedding_size={embedding_size}` were given. "
                        if len(shape) == 2
                        else ". "
                    )
                    + "Leave the sizes out, for the weight has them."
                )
            num_embeddings, embedding_size = shape
            self.weight = weight
        self.num_embeddings = num_embeddings
        self.embedding_size = embedding_size

    def __call__(
        self,
        x: ArrayLike,
        *,
        key: PRNGKeyArray | None = None,
    ) -> Array:
        """Return the vector at index `x`, a single whole number; use `jax.vmap` for several.

        An index past the end of the table returns its last vector, as is usual in JAX. `key` is
        ignored; it is there because every layer takes one.
        """
        number = isinstance(x, (int, float, complex, np.generic, np.ndarray, jax.Array))
        if not number or jnp.shape(x) != ():
            raise ValueError(
                "`Embedding` looks up a single index, and was given "
                + (f"an `x` of shape `{jnp.shape(x)}`." if number else f"a `{type(x).__name__}`.")
                + " Use `jax.vmap(embedding)(jnp.asarray(...))` for several."
            )
        if jnp.issubdtype(jnp.result_type(x), jnp.inexact):
            raise TypeError(
                f"`Embedding` looks up a whole number, and was given an `x` of dtype "
                f"{jnp.result_type(x)}. Use `x.astype(int)`, or check that tokens and features are "
                "not mixed up."
            )
        return self.weight[x]


def _missing(arguments: dict[str, Any]) -> ValueError:
    missing = "`, `".join(name for name, value in arguments.items() if value is None)
    return ValueError(
        f"`Embedding` was given neither `weight` nor `{missing}`. Pass `num_embeddings=..., "
        "embedding_size=..., key=...`, or else `weight=...`."
    )


def _shape_of(weight: Any) -> tuple[int, ...]:
    if not hasattr(weight, "shape"):
        raise TypeError(
            "`Embedding(weight=...)`: `weight` must be an array, and is a "
            f"`{type(weight).__name__}`. Pass `jnp.asarray(weight)`."
        )
    return tuple(weight.shape)


def _float() -> Any:
    return jnp.float64 if jnp.result_type(float) == jnp.float64 else jnp.float32


#: Cosines and sines of as many positions as have been asked for, by all that they depend on.
_rotations: dict[tuple[int, float, Any, Any], tuple[Array, Array]] = {}


class RotaryPositionalEmbedding(Module):
    """Turns the vector at each position of a sequence by angles that grow with the position.

    The inner product of two vectors then depends on the distance between them. Apply it to the
    heads of the queries and of the keys in the `process_heads` of a `MultiheadAttention`::

        def process_heads(query, key, value):
            turn = jax.vmap(rope, in_axes=1, out_axes=1)
            return turn(query), turn(key), value
    """

    embedding_size: int = field(static=True)
    theta: float = field(static=True, default=10_000.0)
    dtype: Any = field(static=True, default_factory=_float)

    def __check_init__(self) -> None:
        check_sizes(self, embedding_size=self.embedding_size)
        if self.embedding_size % 2 != 0:
            raise ValueError(
                f"`RotaryPositionalEmbedding(embedding_size={self.embedding_size})`: "
                "`embedding_size` must be even, for the numbers are turned in pairs."
            )

    @staticmethod
    def rotate_half(
        x: Array,
    ) -> Array:
        """Return `x` with the halves of its last axis swapped, and the new first half negated."""
        middle = x.shape[-1] // 2
        return jnp.concatenate([-x[..., middle:], x[..., :middle]], axis=-1)

    @staticmethod
    def precompute_freqs_cis(
        embedding_size: int, end: int, theta: float, dtype: Any
    ) -> tuple[Array, Array]:
        """Return the cosines and the sines of the angles, for all positions before `end`."""
        frequency = 1.0 / (
            theta ** (jnp.arange(0.0, embedding_size, 2)[jnp.newaxis, :] / embedding_size)
        )
        angle = jnp.arange(float(end))[:, jnp.newaxis] * frequency
        return jnp.cos(angle).astype(dtype), jnp.sin(angle).astype(dtype)

    def __call__(
        self,
        x: Array,
        *,
        key: PRNGKeyArray | None = None,
    ) -> Array:
        """Return `x`, turned; its shape is `(sequence length, embedding_size)`.

        `key` is ignored; it is there because every layer takes one.
        """
        message = misfit(self, "x", x, ("seq_length", "embedding_size"))
        if message is not None:
            raise (ValueError if hasattr(x, "shape") else TypeError)(message)
        cosines, sines = self._rotation(x.shape[0])
        try:
            dtype = jnp.promote_types(x.dtype, cosines.dtype)
        except jax.dtypes.TypePromotionError:
            raise jax.dtypes.TypePromotionError(
                f"`RotaryPositionalEmbedding` is of dtype {cosines.dtype} and was given an `x` of "
                f"dtype {x.dtype}, which `jax_numpy_dtype_promotion='strict'` does not mix. Make "
                f"the layer with `dtype=jnp.{x.dtype}`, or pass `x.astype(jnp.{cosines.dtype})`."
            ) from None
        wide = x.astype(dtype)
        turned = wide * _twice(cosines, dtype) + self.rotate_half(wide) * _twice(sines, dtype)
        return turned.astype(x.dtype)

    def _rotation(self, length: int) -> tuple[Array, Array]:
        dtype = default_dtype(self.dtype)
        name = (self.embedding_size, self.theta, dtype, _float())
        if name not in _rotations or len(_rotations[name][0]) < length:
            # Not a part of whatever is being traced: the arrays outlive it.
            with jax.ensure_compile_time_eval():
                _rotations[name] = self.precompute_freqs_cis(
                    self.embedding_size, length, self.theta, dtype
                )
        cosines, sines = _rotations[name]
        return cosines[:length], sines[:length]


def _twice(values: Array, dtype: Any) -> Array:
    return jnp.tile(values, (1, 2)).astype(dtype)
