"""Calls traced again by their shapes, as they were or mapped over an axis, to see what raises."""

from collections.abc import Sequence
from typing import Any

import jax

from eqxviz.analysis.leaves import is_array
from eqxviz.doctor.code.expressions import UnknownError, result_shapes


def raised_by(function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> BaseException | None:
    """Return what a call raises as it is traced, None if nothing."""
    try:
        result_shapes(function, *args, **kwargs)
    except UnknownError as error:
        return error.__cause__
    return None


def works_mapped(
    function: Any,
    args: Sequence[Any],
    kwargs: dict[str, Any],
    is_mapped: Sequence[bool],
    axis_names: Sequence[str] = (),
) -> bool:
    """Whether a call can be traced when some arguments are mapped over their first axis.

    `is_mapped` tells it of the positional arguments, then of the named ones.
    """
    names = list(kwargs)

    def call(function: Any, *values: Any) -> Any:
        def one(*values: Any) -> list[Any]:
            named = dict(zip(names, values[len(args) :], strict=True))
            result = function(*values[: len(args)], **named)
            return [leaf for leaf in jax.tree.leaves(result) if is_array(leaf)]

        axes = tuple(map(_axes, values, is_mapped))
        mapped: Any = one
        for name in axis_names or (None,):
            mapped = jax.vmap(mapped, in_axes=axes, axis_name=name)
        return mapped(*values)

    return fits(raised_by(call, (function, *args, *kwargs.values()), {}))


def fits(raised: BaseException | None) -> bool:
    """Whether the shapes of a call fit; a layer may lack something else, such as Dropout a key."""
    return raised is None or type(raised) is RuntimeError


def first_size(value: Any) -> int | None:
    """Return the size that the first axes of all arrays of `value` have, None for none."""
    shapes = [leaf.shape for leaf in jax.tree.leaves(value) if is_array(leaf)]
    sizes = {shape[0] if shape else -1 for shape in shapes}
    return sizes.pop() if len(sizes) == 1 and -1 not in sizes else None


def _axes(value: Any, is_mapped: bool) -> Any:
    return jax.tree.map(lambda leaf: 0 if is_mapped and is_array(leaf) else None, value)
