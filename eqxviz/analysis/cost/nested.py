"""Costs of equations that hold jaxprs, from those of the equations inside."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Costs(NamedTuple):
    """What equations cost, a row for each."""

    flops: NDArray[np.float64]  # NaN where nothing is known
    bytes: NDArray[np.float64]
    unknown: NDArray[np.bool_]  # not known, or only in part


class NestedRows(NamedTuple):
    """A jaxpr nested in an equation: rows `start .. stop - 1` are its equations."""

    owner: int
    repeats: float  # NaN where it is not known how often it runs
    is_branch: bool  # only one of its owner's jaxprs runs
    start: int
    stop: int


class _Cost(NamedTuple):
    """What a jaxpr costs, run once."""

    flops: float
    bytes: float
    unknown: bool


def with_nested(
    flops: NDArray[np.float64],
    n_bytes: NDArray[np.float64],
    nested: Sequence[NestedRows],
) -> Costs:
    """Return the costs of all equations, given those of the ones that hold no jaxpr.

    The jaxprs of one owner follow one another in `nested`, those inside a jaxpr come after it.
    All jaxprs of an owner run, as often as they say, once where that is not known; of branches only
    the one that costs most counts.
    """
    flops, n_bytes = flops.copy(), n_bytes.copy()
    unknown = np.isnan(flops) | np.isnan(n_bytes)
    parts: list[tuple[float, _Cost]] = []
    for i in range(len(nested) - 1, -1, -1):
        owner, repeats, is_branch, start, stop = nested[i]
        inside = slice(start, stop)
        cost = _Cost(
            _sum_of_known(flops[inside]),
            _sum_of_known(n_bytes[inside]),
            bool(unknown[inside].any()),
        )
        parts.append((repeats, cost))
        if i == 0 or nested[i - 1].owner != owner:
            total = _dearest(parts) if is_branch else _all(parts)
            flops[owner], n_bytes[owner], unknown[owner] = total
            parts.clear()
    return Costs(flops, n_bytes, unknown)


def _sum_of_known(costs: NDArray[np.float64]) -> float:
    """Return the sum of what is known; NaN where there is something, and nothing is known."""
    if np.isnan(costs).all() and len(costs):
        return math.nan
    return float(np.nansum(costs))


def _dearest(parts: Sequence[tuple[float, _Cost]]) -> _Cost:
    costs = [cost for _, cost in parts]
    dearest = max(costs, key=lambda cost: (np.nan_to_num(cost.flops), np.nan_to_num(cost.bytes)))
    return dearest._replace(unknown=any(cost.unknown for cost in costs))


def _all(parts: Sequence[tuple[float, _Cost]]) -> _Cost:
    times = [1.0 if math.isnan(repeats) else repeats for repeats, _ in parts]
    runs = [(n, cost) for n, (_, cost) in zip(times, parts, strict=True) if n > 0]
    return _Cost(
        _sum_of_known(np.array([n * cost.flops for n, cost in runs])),
        _sum_of_known(np.array([n * cost.bytes for n, cost in runs])),
        any(cost.unknown for _, cost in runs) or any(math.isnan(n) for n, _ in parts),
    )
