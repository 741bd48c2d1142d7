"""Which eager operations only draw data, or pick some of them."""

from typing import Any

import jax
import numpy as np

from eqxviz.analysis import compat
from eqxviz.doctor.seen import Operation

# They move numbers about, and compute none.
_PICKING = {
    *("gather", "slice", "dynamic_slice", "squeeze", "reshape", "transpose", "broadcast_in_dim"),
    *("concatenate", "convert_element_type", "rev", "iota", "copy", "pad", "split", "select_n"),
}


class Data:
    """Follows, in the order of operations, what is made of random numbers and constants alone."""

    def __init__(self) -> None:
        self._drawn: dict[int, Any] = {}  # by id; held, as ids are used again

    def is_numerical(self, operation: Operation) -> bool:
        """Whether an operation computes numbers of other numbers than it could have drawn.

        To be asked of each operation.
        """
        if not any(map(self._is_given, operation.inputs)):
            self._drawn |= {id(each): each for each in operation.outputs}
            return False
        return _computes(operation.primitive, operation.params, operation.outputs)

    def _is_given(self, value: Any) -> bool:
        """Whether a value is neither drawn nor a constant, an index or a key."""
        if id(value) in self._drawn or not isinstance(value, (jax.Array, np.ndarray)):
            return isinstance(value, jax.ShapeDtypeStruct)
        is_constant = value.ndim == 0 and bool(getattr(value, "weak_type", False))
        is_index = value.ndim <= 1 and not _is_inexact(value)
        return not is_constant and not is_index and not compat.is_key_dtype(value.dtype)


def _computes(primitive: Any, params: dict[str, Any], outputs: Any) -> bool:
    """Whether an operation, or one inside of it, computes floating-point numbers."""
    if primitive.name in _PICKING or not any(map(_is_inexact, outputs)):
        return False
    inner = [jaxpr for value in params.values() if (jaxpr := compat.open_jaxpr(value)) is not None]
    if not inner:
        return True
    return any(
        _computes(equation.primitive, equation.params, [var.aval for var in equation.outvars])
        for jaxpr in inner
        for equation in jaxpr.eqns
    )


def _is_inexact(value: Any) -> bool:
    dtype = getattr(value, "dtype", None)
    return dtype is not None and compat.is_inexact_dtype(dtype)
