"""The rectified linear unit with a leak that is learnt."""

import jax
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
        try:
            if slope.ndim > 0 and getattr(x, "ndim", 0) not in (0, slope.ndim):
                # Said explicitly, since `jax_numpy_rank_promotion` may forbid doing it silently.
                slope, x = jnp.broadcast_arrays(slope, x)
            # The dtypes of input and slope may differ.
            with jax.numpy_dtype_promotion("standard"):
                return jnp.where(x >= 0, x, slope * x)
        except (TypeError, ValueError) as error:
            given = f"of shape {x.shape}" if hasattr(x, "shape") else f"a `{type(x).__name__}`"
            error.add_note(
                f"`PReLU.negative_slope` is of shape {slope.shape}, and `x` {given}: make "
                "it with one slope, or with one for each element."
            )
            raise
