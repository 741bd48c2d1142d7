"""Normalisation of one input by its own mean and variance."""

import warnings
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from eqxcore._module import Module, field
from eqxcore._types import sentinel
from eqxcore.nn._arguments import check_sizes
from eqxcore.nn._init import default_dtype
from eqxcore.nn._state import State


class LayerNorm(Module):
    """Normalises an input to mean 0 and variance 1, then applies a trainable weight and bias.

    Computed in at least float32, whatever the dtype of the input.
    """

    shape: tuple[int, ...] = field(static=True)
    eps: float = field(static=True)
    use_weight: bool = field(static=True)
    use_bias: bool = field(static=True)
    weight: Array | None
    bias: Array | None

    def __init__(
        self,
        shape: int | Sequence[int],
        eps: float = 1e-5,
        use_weight: bool = True,
        use_bias: bool = True,
        dtype=None,
        *,
        elementwise_affine: bool | None = None,
    ):
        """Make a weight of ones and a bias of zeros.

        Args:
            shape: Of the input.
            eps: Added to the variance, so that no division is by zero.
            use_weight: Whether to multiply by a trainable weight of the shape of the input.
            use_bias: Whether to add a trainable bias of the shape of the input.
            dtype: Of weight and bias; by default that of the current precision.
            elementwise_affine: The deprecated name of `use_weight` and `use_bias` together.
        """
        if elementwise_affine is not None:
            warnings.warn(
                "LayerNorm(elementwise_affine=...) is deprecated in favour of "
                "LayerNorm(use_weight=...) and LayerNorm(use_bias=...)",
                stacklevel=3,  # the metaclass's call lies between
            )
            use_weight = use_bias = elementwise_affine
        self.shape = _as_shape("LayerNorm", shape)
        self.eps = eps
        self.use_weight = use_weight
        self.use_bias = use_bias
        self.weight, self.bias = _weight_and_bias(self.shape, use_weight, use_bias, dtype)

    def __call__(
        self,
        x: Array,
        state: State = sentinel,
        *,
        key: PRNGKeyArray | None = None,
    ) -> Array | tuple[Array, State]:
        """Return `x` normalised, in its own dtype, with `state` in a tuple if that was given.

        `state` is passed through and `key` is ignored; both are there so that this layer can stand
        where a `BatchNorm` could.
        """
        _check_shape("LayerNorm", "layer_norm", self.shape, x)
        wide = _widened(x)
        mean = jnp.mean(wide, keepdims=True)
        out = (wide - mean) * _inverse_deviation(wide, None, self.eps)
        out = _affine(out, self.weight, self.bias).astype(x.dtype)
        return out if state is sentinel else (out, state)


class RMSNorm(Module):
    """Divides an input by the root of its mean square, then applies a trainable weight and bias.

    Computed in at least float32, whatever the dtype of the input.
    """

    shape: tuple[int, ...] = field(static=True)
    eps: float = field(static=True)
    use_weight: bool = field(static=True)
    use_bias: bool = field(static=True)
    weight: Array | None
    bias: Array | None

    def __init__(
        self,
        shape: int | Sequence[int],
        eps: float = 1e-5,
        use_weight: bool = True,
        use_bias: bool = True,
        dtype=None,
    ):
        """Make a weight of ones and a bias of zeros.

        Args:
            shape: Of the input.
            eps: Added to the mean square, so that no division is by zero.
            use_weight: Whether to multiply by a trainable weight of the shape of the input.
            use_bias: Whether to add a trainable bias of the shape of the input.
            dtype: Of weight and bias; by default that of the current precision.
        """
        self.shape = _as_shape("RMSNorm", shape)
        self.eps = eps
        self.use_weight = use_weight
        self.use_bias = use_bias
        self.weight, self.bias = _weight_and_bias(self.shape, use_weight, use_bias, dtype)

    def __call__(
        self,
        x: Array,
        state: State = sentinel,
        *,
        key: PRNGKeyArray | None = None,
    ) -> Array | tuple[Array, State]:
        """Return `x` normalised, in its own dtype, with `state` in a tuple if that was given.

        `state` is passed through and `key` is ignored; both are there so that this layer can stand
        where a `BatchNorm` could.
        """
        _check_shape("RMSNorm", "rms_norm", self.shape, x)
        wide = _widened(x)
        out = jax.lax.rsqrt(jnp.mean(wide**2) + self.eps) * wide
        out = _affine(out, self.weight, self.bias).astype(x.dtype)
        return out if state is sentinel else (out, state)


