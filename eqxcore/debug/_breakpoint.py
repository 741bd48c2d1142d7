"""A breakpoint on a condition."""

from typing import Any

import jax
from jax import lax

from eqxcore._errors import unvmap_any


def breakpoint_if(pred: Any, **kwargs: Any) -> Any:
    """Open the debugger `jax.debug.breakpoint` if any element of `pred` is true.

    So it does in compiled functions, and if any element of the batch has one where it is vmapped.

    Args:
        kwargs: Those of `jax.debug.breakpoint`. If there is a `token` among them, it is returned.
    """
    if "token" not in kwargs:
        lax.cond(unvmap_any(pred), lambda: jax.debug.breakpoint(**kwargs), lambda: None)
        return None
    token = kwargs.pop("token")
    return lax.cond(
        unvmap_any(pred),
        lambda token: jax.debug.breakpoint(token=token, **kwargs),
        lambda token: token,
        token,
    )
