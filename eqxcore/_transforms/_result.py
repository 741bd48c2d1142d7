"""Results of traced functions that hold more than arrays."""

from collections.abc import Callable
from operator import itemgetter
from typing import Any

import jax.tree_util as jtu

from eqxcore._filters import is_array

_new = object.__new__


class _Structure:
    """All of a result but its arrays. It belongs to one trace, and is equal to itself alone."""

    __slots__ = ("_pick", "_static", "_treedef")

    def __init__(self, treedef: Any, dynamic: list[bool], static: tuple[Any, ...]) -> None:
        self._treedef = treedef
        self._static = static
        # Where each leaf is in the arrays followed by the others.
        numbers = {True: iter(range(sum(dynamic))), False: iter(range(sum(dynamic), len(dynamic)))}
        order = [next(numbers[traced]) for traced in dynamic]
        self._pick: Callable[[Any], Any] = itemgetter(*order) if len(order) > 1 else tuple


class Result:
    """Carries a result through a transformation: a node whose children are its arrays.

    Since its structure belongs to one trace, what is static in a result may depend on the shapes
    of the arguments.
    """

    __slots__ = ("_arrays", "_structure")

    def unpacked(self) -> Any:
        """Return the result."""
        structure = self._structure
        return structure._treedef.unflatten(structure._pick(self._arrays + structure._static))


def _flatten(result: Result) -> tuple[tuple[Any, ...], _Structure]:
    return result._arrays, result._structure


def _unflatten(structure: _Structure, arrays: tuple[Any, ...]) -> Result:
    result = _new(Result)
    result._structure = structure
    result._arrays = arrays
    return result


jtu.register_pytree_node(Result, _flatten, _unflatten)


def packed(out: Any) -> Any:
    """Return `out`, or a `Result` if it holds anything but arrays."""
    leaves, treedef = jtu.tree_flatten(out)
    dynamic = list(map(is_array, leaves))
    if all(dynamic):
        return out
    static = tuple(leaf for leaf, traced in zip(leaves, dynamic, strict=True) if not traced)
    arrays = tuple(leaf for leaf, traced in zip(leaves, dynamic, strict=True) if traced)
    return _unflatten(_Structure(treedef, dynamic, static), arrays)


def unpacked(out: Any) -> Any:
    """Return what was given to `packed`, once through a transformation."""
    return out.unpacked() if type(out) is Result else out
