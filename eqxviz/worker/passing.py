"""The arguments of a call that is not waited for: they are seen, and the call goes on."""

from typing import Any

import jax
import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.leaves import is_deleted
from eqxviz.analysis.snapshots import snapshot_of


class Passing:
    """Keeps arguments of passing calls as they are, at the least cost.

    What the call may donate is copied, and so is what NumPy could write into. Once an argument was
    seen to live on after its call, later ones in its place are merely held.
    """

    def __init__(self) -> None:
        # The smallest array of the last one, by function and name: what became of it tells.
        self._probes: dict[tuple[int, str], Any] = {}
        self._living: set[tuple[int, str]] = set()

    def kept(self, function: int, name: str, value: Any) -> Any:
        """Return `value`, the argument `name` of a call, with arrays that stay as they are."""
        place = function, name
        before = self._probes.pop(place, None)
        if before is not None:
            (self._living.discard if is_deleted(before) else self._living.add)(place)
        arrays = [leaf for leaf in jax.tree_util.tree_leaves(value) if _is_live(leaf)]
        if not arrays:
            return snapshot_of(value)[0]
        self._probes[place] = min(arrays, key=lambda array: array.size)
        return _without_numpy(value) if place in self._living else snapshot_of(value)[0]


def _is_live(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and not compat.is_tracer(leaf) and not leaf.is_deleted()


def _without_numpy(value: Any) -> Any:
    def copied(leaf: Any) -> Any:
        return leaf.copy() if type(leaf) is np.ndarray else leaf

    return jax.tree_util.tree_map(copied, value)
