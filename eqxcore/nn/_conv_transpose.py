"""Transposed convolutions."""

from typing import Any

from jaxtyping import Array, PRNGKeyArray

from eqxcore._module import Module, field
from eqxcore.nn._arguments import check_sizes
from eqxcore.nn._conv import (
    Geometry,
    Padding,
    Sizes,
    check_channels,
    check_rank,
    convolve,
    draw_parameters,
    geometry_of,
    padded,
)
from eqxcore.nn._spatial import per_dimension


def _ends(
    kernel: int,
    stride: int,
    padding: str | tuple[int, int],
    dilation: int,
    output_padding: int,
) -> tuple[int, int]:
    """Return what to pad along a dimension, once its elements have been set `stride` apart."""
    reach = dilation * (kernel - 1)
    if isinstance(padding, tuple):
        before, after = padding
        return reach - before, reach - after + output_padding
    # What "SAME" pads for the convolution from `stride * n - output_padding` elements to `n`.
    total = max(reach + 1 - stride + output_padding, 0)
    before = total // 2 if padding == "SAME" else total - total // 2
    return reach - before, stride - 1 - output_padding + before


class ConvTranspose(Module):
    """A transposed convolution: from the shape of a convolution's output to that of its input."""

    num_spatial_dims: int = field(static=True)
    weight: Array
    bias: Array | None
    in_channels: int = field(static=True)
    out_channels: int = field(static=True)
    kernel_size: tuple[int, ...] = field(static=True)
    stride: tuple[int, ...] = field(static=True)
    padding: str | tuple[tuple[int, int], ...] = field(static=True)
    output_padding: tuple[int, ...] = field(static=True)
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
        output_padding: Sizes = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        use_bias: bool = True,
        padding_mode: str = "ZEROS",
        dtype=None,
        *,
        key: PRNGKeyArray,
    ):
        """Draw weight and bias uniformly, within `1 / sqrt(inputs of each output)` of zero.

        The arguments are those of the `Conv` whose shapes are to be undone, but for the numbers of
        channels, which are this layer's own.

        Args:
            num_spatial_dims: 2 for images.
            in_channels: The length of the input along its first dimension.
            out_channels: That of the output.
            kernel_size: One number for all spatial dimensions, or one for each; so are `stride`,
                `dilation`, `padding` and `output_padding`.
            stride: That of the convolution: by how much the output is longer than the input.
            padding: That of the convolution, in all of its forms.
            output_padding: Which of the lengths is meant, where a convolution with a stride makes
                the same of several. Less than the stride. It makes the output longer, or shorter
                for the paddings `"SAME"` and `"SAME_LOWER"`.
            dilation: The distance between the outputs that one input has a part in.
            groups: Of the channels, each of which is convolved apart from the others.
            use_bias: Whether to add a bias.
            padding_mode: `"ZEROS"`, or `"CIRCULAR"` where `padding` is `"SAME"` or `"SAME_LOWER"`
                and there is no `output_padding`.
            dtype: Of weight and bias; by default that of the current precision.
            key: For the initial values.
        """
        check_sizes(self, num_spatial_dims=num_spatial_dims)
        check_channels(self, in_channels, out_channels, groups)
        geometry = geometry_of(
            self, num_spatial_dims, kernel_size, stride, padding, dilation, padding_mode
        )
        extra = per_dimension(self, "output_padding", output_padding, num_spatial_dims, least=None)
        _check_output(self, geometry, extra)
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
        self.output_padding = extra
        self.dilation = geometry.dilation
        self.groups = groups
        self.use_bias = use_bias
        self.padding_mode = geometry.padding_mode

    def __call__(self, x: Array, *, key: PRNGKeyArray | None = None) -> Array:
        """Return the output for one input of shape `(in_channels, dim_1, ..., dim_n)`.

        Use `jax.vmap` for a batch. `key` is ignored; it is there because every layer takes one.
        """
        check_rank(self, x)
        if self.padding == "VALID":
            padding: Any = ((0, 0),) * self.num_spatial_dims
        elif isinstance(self.padding, str):
            padding = (self.padding,) * self.num_spatial_dims
        else:
            padding = self.padding
        ends = tuple(
            map(_ends, self.kernel_size, self.stride, padding, self.dilation, self.output_padding)
        )
        if self.padding_mode == "CIRCULAR":
            # As much as can be is taken from the other end; the rest lies between elements.
            split = [
                (divmod(before, stride), divmod(after, stride))
                for (before, after), stride in zip(ends, self.stride, strict=True)
            ]
            x = padded(x, [(before[0], after[0]) for before, after in split], self.padding_mode)
            ends = tuple((before[1], after[1]) for before, after in split)
        return convolve(
            self,
            x,
            window_strides=(1,) * self.num_spatial_dims,
            padding=ends,
            lhs_dilation=self.stride,
            rhs_dilation=self.dilation,
        )


