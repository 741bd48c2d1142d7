"""Vectorising functions whose arguments and results hold more than arrays."""

import dataclasses
import functools
import inspect
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu

from eqxcore._filters import is_array, prefix_error
from eqxcore._module import field, module_update_wrapper
from eqxcore._transforms._wrapped import WrappedFunction
from eqxcore._tree import path_name
from eqxcore._types import sentinel


@dataclasses.dataclass(frozen=True)
class if_array:  # noqa: N801 - the public name
    """A function that returns `axis` for an array, and `None` for anything else."""

    axis: int

    def __call__(self, x: Any) -> int | None:
        return self.axis if is_array(x) else None


def _is_none(node: Any) -> bool:
    return node is None


def _axes_of_leaves(name: str, axes: Any, tree: Any) -> list[int | None]:
    """Return the axis of every leaf of `tree`, of which `axes` is a prefix.

    Raises:
        ValueError: If it is no prefix, or holds anything but `None`, integers and functions.
    """
    rules, structure = jtu.tree_flatten(axes, is_leaf=_is_none)
    for rule in rules:
        if rule is not None and not isinstance(rule, int) and not callable(rule):
            raise ValueError(
                "`in_axes` and `out_axes` must consist of None, ints, and callables only: "
                f"`{name}` holds {rule!r} of type `{type(rule).__name__}`. Give the axis, or "
                "`None` for what is not vectorised, or a function from a leaf to one of these."
            )
    try:
        governed = structure.flatten_up_to(tree)
    except ValueError:
        raise prefix_error(name, axes, tree, _is_none) from None
    resolved: list[int | None] = []
    for rule, subtree in zip(rules, governed, strict=True):
        leaves = jtu.tree_leaves(subtree)
        if callable(rule):
            for leaf in leaves:
                axis = rule(leaf)
                if axis is not None and not isinstance(axis, int):
                    raise TypeError(
                        f"A function in `{name}` returned {axis!r}, of type "
                        f"`{type(axis).__name__}`, for a leaf of type `{type(leaf).__name__}`. It "
                        "must return an int, or `None` for what is not vectorised."
                    )
                resolved.append(axis)
        else:
            resolved += [rule] * len(leaves)
    return resolved


def _axis_size(args: tuple[Any, ...], axes: list[int | None], given: int | None) -> int | None:
    """Return the common size of the mapped axes, or what was given if nothing is mapped.

    Raises:
        ValueError: If an array lacks its axis, or sizes differ.
    """
    size, where = given, "`axis_size`"
    for (path, leaf), axis in zip(jtu.tree_flatten_with_path(args)[0], axes, strict=True):
        if axis is None:
            continue
        name = f"args{path_name(path)}"
        shape = jnp.shape(leaf)
        if not -len(shape) <= axis < len(shape):
            raise ValueError(
                f"vmap was requested to map `{name}` along axis {axis}, but its shape is {shape}: "
                f"its rank should be at least {axis + 1 if axis >= 0 else -axis}. Give an axis it "
                "has, or `None` in `in_axes` if all calls are to share it."
            )
        if size is None:
            size, where = shape[axis], f"axis {axis} of `{name}`, of shape {shape}"
        elif size != shape[axis]:
            raise ValueError(
                "vmap got inconsistent sizes for array axes to be mapped: the size is "
                f"{size} for {where}, but {shape[axis]} for axis {axis} of `{name}`, of shape "
                f"{shape}. Give arrays of one size, or `None` in `in_axes` for those that all "
                "calls are to share."
            )
    return size


