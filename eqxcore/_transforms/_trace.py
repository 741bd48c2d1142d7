"""What JAX is doing at the moment. The one place that asks JAX for more than it documents."""

import jax.extend.core


def under_jit() -> bool:
    """Return `True` if the caller runs because `jax.jit`, or something like it, traces it."""
    # The warning in the name is for those whose result depends on it; here it is who is told.
    return jax.extend.core.unsafe_am_i_under_a_jit_DO_NOT_USE()  # pyright: ignore[reportPrivateImportUsage] - as said
