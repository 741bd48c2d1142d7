"""Spectral normalisation: a weight divided by its largest singular value."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, PRNGKeyArray

from eqxcore._module import field
from eqxcore.nn._arguments import check_key
from eqxcore.nn._init import split
from eqxcore.nn._named_weight import named_weight, with_weight
from eqxcore.nn._sequential import StatefulLayer
from eqxcore.nn._state import State, StateIndex, check_state

_Layer = TypeVar("_Layer", bound=Callable)

_INITIAL_ITERATIONS = 15


def _unit(x: Array, squares: Array, eps: float | Array) -> Array:
    return x / jnp.maximum(jnp.sqrt(jnp.sum(squares)), eps)


def _power_iteration(matrix: Array, v: Array, eps: float) -> tuple[Array, Array]:
    """Return better approximations of the first left and right singular vectors of `matrix`."""
    image = matrix @ v
    u = _unit(image, image**2, eps)
    image = matrix.T @ u
    return u, _unit(image, image**2, eps)


# The pieces of an iteration that are rounded alike compiled and not: an iteration compiled as a
# whole gives initial values that differ in the last bit from those computed step by step, as
# Equinox does. The transposed matrix is an argument for the same reason.
_compiled_unit = jax.jit(_unit)


@jax.jit
def _image_and_squares(matrix: Array, v: Array) -> tuple[Array, Array]:
    image = matrix @ v
    return image, image**2


def _first_vectors(matrix: Array, v: Array, eps: float) -> tuple[Array, Array]:
    """Return what 15 power iterations make of the random vector `v`."""
    transposed = matrix.T
    u = v  # of which the first iteration makes no use
    for _ in range(_INITIAL_ITERATIONS):
        u = _compiled_unit(*_image_and_squares(matrix, v), eps)
        v = _compiled_unit(*_image_and_squares(transposed, u), eps)
    return u, v


class SpectralNorm(StatefulLayer, Generic[_Layer]):
    """Calls a layer with one of its weights divided by its largest singular value.

    It is approximated: in training each call takes power iterations, whose vectors are kept in the
    state; in inference they stay as they are. `inference_mode` switches between the two.
    """

    layer: _Layer
    weight_name: str = field(static=True)
    uv_index: StateIndex[tuple[Array, Array]]
    num_power_iterations: int = field(static=True)
    eps: float = field(static=True)
    inference: bool

    def __init__(
        self,
        layer: _Layer,
        weight_name: str,
        num_power_iterations: int = 1,
        eps: float = 1e-12,
        inference: bool = False,
        *,
        key: PRNGKeyArray,
    ):
        """Start from random vectors, improved by 15 power iterations.

        Args:
            layer: The layer to wrap.
            weight_name: Which attribute of it is the weight: an array of two or more axes, all but
                the first of which are taken as one.
            num_power_iterations: For each call in training.
            eps: The least length by which a vector is divided.
            inference: Whether to leave the state as it is.
            key: For the random vectors.
        """
        check_key(self, key)
        weight = named_weight("SpectralNorm", layer, weight_name)
        if weight.ndim < 2:
            raise ValueError(
                f"`weight` must be at least two-dimensional: `{weight_name}` of this "
                f"`{type(layer).__name__}` is of shape {weight.shape}, and `SpectralNorm` needs a "
                "matrix or a kernel."
            )
        matrix = _as_matrix(weight)
        v = jr.normal(split(key, 2)[1], matrix.shape[1:], matrix.dtype)
        self.layer = layer
        self.weight_name = weight_name
        self.uv_index = StateIndex(_first_vectors(matrix, v, eps))
        self.num_power_iterations = num_power_iterations
        self.eps = eps
        self.inference = inference

    def __call__(
        self,
        x: Array,
        state: State,
        *,
        key: PRNGKeyArray | None = None,
        inference: bool | None = None,
    ) -> tuple[Array, State]:
        """Return `layer(x)` with the weight normalised, and the new state.

        Args:
            state: Holds the vectors of the power iterations.
            key: Ignored.
            inference: Takes the place of the layer's own flag where given.
        """
        check_state("SpectralNorm", state)
        if inference is None:
            inference = self.inference
        weight: Any = getattr(self.layer, self.weight_name)
        matrix = _as_matrix(weight)
        u, v = state.get(self.uv_index)
        if not inference:
            # The vectors are constants to the gradient, which is that of the singular value.
            fixed = jax.lax.stop_gradient(matrix)
            for _ in range(self.num_power_iterations):
                u, v = _power_iteration(fixed, v, self.eps)
            state = state.set(self.uv_index, (u, v))
        sigma = u @ matrix @ v
        normalised = (matrix / sigma).reshape(weight.shape)
        return with_weight(self.layer, self.weight_name, normalised)(x), state


def _as_matrix(weight: Array) -> Array:
    return weight.reshape(weight.shape[0], -1) if weight.ndim > 2 else weight
