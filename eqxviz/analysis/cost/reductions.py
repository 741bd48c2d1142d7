"""Reductions, windows, scatters and sorts."""

import math
from collections.abc import Callable
from typing import Any

# How XLA compares two elements for `argmax`, so that NaN and the first of equals win; and the sum
# of two logarithms, but for its exponentials.
_OF_A_COMPARISON = 9
_OF_A_LOGARITHM = 8


def n_reduced(equation: Any) -> int:
    """Return how often a reduction combines two elements: for each but the first of a result."""
    read = math.prod(equation.invars[0].aval.shape)
    made = math.prod(equation.outvars[0].aval.shape)
    return read - made if read else 0  # what is made of nothing is filled, not combined


def n_in_windows(equation: Any) -> int:
    """Return how often elements are combined: for each but the first of a window."""
    window = math.prod(equation.params["window_dimensions"])
    return (window - 1) * math.prod(equation.outvars[0].aval.shape)


def n_selected(equation: Any) -> int:
    """Return how often two elements are compared to find where those of the source go to."""
    window = math.prod(equation.params["window_dimensions"])
    return (window - 1) * math.prod(equation.invars[0].aval.shape)


def n_updates(equation: Any) -> int:
    """Return how many elements a scatter combines with those that are there."""
    return math.prod(equation.invars[2].aval.shape)


def _n_cumulated(equation: Any) -> int:
    """Return how often a running reduction combines: for each element but the first of a row."""
    shape = equation.invars[0].aval.shape
    length = shape[equation.params["axis"]]
    return math.prod(shape) // length * (length - 1) if length else 0


def _select_and_scatter_add(equation: Any) -> float:
    return n_selected(equation) + math.prod(equation.invars[0].aval.shape)


def _sort(equation: Any) -> float:
    """Return n log2(n) comparisons a row: merge sort."""
    shape = equation.invars[0].aval.shape
    return math.prod(shape) * _levels(shape[equation.params["dimension"]])


def _top_k(equation: Any) -> float:
    """Return log2(k) comparisons for each element: a heap of the k largest."""
    return math.prod(equation.invars[0].aval.shape) * max(_levels(equation.params["k"]), 1)


def _approx_top_k(equation: Any) -> float:
    """Return one comparison for each element: the largest of each bin is kept."""
    return math.prod(equation.invars[0].aval.shape)


def _levels(n: int) -> int:
    return max(n - 1, 0).bit_length()


_SAME: tuple[tuple[Callable[[Any], float], str], ...] = (
    (
        n_reduced,
        "reduce_sum reduce_prod reduce_max reduce_min reduce_and reduce_or reduce_xor",
    ),
    (lambda equation: _OF_A_COMPARISON * n_reduced(equation), "argmax argmin"),
    (_n_cumulated, "cumsum cumprod cummax cummin"),
    (lambda equation: _OF_A_LOGARITHM * _n_cumulated(equation), "cumlogsumexp"),
    (n_in_windows, "reduce_window_sum reduce_window_max reduce_window_min select_and_gather_add"),
    (n_updates, "scatter-add scatter-sub scatter-mul scatter-min scatter-max"),
    (_select_and_scatter_add, "select_and_scatter_add"),
    (_sort, "sort"),
    (_top_k, "top_k"),
    (_approx_top_k, "approx_top_k"),
)
RULES = {name: rule for rule, names in _SAME for name in names.split()}
