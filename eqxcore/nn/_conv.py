"""Convolutions and their transposes."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, PRNGKeyArray

from eqxcore._module import Module, field
from eqxcore.nn._arguments import check_key, check_sizes, explain, misfit
from eqxcore.nn._init import uniform
from eqxcore.nn._spatial import paddings, per_dimension

Sizes = int | Sequence[int]
Padding = str | int | Sequence[int] | Sequence[tuple[int, int]]

#: What `jax.numpy.pad` calls the ways of padding.
_MODES = {"ZEROS": "constant", "REFLECT": "reflect", "REPLICATE": "edge", "CIRCULAR": "wrap"}
_PADDINGS = ("SAME", "SAME_LOWER", "VALID")


class Geometry(NamedTuple):
    """How a kernel is laid on its input."""

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: str | tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]
    padding_mode: str


def geometry_of(
    layer: Any,
    count: int,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    padding_mode: str,
) -> Geometry:
    """Return the arguments of a layer in the form in which it keeps them."""
    cls = type(layer).__name__
    if isinstance(padding, str):
        kept: Any = padding.upper()
        if kept not in _PADDINGS:
            raise ValueError(
                f"`{cls}(padding={padding!r})`: as text, `padding` must be one of "
                f"{', '.join(map(repr, _PADDINGS))}."
            )
    else:
        kept = paddings(layer, padding, count)
    mode = padding_mode.upper() if isinstance(padding_mode, str) else padding_mode
    if mode not in _MODES:
        raise ValueError(
            f"`{cls}(padding_mode={padding_mode!r})`: `padding_mode` must be one of "
            f"{', '.join(map(repr, _MODES))}."
        )
    if mode != "ZEROS" and not isinstance(kept, str) and any(min(pair) < 0 for pair in kept):
        raise ValueError(
            f"`{cls}(padding={padding!r}, padding_mode={padding_mode!r})`: negative padding crops "
            "the input, which goes with `padding_mode='ZEROS'` only."
        )
    return Geometry(
        kernel_size=per_dimension(layer, "kernel_size", kernel_size, count),
        stride=per_dimension(layer, "stride", stride, count),
        padding=kept,
        dilation=per_dimension(layer, "dilation", dilation, count),
        padding_mode=mode,
    )


def draw_parameters(
    layer: Any,
    in_channels: int,
    out_channels: int,
    kernel_size: tuple[int, ...],
    groups: int,
    use_bias: bool,
    dtype: Any,
    key: PRNGKeyArray,
) -> list[Any]:
    """Return weight and bias, drawn within `1 / sqrt(n)` of zero for `n` inputs of an output."""
    check_key(layer, key)
    width = in_channels // groups
    return uniform(
        key,
        1 / math.sqrt(width * math.prod(kernel_size)),
        (
            (out_channels, width, *kernel_size),
            (out_channels, *(1 for _ in kernel_size)) if use_bias else None,
        ),
        dtype,
    )


def check_channels(layer: Any, in_channels: int, out_channels: int, groups: int) -> None:
    """Raise an error unless both numbers of channels can be divided into `groups`."""
    check_sizes(layer, least=1, in_channels=in_channels, groups=groups)
    check_sizes(layer, out_channels=out_channels)
    for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
        if channels % groups != 0:
            raise ValueError(
                f"`{type(layer).__name__}({name}={channels}, groups={groups})`: `{name}` "
                f"(={channels}) must be divisible by `groups` (={groups})."
            )


def _dimensions(layer: Any) -> tuple[str, ...]:
    return ("in_channels", *(f"dim_{i}" for i in range(1, layer.num_spatial_dims + 1)))


def check_rank(layer: Any, x: Any) -> None:
    """Raise an error unless `x` has an axis of channels and those that the layer works along."""
    if getattr(x, "ndim", None) != layer.num_spatial_dims + 1:
        kind = ValueError if hasattr(x, "ndim") else TypeError
        raise kind(misfit(layer, "x", x, _dimensions(layer)))


def convolve(layer: Any, x: Array, **options: Any) -> Array:
    """Return the convolution of one example with the layer's weight, plus its bias."""
    try:
        y = lax.conv_general_dilated(
            lax.expand_dims(x, (0,)), layer.weight, feature_group_count=layer.groups, **options
        )
    except (TypeError, ValueError) as error:
        explain(error, layer, x=(x, _dimensions(layer)))
        if isinstance(error, TypeError) and x.dtype != layer.weight.dtype:
            cls, dtype = type(layer).__name__, layer.weight.dtype
            raise TypeError(
                f"`{cls}` has a weight of dtype {dtype}, and was given an `x` of dtype {x.dtype}; "
                f"a convolution is of two arrays of one dtype. Pass `x.astype(jnp.{dtype})`, or "
                f"make the layer by `{cls}(..., dtype=jnp.{x.dtype})`."
            ) from None
        raise
    y = lax.squeeze(y, (0,))
    return y if layer.bias is None else y + layer.bias


def padded(x: Array, pads: Sequence[tuple[int, int]], mode: str) -> Array:
    """Return `x` with its spatial dimensions padded; `mode` is one of a layer's."""
    return jnp.pad(x, ((0, 0), *pads), _MODES[mode])