class _VmapWrapper(WrappedFunction):
    # Axes are not children: a transformation has no business with them.
    in_axes: Any = field(static=True)
    out_axes: Any = field(static=True)
    axis_name: Any = field(static=True)
    axis_size: int | None = field(static=True)
    vmapkwargs: dict[str, Any] = field(static=True)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        if kwargs:
            raise RuntimeError(
                "keyword arguments cannot be used with functions wrapped with `filter_vmap`: "
                f"{sorted(kwargs)} were given. Pass them by position, or wrap "
                "`functools.partial(fun, name=value)` if they are not to be vectorised."
            )
        axes = _axes_of_leaves("in_axes", self._axes_of_arguments(args), args)
        size = _axis_size(args, axes, self.axis_size)
        leaves, treedef = jtu.tree_flatten(args)
        mapped = [leaf for leaf, axis in zip(leaves, axes, strict=True) if axis is not None]
        result = _Outputs()

        def function(mapped: list[Any]) -> tuple[list[Any], list[Any]]:
            given = iter(mapped)
            filled = [
                leaf if axis is None else next(given)
                for leaf, axis in zip(leaves, axes, strict=True)
            ]
            return result.split(self.fun(*treedef.unflatten(filled)), self.out_axes)

        if size is None:
            # Nothing is vectorised, which is well if nothing is expected to be.
            batched, single = function(mapped)
            if batched:
                raise ValueError(
                    "Cannot resolve batch dimension. Non-`None` `out_axes` requires either "
                    f"`in_axes` or `axis_size` to be not `None`: with in_axes={self.in_axes!r} no "
                    "array among the arguments is vectorised, so that nothing tells the size of "
                    f"the axis which out_axes={self.out_axes!r} asks for. Give `axis_size`."
                )
        else:
            in_axes = [axis for axis in axes if axis is not None]
            batched, single = jax.vmap(
                function,
                in_axes=(in_axes,),
                out_axes=(0, None),
                axis_name=self.axis_name,
                axis_size=size,
                **self.vmapkwargs,
            )(mapped)
        return result.join(batched, single)

    def _axes_of_arguments(self, args: tuple[Any, ...]) -> Any:
        """Return `in_axes` as a prefix of `args`, with names replaced by positions."""
        if not isinstance(self.in_axes, dict):
            return self.in_axes
        bound = inspect.signature(self.fun).bind(*args).arguments
        unknown = tuple(name for name in self.in_axes if name not in bound)
        if unknown:
            raise ValueError(
                f"The following `in_axes` did not correspond to any argument: {unknown}. The "
                f"arguments given are {tuple(bound)}."
            )
        axes: list[Any] = []
        for name, kind in inspect.signature(self.fun).parameters.items():
            if name not in bound:
                continue
            axis = self.in_axes.get(name, if_array(0))
            # The rest of the arguments, `*args`, share what is said of them.
            count = len(bound[name]) if kind.kind is inspect.Parameter.VAR_POSITIONAL else 1
            axes += [axis] * count
        return tuple(axes)


class _Outputs:
    """Takes a result apart inside the vectorised function, and puts it together outside."""

    def split(self, out: Any, out_axes: Any) -> tuple[list[Any], list[Any]]:
        """Return the leaves that get an axis, and the arrays that do not."""
        self.leaves, self.treedef = jtu.tree_flatten(out)
        self.axes = _axes_of_leaves("out_axes", out_axes, out)
        pairs = list(zip(self.leaves, self.axes, strict=True))
        return (
            [leaf for leaf, axis in pairs if axis is not None],
            [leaf for leaf, axis in pairs if axis is None and is_array(leaf)],
        )

    def join(self, batched: list[Any], single: list[Any]) -> Any:
        """Return the result with these leaves, and the others as they were."""
        next_batched, next_single = iter(batched), iter(single)
        leaves = []
        for leaf, axis in zip(self.leaves, self.axes, strict=True):
            if axis is None:
                leaves.append(next(next_single) if is_array(leaf) else leaf)
            elif axis == 0:
                leaves.append(next(next_batched))
            else:
                leaves.append(jnp.moveaxis(next(next_batched), 0, axis))
        return self.treedef.unflatten(leaves)


def filter_vmap(
    fun: Any = sentinel,
    *,
    in_axes: Any = if_array(axis=0),
    out_axes: Any = if_array(axis=0),
    axis_name: Any = None,
    axis_size: int | None = None,
    **vmapkwargs: Any,
) -> Any:
    """Return `fun` vectorised: by default over the first axis of each array it is given.

    Arguments are given by position. Everything but arrays is shared by all calls. `fun` may be a
    PyTree itself; its arrays are shared. Without `fun`, a decorator is returned.

    Args:
        in_axes: The axis to vectorise over, `None` for what is shared, or a function from a leaf to
            one of these; or a PyTree of those that is a prefix of the tuple of arguments; or a
            dictionary from names of arguments to such, the others having `if_array(0)`.
        out_axes: Where the axis appears in the result, in the same way.
        axis_name: A name of the axis for collective operations.
        axis_size: The size of the axis, needed if no argument is vectorised.
        vmapkwargs: Further arguments of `jax.vmap`.

    Raises:
        ValueError: When the result is called: if axes and arguments do not fit each other.
        RuntimeError: When the result is called: if an argument is given by name.
    """
    if fun is sentinel:
        return functools.partial(
            filter_vmap,
            in_axes=in_axes,
            out_axes=out_axes,
            axis_name=axis_name,
            axis_size=axis_size,
            **vmapkwargs,
        )
    jax.vmap(lambda: None, **vmapkwargs)  # complains now about arguments it does not know
    return module_update_wrapper(
        _VmapWrapper(fun, in_axes, out_axes, axis_name, axis_size, vmapkwargs)
    )
