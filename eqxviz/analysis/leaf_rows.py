"""Statistics of many leaves as rows of a table, as many as a moment allows."""

import math
import time
from collections.abc import Callable, Iterable
from typing import Any

import jax
import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.array_data import why_unreadable
from eqxviz.analysis.cancelled import CancelledError
from eqxviz.analysis.leaves import is_array
from eqxviz.analysis.statistics import Moments, Reading
from eqxviz.records import LeafStatistics

_COUNTS = ("size", "n_nan", "n_inf", "n_zero")
_REALS = ("minimum", "maximum", "mean", "std", "norm")


class LeafRows:
    """Reads leaves one after the other; one that takes long is gone on with in the next part."""

    def __init__(self) -> None:
        self._node = -1
        self._reading: Reading | None = None  # of that node, begun

    @property
    def is_amid(self) -> bool:
        """Whether a leaf was begun and not read to its end."""
        return self._reading is not None

    def read(
        self,
        leaves: Iterable[tuple[int, Any]],
        revision: int,
        seconds: float,
        is_cancelled: Callable[[], bool],
    ) -> LeafStatistics:
        """Return rows of the first of `leaves`, which are nodes and their objects.

        Raises:
            CancelledError: If `is_cancelled()` between two pieces.
        """
        deadline = time.perf_counter() + seconds
        nodes: list[int] = []
        counts: list[tuple[int, ...]] = []
        reals: list[tuple[float, ...]] = []
        for node, obj in leaves:
            if is_cancelled():
                raise CancelledError
            if not _has_numbers(obj):
                counts.append((-1, 0, 0, 0))
                reals.append((math.nan,) * len(_REALS))
            else:
                known = self._reading if node == self._node else None
                reading = known or Reading(obj, is_detailed=False)
                self._node, self._reading = node, reading
                if not reading.step(deadline - time.perf_counter(), is_cancelled):
                    break
                self._reading = None
                m = reading.moments
                counts.append((reading.size, m.n_nan, m.n_inf + m.n_negative_inf, m.n_zero))
                reals.append(_reals(m))
            nodes.append(node)
            if time.perf_counter() >= deadline:
                break
        whole = np.array(counts, np.int64).reshape(-1, len(_COUNTS)).T
        real = np.array(reals, np.float64).reshape(-1, len(_REALS)).T
        columns: dict[str, Any] = dict(zip(_COUNTS, whole, strict=True))
        columns |= dict(zip(_REALS, real, strict=True))
        n_read = self._reading.n_done if self._reading is not None else 0
        return LeafStatistics(revision, n_read, np.array(nodes, np.int32), **columns)


def _has_numbers(obj: Any) -> bool:
    if not is_array(obj) or why_unreadable(obj):
        return False
    return not (isinstance(obj, jax.Array) and compat.is_key_dtype(obj.dtype))


def _reals(m: Moments) -> tuple[float, ...]:
    if not m.n:
        return (math.nan,) * len(_REALS)
    return m.minimum, m.maximum, m.mean, m.std, m.norm