class Conv(Module):
    """A convolution along any number of spatial dimensions."""

    num_spatial_dims: int = field(static=True)
    weight: Array
    bias: Array | None
    in_channels: int = field(static=True)
    out_channels: int = field(static=True)
    kernel_size: tuple[int, ...] = field(static=True)
    stride: tuple[int, ...] = field(static=True)
    padding: str | tuple[tuple[int, int], ...] = field(static=True)
    dilation: tuple[int, ...] = field(static=True)
    groups: int = field(static=True)
    use_bias: bool = field(static=True)
    padding_mode: str = field(static=True)

    def __init__(
        self,
        num_spatial_dims: int,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Padding = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        use_bias: bool = True,
        padding_mode: str = "ZEROS",
        dtype=None,
        *,
        key: PRNGKeyArray,
    ):
        """Draw weight and bias uniformly, within `1 / sqrt(inputs of each output)` of zero.

        Args:
            num_spatial_dims: 2 for images.
            in_channels: The length of the input along its first dimension.
            out_channels: That of the output.
            kernel_size: One number for all spatial dimensions, or one for each; so are `stride`,
                `dilation` and `padding`.
            stride: The distance between the places to which the kernel is applied.
            padding: What to add at both ends of each dimension; also a pair `(before, after)` for
                each; or `"VALID"` for nothing, or `"SAME"` for what makes the output as long as
                the input if the stride is 1. If that is odd, the additional one comes last, or for
                `"SAME_LOWER"` first.
            dilation: The distance between the inputs that one application of the kernel sees.
            groups: Of the channels, each of which is convolved apart from the others.
            use_bias: Whether to add a bias.
            padding_mode: What the padding consists of: `"ZEROS"`, for `1234` as in `00123400`;
                `"REFLECT"`, as in `32123432`; `"REPLICATE"`, as in `11123444`; or `"CIRCULAR"`, as
                in `34123412`.
            dtype: Of weight and bias; by default that of the current precision.
            key: For the initial values.
        """
        check_sizes(self, num_spatial_dims=num_spatial_dims)
        check_channels(self, in_channels, out_channels, groups)
        geometry = geometry_of(
            self, num_spatial_dims, kernel_size, stride, padding, dilation, padding_mode
        )
        self.weight, self.bias = draw_parameters(
            self,
            in_channels,
            out_channels,
            geometry.kernel_size,
            groups,
            use_bias,
            dtype,
            key,
        )
        self.num_spatial_dims = num_spatial_dims
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = geometry.kernel_size
        self.stride = geometry.stride
        self.padding = geometry.padding
        self.dilation = geometry.dilation
        self.groups = groups
        self.use_bias = use_bias
        self.padding_mode = geometry.padding_mode

    def __call__(self, x: Array, *, key: PRNGKeyArray | None = None) -> Array:
        """Return the output for one input of shape `(in_channels, dim_1, ..., dim_n)`.

        Use `jax.vmap` for a batch. `key` is ignored; it is there because every layer takes one.
        """
        check_rank(self, x)
        padding = self.padding
        if self.padding_mode != "ZEROS" and padding != "VALID":
            if isinstance(padding, str):
                reach = [
                    d * (k - 1) + 1 for d, k in zip(self.dilation, self.kernel_size, strict=True)
                ]
                pads = lax.padtype_to_pads(x.shape[1:], reach, self.stride, padding)
            else:
                pads = padding
            x = padded(x, pads, self.padding_mode)
            padding = "VALID"
        return convolve(
            self,
            x,
            window_strides=self.stride,
            padding=padding,
            rhs_dilation=self.dilation,
        )


class Conv1d(Conv):
    """`Conv` along one spatial dimension."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Padding = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        use_bias: bool = True,
        padding_mode: str = "ZEROS",
        dtype=None,
        *,
        key: PRNGKeyArray,
    ):
        """Make a `Conv` with `num_spatial_dims=1`, whose arguments these are."""
        super().__init__(
            num_spatial_dims=1,
            in_channels=in_channels,
            out_channels=out_channels,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
            use_bias=use_bias,
            padding_mode=padding_mode,
            dtype=dtype,
            key=key,
        )


class Conv2d(Conv):
    """`Conv` along two spatial dimensions."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = (1, 1),
        padding: Padding = (0, 0),
        dilation: Sizes = (1, 1),
        groups: int = 1,
        use_bias: bool = True,
        padding_mode: str = "ZEROS",
        dtype=None,
        *,
        key: PRNGKeyArray,
    ):
        """Make a `Conv` with `num_spatial_dims=2`, whose arguments these are."""
        super().__init__(
            num_spatial_dims=2,
            in_channels=in_channels,
            out_channels=out_channels,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
            use_bias=use_bias,
            padding_mode=padding_mode,
            dtype=dtype,
            key=key,
        )


class Conv3d(Conv):
    """`Conv` along three spatial dimensions."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = (1, 1, 1),
        padding: Padding = (0, 0, 0),
        dilation: Sizes = (1, 1, 1),
        groups: int = 1,
        use_bias: bool = True,
        padding_mode: str = "ZEROS",
        dtype=None,
        *,
        key: PRNGKeyArray,
    ):
        """Make a `Conv` with `num_spatial_dims=3`, whose arguments these are."""
        super().__init__(
            num_spatial_dims=3,
            in_channels=in_channels,
            out_channels=out_channels,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
            use_bias=use_bias,
            padding_mode=padding_mode,
            dtype=dtype,
            key=key,
        )
