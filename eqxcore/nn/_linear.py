"""Affine maps, and the layer that does nothing."""

import math
from typing import Any, Literal, TypeVar, Union

import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from eqxcore._module import Module, field
from eqxcore.nn._arguments import check_key, check_sizes, explain, misfit
from eqxcore.nn._init import uniform

_T = TypeVar("_T")


class Linear(Module):
    """An affine map of a vector, `weight @ x + bias`."""

    weight: Array
    bias: Array | None
    in_features: Union[int, Literal["scalar"]] = field(static=True)  # noqa: UP007 (shown so)
    out_features: Union[int, Literal["scalar"]] = field(static=True)  # noqa: UP007
    use_bias: bool = field(static=True)

    def __init__(
        self,
        in_features: Union[int, Literal["scalar"]],  # noqa: UP007
        out_features: Union[int, Literal["scalar"]],  # noqa: UP007
        use_bias: bool = True,
        dtype=None,
        *,
        key: PRNGKeyArray,
    ):
        """Draw weight and bias uniformly within `1 / sqrt(in_features)` of zero.

        Args:
            in_features: The length of the input, or `"scalar"` for an input of shape `()`.
            out_features: The length of the output, or `"scalar"` for an output of shape `()`.
            use_bias: Whether to add a bias.
            dtype: Of weight and bias; by default that of the current precision.
            key: For the initial values.
        """
        width = 1 if in_features == "scalar" else in_features
        height = 1 if out_features == "scalar" else out_features
        check_sizes(self, in_features=width, out_features=height)
        check_key(self, key)
        self.weight, self.bias = uniform(
            key,
            1.0 if width == 0 else 1 / math.sqrt(width),
            ((height, width), (height,) if use_bias else None),
            dtype,
        )
        self.in_features = in_features
        self.out_features = out_features
        self.use_bias = use_bias

    def __call__(self, x: Array, *, key: PRNGKeyArray | None = None) -> Array:
        """Return the output for one input of shape `(in_features,)`; use `jax.vmap` for a batch.

        `key` is ignored; it is there because every layer takes one.
        """
        if self.in_features == "scalar":
            if jnp.shape(x) != ():
                raise ValueError(
                    'x must have scalar shape: the layer has `in_features="scalar"`, and `x` is '
                    f"of shape {jnp.shape(x)}. Pass one number, or use `jax.vmap` for several."
                )
            x = jnp.broadcast_to(x, (1,))
        try:
            y = self.weight @ x
            if self.bias is not None:
                y = y + self.bias
        except (TypeError, ValueError) as error:
            explain(error, self, x=(x, ("in_features",)))
            raise
        if self.out_features == "scalar":
            if jnp.shape(y) != (1,):
                raise AssertionError(misfit(self, "x", x, ("in_features",)))
            y = jnp.squeeze(y, axis=0)
        return y


class Identity(Module):
    """A layer that returns its input."""

    def __init__(self, *args: Any, **kwargs: Any):
        """Take any arguments and ignore them, so as to stand in for any layer."""

    def __call__(self, x: _T, *, key: PRNGKeyArray | None = None) -> _T:
        """Return `x`; `key` is ignored."""
        return x
