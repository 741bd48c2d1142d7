"""What is known of an equation's outputs without their values: whether all are finite."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from eqxviz.analysis import compat

# Bits of a code; 0 is what was not run.
RAN, NAN, INF = 1, 2, 4

_jnp: Any = jnp
_np: Any = np
_jax: Any = jax


def codes_of(values: Sequence[Any]) -> Any:
    """Return the code of what an equation made: a number, or an array that is one later.

    Also while it is traced.
    """
    code: Any = np.uint8(RAN)
    for value in values:
        if compat.is_inexact_dtype(getattr(value, "dtype", np.dtype(bool))) and value.size:
            code = code | _code_of(value)
    return code


def _code_of(value: Any) -> Any:
    if compat.is_tracer(value):
        return _on_device(value)
    if is_in_memory(value):
        return _in_memory(_np.asarray(value))
    return _compiled(value)


def is_in_memory(value: Any) -> bool:
    """Whether NumPy can look at it where it is."""
    if isinstance(value, np.ndarray):
        return True
    devices = value.sharding.device_set
    return len(devices) == 1 and next(iter(devices)).platform == "cpu"


def _in_memory(value: Any) -> int:
    with _np.errstate(all="ignore"):
        # Whatever is not finite makes the sum so; where the sum overflows each one is looked at.
        total = value.sum()
        if _np.isfinite(total):
            return 0
        return NAN * bool(_np.isnan(value).any()) | INF * bool(_np.isinf(value).any())


def _on_device(value: Any) -> Any:
    each = _jnp.isnan(value) * np.uint8(NAN) | _jnp.isinf(value) * np.uint8(INF)
    return _jax.lax.reduce(each, np.uint8(0), _jax.lax.bitwise_or, tuple(range(value.ndim)))


_compiled = _jax.jit(_on_device)
