"""Vectorising functions whose arguments and results hold more than arrays."""

import abc
import functools
import inspect
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu

from eqxcore._filters import is_array, is_array_like
from eqxcore._module import field, module_update_wrapper
from eqxcore._transforms._advice import advise
from eqxcore._transforms._axes import FIRST, axes_of_leaves, axis_size
from eqxcore._transforms._wrapped import WrappedFunction
from eqxcore._types import sentinel, summary


class MappedFunction(WrappedFunction):
    """A function that is mapped over arrays: `_map` says how."""

    # Axes are not children: a transformation has no business with them.
    in_axes: Any = field(static=True)
    out_axes: Any = field(static=True)
    axis_name: Any = field(static=True)
    axis_size: int | None = field(static=True)
    options: dict[str, Any] = field(static=True)

    @abc.abstractmethod
    def _map(self, function: Any, in_axes: Any, size: int) -> Any:
        """Return `function` mapped; it takes and returns what is mapped, and what is not."""

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        self.refuse_names(kwargs)
        axes = axes_of_leaves("in_axes", self._axes_of_arguments(args), args)
        size = axis_size(self.fun, args, axes, self.axis_size)
        leaves, treedef = jtu.tree_flatten((args, self.fun))
        axes += [None] * (len(leaves) - len(axes))
        pairs = list(zip(leaves, axes, strict=True))
        mapped = [leaf for leaf, axis in pairs if axis is not None]
        shared = [leaf for leaf, axis in pairs if axis is None and is_array(leaf)]
        result = _Outputs()

        def function(mapped: list[Any], shared: list[Any]) -> tuple[list[Any], list[Any]]:
            next_mapped, next_shared = iter(mapped), iter(shared)
            filled = [
                next(next_mapped)
                if axis is not None
                else (next(next_shared) if is_array(leaf) else leaf)
                for leaf, axis in pairs
            ]
            args, fun = treedef.unflatten(filled)
            return result.split(fun(*args), self.out_axes)

        if size is None:
            # Nothing is mapped, which is well if nothing is expected to be.
            batched, single = function(mapped, shared)
            if batched:
                raise ValueError(
                    "Cannot resolve batch dimension. Non-`None` `out_axes` requires either "
                    f"`in_axes` or `axis_size` to be not `None`: with in_axes={self.in_axes!r} no "
                    "array among the arguments is vectorised, so that nothing tells the size of "
                    f"the axis which out_axes={self.out_axes!r} asks for. Give `axis_size`."
                )
        else:
            in_axes = [axis % jnp.ndim(leaf) for leaf, axis in pairs if axis is not None]
            try:
                batched, single = self._map(function, (in_axes, None), size)(mapped, shared)
            except (NameError, TypeError, ValueError) as error:
                result.explain(error)
                raise
        return result.join(batched, single)

    def refuse_names(self, kwargs: dict[str, Any]) -> None:
        """Raise an error if arguments were given by name: `in_axes` says nothing of them."""
        if kwargs:
            raise RuntimeError(
                "keyword arguments cannot be used with functions wrapped with "
                f"`{self._made_by()[0]}`: {sorted(kwargs)} were given. Pass them by position, or "
                "wrap `functools.partial(fun, name=value)` if they are not to be mapped."
            )

    def _made_by(self) -> tuple[str, dict[str, Any]]:
        options = {
            "in_axes": self.in_axes,
            "out_axes": self.out_axes,
            "axis_name": self.axis_name,
            "axis_size": self.axis_size,
        }
        defaults = (FIRST, FIRST, None, None)
        given = {
            name: value
            for (name, value), default in zip(options.items(), defaults, strict=True)
            if value != default
        }
        return "filter_vmap", given | self.options

    def _axes_of_arguments(self, args: tuple[Any, ...]) -> Any:
        """Return `in_axes` as a prefix of `args`, with names replaced by positions."""
        if not isinstance(self.in_axes, dict):
            return self.in_axes
        bound = inspect.signature(self.fun).bind(*args).arguments
        unknown = tuple(name for name in self.in_axes if name not in bound)
        if unknown:
            raise ValueError(
                f"The following `in_axes` did not correspond to any argument: {unknown}. Name "
                f"some of the arguments given, {tuple(bound)}."
            )
        axes: list[Any] = []
        for name, kind in inspect.signature(self.fun).parameters.items():
            if name not in bound:
                continue
            axis = self.in_axes.get(name, FIRST)
            # The rest of the arguments, `*args`, share what is said of them.
            count = len(bound[name]) if kind.kind is inspect.Parameter.VAR_POSITIONAL else 1
            axes += [axis] * count
        return tuple(axes)


class _Outputs:
    """Takes a result apart inside the vectorised function, and puts it together outside."""

    def split(self, out: Any, out_axes: Any) -> tuple[list[Any], list[Any]]:
        """Return the leaves that get an axis, and the arrays that do not."""
        self.leaves, self.treedef = jtu.tree_flatten(out)
        self.axes = axes_of_leaves("out_axes", out_axes, out)
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
                batch = next(next_batched)
                if not -batch.ndim <= axis < batch.ndim:
                    raise ValueError(
                        f"`out_axes` is {axis} for a result of shape {batch.shape[1:]} in each "
                        f"call, which has axes 0 to {batch.ndim - 1} with the mapped one. Give one "
                        "of these."
                    )
                leaves.append(jnp.moveaxis(batch, 0, axis))
        return self.treedef.unflatten(leaves)

    def explain(self, error: Exception) -> None:
        """Add to what JAX raised what it has to do with `out_axes`, or what to do."""
        if "got axis spec None" in str(error):
            error.add_note(
                "`None` in `out_axes` is for a result that is the same in all calls, and this one "
                "is not. Give the axis it is to have, or `None` in `in_axes` for the arguments it "
                "is computed from."
            )
            return
        if "Output from batched function" in str(error):
            for leaf, axis in zip(self.leaves, self.axes, strict=True):
                if axis is not None and not is_array_like(leaf):
                    error.add_note(
                        f"`out_axes` is {axis} for {summary(leaf)}, which is no array. Give `None` "
                        "for it, or `if_array(...)` for all."
                    )
                    return
        advise(error)


class _VmapWrapper(MappedFunction):
    def _map(self, function: Any, in_axes: Any, size: int) -> Any:
        return jax.vmap(
            function,
            in_axes=in_axes,
            out_axes=(0, None),
            axis_name=self.axis_name,
            axis_size=size,
            **self.options,
        )


def filter_vmap(
    fun: Any = sentinel,
    *,
    in_axes: Any = FIRST,
    out_axes: Any = FIRST,
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
