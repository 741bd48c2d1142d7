"""What a function computes, found by tracing it without running it."""

from collections.abc import Callable
from typing import Any

import jax
import jax.tree_util as jtu

from eqxcore._filters import combine, is_array, partition
from eqxcore._module import module_update_wrapper
from eqxcore._transforms._result import packed, unpacked
from eqxcore._transforms._wrapped import WrappedFunction


def has_shape_and_dtype(leaf: Any) -> bool:
    """Return `True` if `leaf` can stand for an array where nothing is computed."""
    return hasattr(leaf, "shape") and hasattr(leaf, "dtype")


class _MakeJaxpr(WrappedFunction):
    def __call__(self, /, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        dynamic, static = partition((args, kwargs), has_shape_and_dtype)
        static_out: Any = None

        def function(*leaves: Any) -> Any:
            nonlocal static_out
            args, kwargs = combine(structure.unflatten(leaves), static)
            out, static_out = partition(self.fun(*args, **kwargs), is_array)
            return out

        leaves, structure = jtu.tree_flatten(dynamic)
        jaxpr, shapes = jax.make_jaxpr(function, return_shape=True)(*leaves)
        return jaxpr, shapes, static_out

    def _made_by(self) -> tuple[str, dict[str, Any]]:
        return "filter_make_jaxpr", {}


def filter_make_jaxpr(fun: Callable[..., Any]) -> Any:
    """Return a function that traces `fun` on its arguments, and tells what was found.

    It returns a triple: a `ClosedJaxpr`; the result's arrays as `jax.ShapeDtypeStruct`s, in a
    PyTree with `None` for the other leaves; and those other leaves, with `None` for the arrays.
    Whatever has a `shape` and a `dtype` may stand for an array among the arguments; everything else
    is static.
    """
    return module_update_wrapper(_MakeJaxpr(fun))


def filter_eval_shape(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Return `fun(*args, **kwargs)` with a `jax.ShapeDtypeStruct` for each array, computing none.

    Arguments and results may hold anything. Arrays among the arguments may be given as
    `jax.ShapeDtypeStruct`s too.
    """
    dynamic, static = partition((fun, args, kwargs), has_shape_and_dtype)

    def function(dynamic: Any) -> Any:
        fun, args, kwargs = combine(dynamic, static)
        return packed(fun(*args, **kwargs))

    return unpacked(jax.eval_shape(function, dynamic))
