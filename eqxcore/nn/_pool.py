"""Pooling: one value for each window that slides over the input."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, PRNGKeyArray

from eqxcore._filters import is_array
from eqxcore._module import Module, field
from eqxcore.nn._arguments import check_sizes, misfit
from eqxcore.nn._spatial import paddings, per_dimension

Sizes = int | Sequence[int]
Padding = int | Sequence[int] | Sequence[tuple[int, int]]


class Pool(Module):
    """A reduction over windows along any number of spatial dimensions.

    It can be differentiated if the reduction is `jax.lax.add`, `jax.lax.max` or `jax.lax.min`, and
    `init` the value that changes nothing.
    """

    init: int | float | Array
    operation: Callable[[Array, Array], Array]
    num_spatial_dims: int = field(static=True)
    kernel_size: tuple[int, ...] = field(static=True)
    stride: tuple[int, ...] = field(static=True)
    padding: tuple[tuple[int, int], ...] = field(static=True)
    use_ceil: bool = field(static=True)

    def __init__(
        self,
        init: int | float | Array,
        operation: Callable[[Array, Array], Array],
        num_spatial_dims: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Padding = 0,
        use_ceil: bool = False,
    ):
        """Keep the settings.

        Args:
            init: What the reduction of each window starts with, and what the padding consists of.
            operation: Combines two values.
            num_spatial_dims: 2 for images.
            kernel_size: The size of a window: one number for all spatial dimensions, or one for
                each; so are `stride` and `padding`.
            stride: The distance between windows.
            padding: What to add at both ends of each dimension; also a pair `(before, after)` for
                each.
            use_ceil: Add padding at the end, so that the last window takes in what is left there;
                otherwise it is dropped.
        """
        check_sizes(self, num_spatial_dims=num_spatial_dims)
        self.init = init
        self.operation = operation
        self.num_spatial_dims = num_spatial_dims
        self.kernel_size = per_dimension(self, "kernel_size", kernel_size, num_spatial_dims)
        self.stride = per_dimension(self, "stride", stride, num_spatial_dims)
        self.padding = paddings(self, padding, num_spatial_dims)
        self.use_ceil = use_ceil

    def __call__(self, x: Array, *, key: PRNGKeyArray | None = None) -> Array:
        """Return the output for one input of shape `(channels, dim_1, ..., dim_n)`.

        Use `jax.vmap` for a batch. `key` is ignored; it is there because every layer takes one.
        """
        _check_rank(self, x, self.num_spatial_dims, AssertionError)
        padding = self.padding
        if self.use_ceil:
            padding = tuple(map(_up_to_last, x.shape[1:], padding, self.kernel_size, self.stride))
        return lax.reduce_window(
            x,
            self.init if is_array(self.init) else _of_dtype(self.init, x.dtype),
            self.operation,
            window_dimensions=(1, *self.kernel_size),
            window_strides=(1, *self.stride),
            padding=((0, 0), *padding),
        )


def _check_rank(layer: Any, x: Any, num_spatial_dims: int, kind: type[Exception]) -> None:
    if getattr(x, "ndim", None) != num_spatial_dims + 1:
        spatial = (f"dim_{i}" for i in range(1, num_spatial_dims + 1))
        message = misfit(layer, "x", x, ("channels", *spatial))
        raise (kind if hasattr(x, "ndim") else TypeError)(message)


def _of_dtype(init: Any, dtype: Any) -> Any:
    """Return a number as one of `dtype`, as a reduction takes it, if it can be one."""
    if not isinstance(init, (int, float, complex)):
        return init
    with np.errstate(invalid="ignore"):  # infinity as an integer; it stays what it is
        cast = np.asarray(init).astype(dtype)
    return cast if cast == init or jnp.issubdtype(dtype, jnp.inexact) else init


def _up_to_last(size: int, padding: tuple[int, int], kernel: int, stride: int) -> tuple[int, int]:
    """Return `padding` with what is needed for windows to take in the last element."""
    before, after = padding
    left_over = (size + before + after - kernel) % stride
    if left_over:
        after += stride - left_over
    if max(before, after) > kernel or (left_over and after >= kernel):
        raise RuntimeError(
            f"With `use_ceil=True` a dimension of size {size} would be padded by {before} before "
            f"and {after} after, which is more than a window of `kernel_size` {kernel} can "
            f"straddle at `stride` {stride}: it would see nothing but padding. Use `stride <= "
            "kernel_size` and less `padding`."
        )
    return before, after


class _AvgPool(Pool):
    """The mean of each window, padding included."""

    def __init__(
        self,
        num_spatial_dims: int,
        kernel_size: Sizes,
        stride: Sizes,
        padding: Padding,
        use_ceil: bool,
    ):
        super().__init__(
            init=0,
            operation=lax.add,
            num_spatial_dims=num_spatial_dims,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            use_ceil=use_ceil,
        )

    def __call__(self, x: Array, *, key: PRNGKeyArray | None = None) -> Array:
        """Return the means, as `Pool` does; those of integers are floating-point numbers."""
        return super().__call__(x) / math.prod(self.kernel_size)


class AvgPool1d(_AvgPool):
    """The mean of each window, along one spatial dimension."""

    def __init__(
        self, kernel_size: Sizes, stride: Sizes = 1, padding: Padding = 0, use_ceil: bool = False
    ):
        """Make a `Pool` with `num_spatial_dims=1`, whose arguments these are."""
        super().__init__(1, kernel_size, stride, padding, use_ceil)


class AvgPool2d(_AvgPool):
    """The mean of each window, along two spatial dimensions."""

    def __init__(
        self, kernel_size: Sizes, stride: Sizes = 1, padding: Padding = 0, use_ceil: bool = False
    ):
        """Make a `Pool` with `num_spatial_dims=2`, whose arguments these are."""
        super().__init__(2, kernel_size, stride, padding, use_ceil)


class AvgPool3d(_AvgPool):
    """The mean of each window, along three spatial dimensions."""

    def __init__(
        self, kernel_size: Sizes, stride: Sizes = 1, padding: Padding = 0, use_ceil: bool = False
    ):
        """Make a `Pool` with `num_spatial_dims=3`, whose arguments these are."""
        super().__init__(3, kernel_size, stride, padding, use_ceil)


class _MaxPool(Pool):
    """The maximum of each window."""

    def __init__(
        self,
        num_spatial_dims: int,
        kernel_size: Sizes,
        stride: Sizes,
        padding: Padding,
        use_ceil: bool,
    ):
        super().__init__(
            init=-jnp.inf,
            operation=lax.max,
            num_spatial_dims=num_spatial_dims,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            use_ceil=use_ceil,
        )


class MaxPool1d(_MaxPool):
    """The maximum of each window, along one spatial dimension."""

    def __init__(
        self, kernel_size: Sizes, stride: Sizes = 1, padding: Padding = 0, use_ceil: bool = False
    ):
        """Make a `Pool` with `num_spatial_dims=1`, whose arguments these are."""
        super().__init__(1, kernel_size, stride, padding, use_ceil)


class MaxPool2d(_MaxPool):
    """The maximum of each window, along two spatial dimensions."""

    def __init__(
        self, kernel_size: Sizes, stride: Sizes = 1, padding: Padding = 0, use_ceil: bool = False
    ):
        """Make a `Pool` with `num_spatial_dims=2`, whose arguments these are."""
        super().__init__(2, kernel_size, stride, padding, use_ceil)


class MaxPool3d(_MaxPool):
    """The maximum of each window, along three spatial dimensions."""

    def __init__(
        self, kernel_size: Sizes, stride: Sizes = 1, padding: Padding = 0, use_ceil: bool = False
    ):
        """Make a `Pool` with `num_spatial_dims=3`, whose arguments these are."""
        super().__init__(3, kernel_size, stride, padding, use_ceil)


class AdaptivePool(Module):
    """A reduction of each spatial dimension to a given size, by windows of almost equal lengths."""

    target_shape: tuple[int, ...] = field(static=True)
    operation: Callable

    def __init__(
        self, target_shape: Sizes, num_spatial_dims: int, operation: Callable[[Array], Array]
    ):
        """Keep the settings.

        Args:
            target_shape: The size of the output along each spatial dimension, or along all.
            num_spatial_dims: 2 for images.
            operation: Makes one number of a vector. It is applied along one dimension after the
                other.
        """
        check_sizes(self, num_spatial_dims=num_spatial_dims)
        self.target_shape = per_dimension(self, "target_shape", target_shape, num_spatial_dims)
        self.operation = operation

    def __call__(self, x: Array, *, key: PRNGKeyArray | None = None) -> Array:
        """Return the output, of shape `(channels, *target_shape)`, for one input.

        Use `jax.vmap` for a batch. `key` is ignored; it is there because every layer takes one.
        """
        _check_rank(self, x, len(self.target_shape), ValueError)
        for axis, target in enumerate(self.target_shape, start=1):
            x = self._reduced(x, axis, target)
        return x

    def _reduced(self, x: Array, axis: int, target: int) -> Array:
        """Return `x` reduced to `target` elements along `axis`, longer windows coming first."""
        size = x.shape[axis]
        if size < target:
            raise ValueError(
                f"`{type(self).__name__}(target_shape={self.target_shape})` makes {target} elements"
                f" of a dimension, and was given an `x` of shape `{x.shape}`, which has {size} "
                "there. Pooling makes fewer; `jax.image.resize` makes more."
            )
        length, n_longer = divmod(size, target)
        end = n_longer * (length + 1)
        parts = [
            self._windows(lax.slice_in_dim(x, start, stop, axis=axis), axis, width)
            for start, stop, width in ((0, end, length + 1), (end, size, length))
            if start < stop
        ]
        return jnp.concatenate(parts, axis=axis) if len(parts) > 1 else parts[0]

    def _windows(self, x: Array, axis: int, length: int) -> Array:
        """Return the reduction of each window of `length` elements along `axis`."""
        moved = jnp.moveaxis(x, axis, -1)
        count = moved.shape[-1] // length
        windows = moved.reshape(math.prod(moved.shape[:-1]) * count, length)
        values = jax.vmap(self.operation)(windows)
        if jnp.shape(values) != windows.shape[:1]:
            raise TypeError(
                f"The operation of `{type(self).__name__}` must make one number of a vector of "
                f"shape `{windows.shape[1:]}`, and made an array of shape "
                f"`{jnp.shape(values)[1:]}`. Use one like `jnp.max` or `jnp.mean`."
            )
        return jnp.moveaxis(values.reshape(*moved.shape[:-1], count), -1, axis)


class AdaptiveAvgPool1d(AdaptivePool):
    """The means of windows, as many as wanted, along one spatial dimension."""

    def __init__(self, target_shape: Sizes):
        """Make an `AdaptivePool` with `num_spatial_dims=1`."""
        super().__init__(target_shape, num_spatial_dims=1, operation=jnp.mean)


class AdaptiveAvgPool2d(AdaptivePool):
    """The means of windows, as many as wanted, along two spatial dimensions."""

    def __init__(self, target_shape: Sizes):
        """Make an `AdaptivePool` with `num_spatial_dims=2`."""
        super().__init__(target_shape, num_spatial_dims=2, operation=jnp.mean)


class AdaptiveAvgPool3d(AdaptivePool):
    """The means of windows, as many as wanted, along three spatial dimensions."""

    def __init__(self, target_shape: Sizes):
        """Make an `AdaptivePool` with `num_spatial_dims=3`."""
        super().__init__(target_shape, num_spatial_dims=3, operation=jnp.mean)


class AdaptiveMaxPool1d(AdaptivePool):
    """The maxima of windows, as many as wanted, along one spatial dimension."""

    def __init__(self, target_shape: Sizes):
        """Make an `AdaptivePool` with `num_spatial_dims=1`."""
        super().__init__(target_shape, num_spatial_dims=1, operation=jnp.max)


class AdaptiveMaxPool2d(AdaptivePool):
    """The maxima of windows, as many as wanted, along two spatial dimensions."""

    def __init__(self, target_shape: Sizes):
        """Make an `AdaptivePool` with `num_spatial_dims=2`."""
        super().__init__(target_shape, num_spatial_dims=2, operation=jnp.max)


class AdaptiveMaxPool3d(AdaptivePool):
    """The maxima of windows, as many as wanted, along three spatial dimensions."""

    def __init__(self, target_shape: Sizes):
        """Make an `AdaptivePool` with `num_spatial_dims=3`."""
        super().__init__(target_shape, num_spatial_dims=3, operation=jnp.max)
