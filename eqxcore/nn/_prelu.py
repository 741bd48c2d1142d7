"""The rectified linear unit with a leak that is learnt."""

import jax.numpy as jnp
from jaxtyping import Array

from eqxcore._module import Module


class PReLU(Module):
    """The elementwise function `x -> max(x, 0) + negative_slope * min(x, 0)`."""

    negative_slope: Array

    def __init__(self, init_alpha: float | Array | None = 0.25):
        """Keep the slope, one number or an array whose shape broadcasts to that of the input.

        Args:
            init_alpha: The initial value of the negative slope; `None` for the usual 0.25.
        """
        self.negative_slope = jnp.array(0.25 if init_alpha is None else init_alpha)

    def __call__(self, x: Array) -> Array:
        """Return the function of each element of `x`."""
        slope = self.negative_slope
        shape = jnp.shape(x)
        if slope.ndim != len(shape) and slope.ndim > 0 < len(shape):
            # Said explicitly, since `jax_numpy_rank_promotion` may forbid doing it silently.
            both = jnp.broadcast_shapes(slope.shape, shape)
            slope, x = jnp.broadcast_to(slope, both), jnp.broadcast_to(x, both)
        try:
            return jnp.where(x >= 0, x, slope * x)
        except (TypeError, ValueError) as error:
            error.add_note(
                f"`PReLU.negative_slope` is of shape {slope.shape}, and `x` of shape {shape}: make "
                "it with one slope, or with one for each element."
            )
            raise
