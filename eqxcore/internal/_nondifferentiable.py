"""Refusing to be differentiated."""

from typing import Any

import jax
import jax.tree_util as jtu

from eqxcore._filters import combine, is_array, partition


def nondifferentiable(x: Any, *, name: str | None = None, msg: str | None = None) -> Any:
    """Return `x`, and raise an error if its arrays are differentiated, forward or backward.

    Args:
        name: What the error calls `x`.
        msg: The message of the error, instead of one with the name.

    Raises:
        RuntimeError: If an array of `x` is differentiated.
    """
    if msg is None:
        msg = (
            f"Unexpected differentiation: {name or 'an array'} is not differentiable. Keep it out "
            "of what is differentiated, or stop its gradient by `jax.lax.stop_gradient`."
        )
    arrays, rest = partition(x, is_array)

    @jax.custom_jvp
    def identity(arrays: Any) -> Any:
        return arrays

    def refuse(primals: Any, tangents: Any) -> Any:
        raise RuntimeError(msg)

    identity.defjvp(refuse)
    return combine(identity(arrays), rest) if jtu.tree_leaves(arrays) else x
