"""Attention."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, PRNGKeyArray

from eqxcore._module import Module, field
from eqxcore._pretty import tree_pformat
from eqxcore.nn._arguments import check_key, check_sizes, explain, misfit
from eqxcore.nn._dropout import Dropout, warn_deterministic
from eqxcore.nn._init import split
from eqxcore.nn._linear import Linear

#: Of shape `(sequence length, heads, size)`.
_Heads = Array


class MultiheadAttention(Module):
    """Attention of each element of a sequence to those of another, by several heads at a time.

    Each head compares a projection of the query with projections of the keys, and averages
    projections of the values by how alike they are; the output is a projection of what all heads
    have found.
    """

    query_proj: Linear
    key_proj: Linear
    value_proj: Linear
    output_proj: Linear
    dropout: Dropout
    num_heads: int = field(static=True)
    query_size: int = field(static=True)
    key_size: int = field(static=True)
    value_size: int = field(static=True)
    output_size: int = field(static=True)
    qk_size: int = field(static=True)
    vo_size: int = field(static=True)
    use_query_bias: bool = field(static=True)
    use_key_bias: bool = field(static=True)
    use_value_bias: bool = field(static=True)
    use_output_bias: bool = field(static=True)

    def __init__(
        self,
        num_heads: int,
        query_size: int,
        key_size: int | None = None,
        value_size: int | None = None,
        output_size: int | None = None,
        qk_size: int | None = None,
        vo_size: int | None = None,
        use_query_bias: bool = False,
        use_key_bias: bool = False,
        use_value_bias: bool = False,
        use_output_bias: bool = False,
        dropout_p: float = 0.0,
        inference: bool = False,
        dtype=None,
        *,
        key: PRNGKeyArray,
    ):
        """Make the four projections.

        Args:
            num_heads: The number of heads.
            query_size: The length of each vector of the query.
            key_size: That of the keys; by default `query_size`.
            value_size: That of the values; by default `query_size`.
            output_size: That of the output; by default `query_size`.
            qk_size: The length of the vectors that a head compares; by default
                `query_size // num_heads`.
            vo_size: The length of the vectors that a head averages; by default
                `query_size // num_heads`.
            use_query_bias: Whether the projection of the query has a bias.
            use_key_bias: Whether that of the keys has.
            use_value_bias: Whether that of the values has.
            use_output_bias: Whether that of the output has.
            dropout_p: The fraction of the weights of the averages that training sets to zero.
            inference: Whether to leave out the dropout; `inference_mode` switches it.
            dtype: Of all parameters; by default that of the current precision.
            key: For the initial values.
        """
        check_sizes(self, least=1, num_heads=num_heads)
        check_sizes(self, query_size=query_size)
        key_size = query_size if key_size is None else key_size
        value_size = query_size if value_size is None else value_size
        output_size = query_size if output_size is None else output_size
        qk_size = query_size // num_heads if qk_size is None else qk_size
        vo_size = query_size // num_heads if vo_size is None else vo_size
        check_sizes(
            self,
            key_size=key_size,
            value_size=value_size,
            output_size=output_size,
            qk_size=qk_size,
            vo_size=vo_size,
        )
        check_key(self, key)
        keys = split(key, 4)

        def linear(i: int, in_size: int, out_size: int, use_bias: bool) -> Linear:
            return Linear(in_size, out_size, use_bias=use_bias, dtype=dtype, key=keys[i])

        self.query_proj = linear(0, query_size, num_heads * qk_size, use_query_bias)
        self.key_proj = linear(1, key_size, num_heads * qk_size, use_key_bias)
        self.value_proj = linear(2, value_size, num_heads * vo_size, use_value_bias)
        self.output_proj = linear(3, num_heads * vo_size, output_size, use_output_bias)
        self.dropout = Dropout(dropout_p, inference=inference)
        self.num_heads = num_heads
        self.query_size = query_size
        self.key_size = key_size
        self.value_size = value_size
        self.output_size = output_size
        self.qk_size = qk_size
        self.vo_size = vo_size
        self.use_query_bias = use_query_bias
        self.use_key_bias = use_key_bias
        self.use_value_bias = use_value_bias
        self.use_output_bias = use_output_bias

    def __call__(
        self,
        query: Array,
        key_: Array,
        value: Array,
        mask: Array | None = None,
        *,
        key: PRNGKeyArray | None = None,
        inference: bool | None = None,
        deterministic: bool | None = None,
        process_heads: Callable[[_Heads, _Heads, _Heads], tuple[_Heads, _Heads, _Heads]]
        | None = None,
    ) -> Array:
        """Return one vector of length `output_size` for each of the query.

        Use `jax.vmap` for a batch.

        Args:
            query: What attends, of shape `(sequence length, query_size)`.
            key_: What it is compared with, of shape `(other sequence length, key_size)`.
            value: What is averaged, of shape `(other sequence length, value_size)`.
            mask: Which elements of the query may attend to which of the others: of shape
                `(sequence length, other sequence length)`, or with an axis of heads before these.
            key: For the dropout.
            inference: Takes the place of the flag of `dropout` where given.
            deterministic: The deprecated name of `inference`.
            process_heads: Called on the projections of query, keys and values, each of shape
                `(sequence length, heads, size)`; returns them changed, of the same shapes.

        Raises:
            RuntimeError: If a key is needed for the dropout and there is none.
        """
        if deterministic is not None:
            warn_deterministic("MultiheadAttention()", stacklevel=3)
            inference = deterministic
        queries = self._heads("query", query, self.query_proj, self.qk_size)
        keys = self._heads("key_", key_, self.key_proj, self.qk_size)
        values = self._heads("value", value, self.value_proj, self.vo_size)
        if len(keys) != len(values):
            raise ValueError(
                "`MultiheadAttention` takes a value for each key, and was given a `key_` of shape "
                f"`{key_.shape}` and a `value` of shape `{value.shape}`: both must be sequences of "
                "equal length."
            )
        if process_heads is not None:
            queries, keys, values = _processed(process_heads, (queries, keys, values))
        weights = _weights(queries, keys, mask)
        weights = self._dropped(weights, key, inference)
        found = jnp.einsum("hqk,khd->qhd", weights, values)
        n_queries, n_heads, size = found.shape
        return jax.vmap(self.output_proj)(found.reshape(n_queries, n_heads * size))

    def _heads(self, name: str, x: Array, projection: Linear, size: int) -> Array:
        """Return the projection of a sequence, with an axis of heads."""
        dimensions = (f"{name.rstrip('_')}_seq_length", f"{name.rstrip('_')}_size")
        if getattr(x, "ndim", None) != 2:
            kind = ValueError if hasattr(x, "ndim") else TypeError
            raise kind(misfit(self, name, x, dimensions))
        try:
            projected = jax.vmap(projection)(x)
        except (TypeError, ValueError) as error:
            explain(error, self, **{name: (x, dimensions)})
            raise
        return projected.reshape(len(x), self.num_heads, size)

    def _dropped(self, weights: Array, key: PRNGKeyArray | None, inference: Any) -> Array:
        if key is None:
            return self.dropout(weights, inference=inference)
        keys = jr.split(key, self.num_heads)
        drop = lambda weights, key: self.dropout(weights, inference=inference, key=key)  # noqa: E731
        return jax.vmap(drop)(weights, keys)


def _weights(queries: Array, keys: Array, mask: Array | None) -> Array:
    """Return by how much each element of the query attends to each key, for each head."""
    alike = jnp.einsum("qhd,khd->hqk", queries / math.sqrt(queries.shape[-1]), keys)
    if mask is not None:
        allowed = (alike.shape, alike.shape[1:])
        if getattr(mask, "shape", None) not in allowed:
            raise _wrong_mask(mask, alike.shape)
        masked = jnp.finfo(alike.dtype).min
        alike = jnp.where(jnp.broadcast_to(mask, alike.shape), alike, masked)
    # Sums of exponentials lose their digits in half precision.
    wide = jnp.float32 if jnp.finfo(alike.dtype).bits < 32 else alike.dtype
    return jax.nn.softmax(alike.astype(wide), axis=-1).astype(alike.dtype)


def _wrong_mask(mask: Any, shape: tuple[int, ...]) -> Exception:
    wanted = (
        "`MultiheadAttention` takes a `mask` of shape `(query_seq_length, kv_seq_length)` = "
        f"`{shape[1:]}`, or `(num_heads, query_seq_length, kv_seq_length)` = `{shape}`"
    )
    if not hasattr(mask, "shape"):
        return TypeError(f"{wanted}, and was given a `{type(mask).__name__}`. Make it an array.")
    return ValueError(
        f"{wanted}, and was given one of shape `{mask.shape}`. `jnp.broadcast_to` makes one of "
        "those of it; `jax.vmap` maps over a batch."
    )


def _processed(process: Callable, heads: tuple[Array, ...]) -> tuple[Array, Array, Array]:
    """Return the heads as `process` returns them.

    Raises:
        ValueError: If they have another shape, or are not three.
    """
    returned = process(*heads)
    try:
        queries, keys, values = returned
    except (TypeError, ValueError) as error:
        raise type(error)(
            "`process_heads` must return a tuple of three, the heads of the query, of the keys and "
            f"of the values, and returned {tree_pformat(returned)}."
        ) from None
    processed = queries, keys, values
    for name, old, new in zip(("query", "key", "value"), heads, processed, strict=True):
        if jnp.shape(new) != old.shape:
            raise ValueError(
                "`process_heads` must not change the shape of the heads: it was given those of "
                f"the {name} with shape `{old.shape}`, and returned shape `{jnp.shape(new)}`."
            )
    return processed
