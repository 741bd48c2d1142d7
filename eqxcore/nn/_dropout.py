"""Dropout."""

import warnings

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, PRNGKeyArray

from eqxcore._filters import is_array
from eqxcore._module import Module


class Dropout(Module):
    """Sets elements of its input to zero at random in training; does nothing in inference.

    `inference_mode` switches all such layers of a model between the two.
    """

    p: float
    inference: bool

    def __init__(
        self,
        p: float = 0.5,
        inference: bool = False,
        *,
        deterministic: bool | None = None,
    ):
        """Keep the settings.

        Args:
            p: The fraction of elements to set to zero; the others are scaled to keep the mean.
            inference: Whether to leave the input as it is.
            deterministic: The deprecated name of `inference`.
        """
        if deterministic is not None:
            warn_deterministic("Dropout", stacklevel=4)  # the metaclass's call lies between
            inference = deterministic
        self.p = p
        self.inference = inference

    @property
    def deterministic(self) -> bool:
        """The deprecated name of `inference`."""
        return self.inference

    def __call__(
        self,
        x: Array,
        *,
        key: PRNGKeyArray | None = None,
        inference: bool | None = None,
        deterministic: bool | None = None,
    ) -> Array:
        """Return `x` with elements dropped out.

        Args:
            key: Says which elements; not needed in inference or for `p=0`.
            inference: Takes the place of the layer's own flag where given.
            deterministic: The deprecated name of `inference`.

        Raises:
            RuntimeError: If a key is needed and there is none.
        """
        if deterministic is not None:
            warn_deterministic("Dropout()", stacklevel=3)
            inference = deterministic
        if inference is None:
            inference = self.inference
        if isinstance(self.p, (int, float)) and self.p == 0:
            inference = True
        if inference:
            return x
        if key is None:
            raise RuntimeError(
                "Dropout requires a key when running in non-deterministic mode: call it with "
                "`key=...`, or switch it off with `inference_mode(model)` or `inference=True`."
            )
        # The fraction is not trained, not even where it is an array.
        q = 1 - (jax.lax.stop_gradient(self.p) if is_array(self.p) else self.p)
        mask = jr.bernoulli(key, q, x.shape)
        return jnp.where(mask, x / q, 0)


def warn_deterministic(name: str, stacklevel: int) -> None:
    """Warn that the argument `deterministic` of `name` is now called `inference`."""
    warnings.warn(
        f"{name}(deterministic=...) is deprecated in favour of {name}(inference=...)",
        stacklevel=stacklevel,
    )
