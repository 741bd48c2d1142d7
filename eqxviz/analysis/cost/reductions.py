"""Reductions, windows, scatters and sorts."""

import math
from collections.abc import Callable
from typing import Any


def _reduction(equation: Any) -> float:
    """One operation for each element but the first of each result."""
    read = math.prod(equation.invars[0].aval.shape)
    return read - math.prod(equation.outvars[0].aval.shape)


def _cumulative(equation: Any) -> float:
    """One operation for each element but the first of each row."""
    shape = equation.invars[0].aval.shape
    length = shape[equation.params["axis"]]
    return math.prod(shape) - (math.prod(shape) // length if length else 0)


def _window(equation: Any) -> float:
    window = math.prod(equation.params["window_dimensions"])
    return (window - 1) * math.prod(equation.outvars[0].aval.shape)


def _scatter(equation: Any) -> float:
    return math.prod(equation.invars[2].aval.shape)


def _sort(equation: Any) -> float:
    """A comparison for each element at each of log2(n) levels: merge sort."""
    shape = equation.invars[0].aval.shape
    return math.prod(shape) * _levels(shape[equation.params["dimension"]])


def _levels(n: int) -> int:
    return max(n - 1, 0).bit_length()


RULES: dict[str, Callable[[Any], float]] = {
    **dict.fromkeys(
        (
            *("reduce_sum", "reduce_prod", "reduce_max", "reduce_min", "reduce_and", "reduce_or"),
            *("reduce_xor", "argmax", "argmin"),
        ),
        _reduction,
    ),
    **dict.fromkeys(("cumsum", "cumprod", "cummax", "cummin"), _cumulative),
    **dict.fromkeys(("reduce_window_sum", "reduce_window_max", "reduce_window_min"), _window),
    **dict.fromkeys(
        ("scatter-add", "scatter-sub", "scatter-mul", "scatter-min", "scatter-max"), _scatter
    ),
    "sort": _sort,
}