class GroupNorm(Module):
    """Normalises groups of channels, each to mean 0 and variance 1, then scales each channel.

    The channels are the first axis of the input. Computed in at least float32, whatever the dtype
    of the input.
    """

    groups: int = field(static=True)
    channels: int | None = field(static=True)
    eps: float = field(static=True)
    channelwise_affine: bool = field(static=True)
    weight: Array | None
    bias: Array | None

    def __init__(
        self,
        groups: int,
        channels: int | None = None,
        eps: float = 1e-5,
        channelwise_affine: bool = True,
        dtype=None,
    ):
        """Make a weight of ones and a bias of zeros, one number for each channel.

        Args:
            groups: Into how many groups to divide the channels.
            channels: How many there are; not needed if `channelwise_affine=False`.
            eps: Added to the variance, so that no division is by zero.
            channelwise_affine: Whether to have a trainable weight and bias.
            dtype: Of weight and bias; by default that of the current precision.
        """
        check_sizes(self, least=1, groups=groups)
        if channels is not None:
            check_sizes(self, channels=channels)
        if channels is not None and channels % groups != 0:
            raise ValueError(
                "The number of groups must divide the number of channels: "
                f"`GroupNorm(groups={groups}, channels={channels})` would leave "
                f"{channels % groups} over."
            )
        if channels is None and channelwise_affine:
            raise ValueError(
                "The number of channels should be specified if `channelwise_affine=True`: write "
                f"`GroupNorm({groups}, channels)`, or `channelwise_affine=False` for a layer "
                "without parameters."
            )
        self.groups = groups
        self.channels = channels
        self.eps = eps
        self.channelwise_affine = channelwise_affine
        self.weight, self.bias = _weight_and_bias(
            (channels,), channelwise_affine, channelwise_affine, dtype
        )

    def __call__(
        self, x: Array, state: State = sentinel, *, key: PRNGKeyArray | None = None
    ) -> Array | tuple[Array, State]:
        """Return `x`, of shape `(channels, ...)`, normalised, in its own dtype.

        With `state` in a tuple if that was given. `state` is passed through and `key` is ignored;
        both are there so that this layer can stand where a `BatchNorm` could.
        """
        self._check(x)
        wide = _widened(x)
        grouped = wide.reshape(self.groups, x.shape[0] // self.groups, *x.shape[1:])
        axes = tuple(range(1, grouped.ndim))
        mean = jnp.mean(grouped, axes, keepdims=True)
        out = (grouped - mean) * _inverse_deviation(grouped, axes, self.eps)
        per_channel = (x.shape[0],) + (1,) * (x.ndim - 1)
        out = _affine(
            out.reshape(x.shape),
            None if self.weight is None else self.weight.reshape(per_channel),
            None if self.bias is None else self.bias.reshape(per_channel),
        ).astype(x.dtype)
        return out if state is sentinel else (out, state)

    def _check(self, x: Array) -> None:
        expected = self.channels if self.channelwise_affine else None
        if (
            len(_shape_of("GroupNorm", x)) == 0
            or x.shape[0] % self.groups
            or expected not in (None, x.shape[0])
        ):
            rule = (
                f"a multiple of its {self.groups} groups"
                if expected is None
                else f"its {expected} channels"
            )
            raise ValueError(
                f"The first axis of the input of this `GroupNorm` must be {rule}: `x` is of shape "
                f"{x.shape}. Use `jax.vmap(group_norm)(x)` for a batch."
            )


def _as_shape(layer: str, shape: Any) -> tuple[int, ...]:
    if isinstance(shape, int):
        return (shape,)
    try:
        return tuple(shape)
    except TypeError:
        raise TypeError(
            f"`shape` of `{layer}` must be an `int` or a sequence of them, such as `(3, 4)`: got "
            f"{shape!r}, of type `{type(shape).__name__}`."
        ) from None


def _weight_and_bias(
    shape: Any, use_weight: bool, use_bias: bool, dtype: Any
) -> tuple[Array | None, Array | None]:
    dtype = default_dtype(dtype)
    return (
        jnp.ones(shape, dtype) if use_weight else None,
        jnp.zeros(shape, dtype) if use_bias else None,
    )


def _shape_of(layer: str, x: Any) -> tuple[int, ...]:
    try:
        return x.shape
    except AttributeError:
        raise AttributeError(
            f"`{layer}` takes an array as `x`, and was given a `{type(x).__name__}`. Pass "
            "`jnp.asarray(x)`."
        ) from None


def _check_shape(layer: str, variable: str, shape: tuple[int, ...], x: Array) -> None:
    if _shape_of(layer, x) == shape:
        return
    # A dimension more is what a batch given by mistake looks like; anything else is another fault.
    extra = len(x.shape) - len(shape)
    batch = extra > 0 and x.shape[extra:] == shape
    advice = (
        f"Replace `{variable}(x)` by `{'jax.vmap(' * extra}{variable}{')' * extra}(x)`."
        if batch
        else f"Make it `{layer}({x.shape})`, or give it an input of shape {shape}."
    )
    raise ValueError(
        f"`{layer}(shape)(x)` must satisfy the invariant `shape == x.shape`: got `shape={shape}` "
        f"and `x.shape={x.shape}`. {advice}"
    )


def _widened(x: Array) -> Array:
    """Return `x` in a dtype of at least the precision of float32."""
    with jax.numpy_dtype_promotion("standard"):
        return x.astype(jnp.result_type(x.dtype, jnp.float32))


def _inverse_deviation(x: Array, axes: tuple[int, ...] | None, eps: float) -> Array:
    variance = jnp.maximum(jnp.var(x, axes, keepdims=True), 0.0)
    return jax.lax.rsqrt(variance + eps).astype(x.dtype)


def _affine(x: Array, weight: Array | None, bias: Array | None) -> Array:
    if weight is not None:
        x = weight.astype(x.dtype) * x
    if bias is not None:
        x = x + bias.astype(x.dtype)
    return x