def _check_output(
    layer: ConvTranspose, geometry: Geometry, output_padding: tuple[int, ...]
) -> None:
    cls, mode, padding = type(layer).__name__, geometry.padding_mode, geometry.padding
    if any(extra >= s for extra, s in zip(output_padding, geometry.stride, strict=True)):
        raise ValueError(
            f"`{cls}(stride={geometry.stride}, output_padding={output_padding})`: `output_padding` "
            "must be less than `stride` in each dimension, for more is another stride's."
        )
    if mode in ("REFLECT", "REPLICATE"):
        raise NotImplementedError(
            f"`{cls}(padding_mode={mode!r})` is not implemented: use 'ZEROS' or 'CIRCULAR'."
        )
    if mode == "CIRCULAR" and padding not in ("SAME", "SAME_LOWER"):
        raise NotImplementedError(
            f"`{cls}(padding={padding!r}, padding_mode='CIRCULAR')` is not implemented: with "
            "'CIRCULAR', `padding` must be 'SAME' or 'SAME_LOWER'."
        )
    if mode == "CIRCULAR" and any(output_padding):
        raise NotImplementedError(
            f"`{cls}(output_padding={output_padding}, padding_mode='CIRCULAR')` is not "
            "implemented: with 'CIRCULAR', `output_padding` must be 0."
        )


class ConvTranspose1d(ConvTranspose):
    """`ConvTranspose` along one spatial dimension."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        output_padding: Sizes = 0,
        padding: Padding = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        use_bias: bool = True,
        padding_mode: str = "ZEROS",
        dtype=None,
        *,
        key: PRNGKeyArray,
    ):
        """Make a `ConvTranspose` with `num_spatial_dims=1`, whose arguments these are."""
        super().__init__(
            num_spatial_dims=1,
            in_channels=in_channels,
            out_channels=out_channels,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            output_padding=output_padding,
            dilation=dilation,
            groups=groups,
            use_bias=use_bias,
            padding_mode=padding_mode,
            dtype=dtype,
            key=key,
        )


class ConvTranspose2d(ConvTranspose):
    """`ConvTranspose` along two spatial dimensions."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = (1, 1),
        output_padding: Sizes = (0, 0),
        padding: Padding = (0, 0),
        dilation: Sizes = (1, 1),
        groups: int = 1,
        use_bias: bool = True,
        padding_mode: str = "ZEROS",
        dtype=None,
        *,
        key: PRNGKeyArray,
    ):
        """Make a `ConvTranspose` with `num_spatial_dims=2`, whose arguments these are."""
        super().__init__(
            num_spatial_dims=2,
            in_channels=in_channels,
            out_channels=out_channels,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            output_padding=output_padding,
            dilation=dilation,
            groups=groups,
            use_bias=use_bias,
            padding_mode=padding_mode,
            dtype=dtype,
            key=key,
        )


class ConvTranspose3d(ConvTranspose):
    """`ConvTranspose` along three spatial dimensions."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = (1, 1, 1),
        output_padding: Sizes = (0, 0, 0),
        padding: Padding = (0, 0, 0),
        dilation: Sizes = (1, 1, 1),
        groups: int = 1,
        use_bias: bool = True,
        padding_mode: str = "ZEROS",
        dtype=None,
        *,
        key: PRNGKeyArray,
    ):
        """Make a `ConvTranspose` with `num_spatial_dims=3`, whose arguments these are."""
        super().__init__(
            num_spatial_dims=3,
            in_channels=in_channels,
            out_channels=out_channels,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            output_padding=output_padding,
            dilation=dilation,
            groups=groups,
            use_bias=use_bias,
            padding_mode=padding_mode,
            dtype=dtype,
            key=key,
        )
