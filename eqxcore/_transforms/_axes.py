"""Which axes of which arrays a function is mapped over."""

import dataclasses
from typing import Any

import jax.numpy as jnp
import jax.tree_util as jtu

from eqxcore._filters import is_array, is_array_like, prefix_error
from eqxcore._transforms._naming import positional_names
from eqxcore._types import summary


@dataclasses.dataclass(frozen=True)
class if_array:  # noqa: N801 - the public name
    """A function that returns `axis` for an array, and `None` for anything else."""

    axis: int

    def __call__(self, x: Any) -> int | None:
        return self.axis if is_array(x) else None


#: The first axis of every array, and nothing else.
FIRST = if_array(axis=0)

_AXES_ADVICE = {
    "in_axes": "Give a tuple with an axis, `None` or a tree of these for each argument, or one "
    "for all.",
    "out_axes": "Give the structure of what the function returns, or one axis for all of it.",
}


def _is_none(node: Any) -> bool:
    return node is None


def axes_of_leaves(name: str, axes: Any, tree: Any) -> list[int | None]:
    """Return the axis of every leaf of `tree`, of which `axes` is a prefix.

    Raises:
        ValueError: If it is no prefix, or holds anything but `None`, integers and functions.
    """
    rules, structure = jtu.tree_flatten(axes, is_leaf=_is_none)
    for i, rule in enumerate(rules):
        if rule is not None and not isinstance(rule, int) and not callable(rule):
            path = jtu.tree_leaves_with_path(axes, is_leaf=_is_none)[i][0]
            raise ValueError(
                "`in_axes` and `out_axes` must consist of None, ints, and callables only: "
                f"`{name}{jtu.keystr(path)}` is {summary(rule)}, of type "
                f"`{type(rule).__name__}`. Give the axis, or "
                "`None` for what is not vectorised, or a function from a leaf to one of these."
            )
    try:
        governed = structure.flatten_up_to(tree)
    except ValueError:
        raise prefix_error(name, axes, tree, _is_none, _AXES_ADVICE[name]) from None
    resolved: list[int | None] = []
    for rule, subtree in zip(rules, governed, strict=True):
        leaves = jtu.tree_leaves(subtree)
        if callable(rule):
            for leaf in leaves:
                axis = rule(leaf)
                if axis is not None and not isinstance(axis, int):
                    raise TypeError(
                        f"A function in `{name}` returned {axis!r}, of type "
                        f"`{type(axis).__name__}`, for {summary(leaf)}. It "
                        "must return an int, or `None` for what is not vectorised."
                    )
                resolved.append(axis)
        else:
            resolved += [rule] * len(leaves)
    return resolved


def axis_size(
    fun: Any, args: tuple[Any, ...], axes: list[int | None], given: int | None
) -> int | None:
    """Return the common size of the mapped axes, or what was given if nothing is mapped.

    Raises:
        TypeError: If something is mapped that is no array.
        ValueError: If an array lacks its axis, or sizes differ.
    """
    leaves = jtu.tree_leaves(args)
    size, source = given, None
    for i, axis in enumerate(axes):
        if axis is None:
            continue
        shape = jnp.shape(leaves[i])
        if not -len(shape) <= axis < len(shape):
            _refuse_non_arrays(fun, args, leaves, axes)
            raise ValueError(
                f"vmap was requested to map `{_name(fun, args, i)}` along axis {axis}, but its "
                f"shape is {shape}: its rank should be at least "
                f"{axis + 1 if axis >= 0 else -axis}. Give an axis it has, or `None` in `in_axes` "
                "if all calls are to share it."
            )
        if size is None:
            size, source = shape[axis], i
        elif size != shape[axis]:
            _refuse_non_arrays(fun, args, leaves, axes)
            where = "`axis_size`"
            if source is not None:
                where = f"axis {axes[source]} of `{_name(fun, args, source)}`, of shape "
                where += str(jnp.shape(leaves[source]))
            raise ValueError(
                "vmap got inconsistent sizes for array axes to be mapped: the size is "
                f"{size} for {where}, but {shape[axis]} for axis {axis} of "
                f"`{_name(fun, args, i)}`, of shape {shape}. Give arrays of one size, or `None` in "
                "`in_axes` for those that all calls are to share."
            )
    return size


def _name(fun: Any, args: tuple[Any, ...], index: int) -> str:
    """Return what leaf number `index` of the arguments is called in `fun`."""
    path = jtu.tree_leaves_with_path(args)[index][0]
    names = positional_names(fun)
    position = path[0].idx
    if position < len(names):
        return names[position] + jtu.keystr(path[1:])
    return "args" + jtu.keystr(path)


def _refuse_non_arrays(
    fun: Any, args: tuple[Any, ...], leaves: list[Any], axes: list[int | None]
) -> None:
    for i, axis in enumerate(axes):
        if axis is not None and not is_array_like(leaves[i]):
            raise TypeError(
                f"vmap was requested to map `{_name(fun, args, i)}` along axis {axis}, and it is "
                f"no array but {summary(leaves[i])}. Give `if_array({axis})` in `in_axes`, which "
                "maps arrays alone, or `None`."
            )
