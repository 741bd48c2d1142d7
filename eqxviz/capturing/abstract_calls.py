"""A call without its arrays: what is kept so that it can be drawn, or its program found again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.tree_util as jtu
import numpy as np

from eqxviz.analysis import compat
from eqxviz.capturing.functions import kept

_PLAIN = (str, bytes, bool, int, float, complex)
Arguments = tuple[tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True, eq=False)
class _Held:
    """A static leaf; one that may hold arrays is not kept alive."""

    get: Callable[[], Any]


class AbstractCall:
    """The arguments of a call, with shapes in place of arrays: with all that JAX compiles for."""

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._call = jtu.tree_map(_abstract, (args, kwargs))

    def arguments(self) -> Arguments | None:
        """Return the arguments, None if a static one does not exist any more."""
        leaves, treedef = jtu.tree_flatten(self._call)
        values = [leaf.get() if isinstance(leaf, _Held) else leaf for leaf in leaves]
        if any(value is None for value in values):  # None is no leaf
            return None
        return treedef.unflatten(values)


def _abstract(leaf: Any) -> Any:
    if isinstance(leaf, (jax.Array, np.ndarray, np.generic)):
        is_placed = not compat.is_tracer(leaf) and getattr(leaf, "committed", False)
        sharding = getattr(leaf, "sharding", None) if is_placed else None
        aval = compat.type_of(leaf)
        return jax.ShapeDtypeStruct(
            aval.shape, aval.dtype, weak_type=aval.weak_type, sharding=sharding
        )
    return leaf if isinstance(leaf, _PLAIN) else _Held(kept(leaf))
