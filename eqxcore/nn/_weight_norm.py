"""Weight normalisation: a weight kept as direction and length."""

import functools as ft
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from eqxcore._module import Module, field
from eqxcore.nn._named_weight import named_weight, with_weight

_Layer = TypeVar("_Layer", bound=Callable)


def _norm_except_axis(v: Array, norm: Callable[[Array], Array], axis: int | None) -> Array:
    if axis is None:
        return norm(v)
    return jax.vmap(norm, in_axes=axis, out_axes=axis)(v)


@ft.cache  # one for each axis: functions are compared by identity, and layers by their functions
def _norm(axis: int | None) -> Callable[[Array], Array]:
    return ft.partial(_norm_except_axis, norm=ft.partial(jnp.linalg.norm, keepdims=True), axis=axis)


@ft.cache
def _compiled_norm(axis: int | None) -> Callable[[Array], Array]:
    return jax.jit(_norm(axis))


class WeightNorm(Module, Generic[_Layer]):
    """Calls a layer with one of its weights rescaled: to the lengths `g`, which are trained.

    The weight `v` of the layer itself gives the direction alone: it is used as `g * v / |v|`. At
    first this is `v`.
    """

    layer: _Layer
    g: Array
    weight_name: str = field(static=True)
    axis: int | None = field(static=True)
    _norm: Callable[[Array], Array]

    def __init__(self, layer: _Layer, weight_name: str = "weight", axis: int | None = 0):
        """Set `g` to the lengths that the weight has.

        Args:
            layer: The layer to wrap.
            weight_name: Which attribute of it is the weight.
            axis: The axis along which there is a length for each index, computed over all other
                axes; `None` for one length of the whole weight.
        """
        weight = named_weight("WeightNorm", layer, weight_name)
        if isinstance(axis, int) and not -weight.ndim <= axis < weight.ndim:
            raise ValueError(
                f"`axis={axis}` of `WeightNorm` is not an axis of `{weight_name}`, which is of "
                f"shape {weight.shape}."
            )
        if axis is not None and not isinstance(axis, int):
            raise TypeError(f"`axis` of `WeightNorm` must be an `int` or `None`: got {axis!r}.")
        self.layer = layer
        self.weight_name = weight_name
        self.axis = axis
        self._norm = _norm(axis)
        self.g = _compiled_norm(axis)(weight)

    def __call__(self, x: Array, *, key: PRNGKeyArray | None = None) -> Array:
        """Return `layer(x)` with the weight rescaled; `key` is ignored."""
        v: Any = getattr(self.layer, self.weight_name)
        with jax.numpy_dtype_promotion("standard"):
            weight = v * self.g / self._norm(v)
        return with_weight(self.layer, self.weight_name, weight)(x)
