"""How far the results of a replay are from those of the call itself."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.analysis import compat
from eqxviz.analysis.array_data import readable


class Distance(NamedTuple):
    """How far two arrays are apart, of elements that are finite in both."""

    greatest: float  # difference
    relative: float  # to the greatest magnitude in the call's own
    n_otherwise: int  # elements that are finite in one of them only


def distance_of(replayed: Any, own: Any) -> Distance:
    """Return how far an array that was replayed is from the call's own."""
    left, right = _as_numbers(replayed), _as_numbers(own)
    is_left, is_right = np.isfinite(left), np.isfinite(right)
    both = is_left & is_right
    n_otherwise = int((is_left != is_right).sum())
    if not both.any():
        return Distance(0.0, 0.0, n_otherwise)
    greatest = float(np.abs(left[both] - right[both]).max())
    scale = float(np.abs(right[both]).max())
    relative = greatest / scale if scale else math.inf if greatest else 0.0
    return Distance(greatest, relative, n_otherwise)


def _as_numbers(array: Any) -> NDArray[Any]:
    host = np.asarray(readable(array))
    is_complex = compat.is_complex_dtype(host.dtype)
    return host.astype(np.complex128 if is_complex else np.float64)


def columns_of(distances: Sequence[Distance]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return the three columns of `distances`."""
    return (
        np.array([d.greatest for d in distances], np.float64),
        np.array([d.relative for d in distances], np.float64),
        np.array([d.n_otherwise for d in distances], np.int64),
    )
