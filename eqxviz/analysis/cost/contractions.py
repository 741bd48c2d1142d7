"""Matrix products and convolutions: a multiplication and an addition for each term."""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np


def _dot_general(equation: Any) -> float:
    (contracted, _), _ = equation.params["dimension_numbers"]
    shape = equation.invars[0].aval.shape
    terms = math.prod(shape[axis] for axis in contracted)
    return 2 * terms * math.prod(equation.outvars[0].aval.shape)


def _ragged_dot(equation: Any) -> float:
    """Each row meets one group's matrix only, so that the number of groups does not count."""
    numbers = equation.params["ragged_dot_dimension_numbers"]
    left, right = (var.aval.shape for var in equation.invars[:2])
    (_, right_contracted), (_, right_batch) = numbers.dot_dimension_numbers
    used = {*right_contracted, *right_batch, *numbers.rhs_group_dimensions}
    columns = math.prod(n for axis, n in enumerate(right) if axis not in used)
    return 2 * math.prod(left) * columns


def _convolution(equation: Any) -> float:
    """Only terms that meet an element count, not those that meet padding or a gap of dilation.

    Feature groups divide what each output sums over, batch groups the batch that makes it.
    """
    params = equation.params
    numbers = params["dimension_numbers"]
    left, right = (var.aval.shape for var in equation.invars[:2])
    out = equation.outvars[0].aval.shape
    terms = 1
    for axis in range(len(left) - 2):
        terms *= _n_terms(
            left[numbers.lhs_spec[2 + axis]],
            right[numbers.rhs_spec[2 + axis]],
            out[numbers.out_spec[2 + axis]],
            params["window_strides"][axis],
            params["padding"][axis][0],
            params["lhs_dilation"][axis],
            params["rhs_dilation"][axis],
        )
    out_batch, out_features = out[numbers.out_spec[0]], out[numbers.out_spec[1]]
    features_each = right[numbers.rhs_spec[1]]
    return 2 * terms * out_batch * out_features * features_each


@functools.lru_cache(maxsize=4096)
def _n_terms(
    size: int, kernel: int, out: int, stride: int, padding: int, dilation: int, spread: int
) -> int:
    """Return how many pairs of an output and a kernel position meet an element, in one axis."""
    at = np.arange(out)[:, None] * stride + np.arange(kernel)[None, :] * spread - padding
    is_inside = (at >= 0) & (at < (size - 1) * dilation + 1) & (at % dilation == 0)
    return int(np.count_nonzero(is_inside))


RULES: dict[str, Callable[[Any], float]] = {
    "dot_general": _dot_general,
    "ragged_dot_general": _ragged_dot,
    "ragged_dot": _ragged_dot,
    "conv_general_dilated": _convolution,
}
