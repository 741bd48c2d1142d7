"""Results of traced functions that hold more than arrays."""

from typing import Any, NamedTuple

import jax.tree_util as jtu

from eqxcore._filters import is_array


class _Structure(NamedTuple):
    """All of a result but its arrays."""

    treedef: Any
    dynamic: tuple[bool, ...]
    #: The leaves that are not arrays, in order.
    static: tuple[Any, ...]


class _Result:
    """Carries a result through a transformation: a node whose children are its arrays.

    What comes out on the other side is not a `_Result` but the result itself, since putting the
    node together puts the result together. The structure belongs to one trace, so results may
    depend on the shapes of the arguments.
    """

    def __init__(self, structure: _Structure, arrays: list[Any]) -> None:
        self.structure = structure
        self.arrays = arrays


def _flatten(result: _Result) -> tuple[list[Any], _Structure]:
    return result.arrays, result.structure


def _unflatten(structure: _Structure, arrays: Any) -> Any:
    dynamic, static = iter(arrays), iter(structure.static)
    return structure.treedef.unflatten(
        [next(dynamic) if traced else next(static) for traced in structure.dynamic]
    )


jtu.register_pytree_node(_Result, _flatten, _unflatten)


def as_result(out: Any) -> Any:
    """Return what a function that JAX traces should return so that its caller gets `out`."""
    leaves, treedef = jtu.tree_flatten(out)
    dynamic = tuple(map(is_array, leaves))
    if all(dynamic):
        return out
    static = tuple(leaf for leaf, traced in zip(leaves, dynamic, strict=True) if not traced)
    arrays = [leaf for leaf, traced in zip(leaves, dynamic, strict=True) if traced]
    return _Result(_Structure(treedef, dynamic, static), arrays)
