"""Calling Python functions from inside compiled ones."""

from collections.abc import Callable
from typing import Any

import jax
import jax.tree_util as jtu

from eqxcore._filters import combine, is_array, partition
from eqxcore._pretty import tree_pformat
from eqxcore._transforms._jaxpr import has_shape_and_dtype
from eqxcore._types import summary


def filter_pure_callback(
    callback: Callable[..., Any],
    *args: Any,
    result_shape_dtypes: Any,
    sharding: Any = None,
    vmap_method: str | None = None,
    vectorized: bool | None = None,
    **kwargs: Any,
) -> Any:
    """Return `callback(*args, **kwargs)`, called each time a compiled function gets here.

    As `jax.pure_callback`, for any PyTrees: the callback is given JAX arrays for the arrays among
    the arguments, and everything else as it is. It must have no side effects: it may be called any
    number of times, or not at all if nothing depends on its result.

    Args:
        result_shape_dtypes: What the callback returns, a PyTree with a `jax.ShapeDtypeStruct` for
            each array, and everything else as it is.
        sharding: Says from which device the callback is called.
        vmap_method: How the callback is vectorised, as for `jax.pure_callback`.
        vectorized: Of old for `vmap_method`: `True` for "legacy_vectorized", and `False` for
            "sequential".

    Raises:
        ValueError: If both `vmap_method` and `vectorized` are given.
        RuntimeError: When this runs: if the callback raises an error, or returns anything that
            `result_shape_dtypes` did not say.
    """
    if vectorized is not None:
        if vmap_method is not None:
            raise ValueError(
                f"`filter_pure_callback` was given both vmap_method={vmap_method!r} and "
                f"vectorized={vectorized!r}, which say the same thing. Give the first alone."
            )
        vmap_method = "legacy_vectorized" if vectorized else "sequential"
    dynamic, static = partition((args, kwargs), is_array)
    shapes, static_out = partition(result_shape_dtypes, has_shape_and_dtype)

    def called(dynamic: Any) -> list[Any]:
        args, kwargs = combine(dynamic, static)
        return _arrays(callback, callback(*args, **kwargs), result_shape_dtypes)

    leaves, structure = jtu.tree_flatten(shapes)
    out = jax.pure_callback(called, leaves, dynamic, sharding=sharding, vmap_method=vmap_method)
    return combine(structure.unflatten(out), static_out)


def _arrays(callback: Any, out: Any, expected: Any) -> list[Any]:
    """Return the arrays in what a callback returned.

    Raises:
        ValueError: If the rest is not as expected.
    """
    name = getattr(callback, "__name__", repr(callback))
    slots, structure = jtu.tree_flatten_with_path(expected)
    leaves, out_structure = jtu.tree_flatten(out)
    if structure != out_structure:
        raise ValueError(
            f"The callback `{name}` returned\n{tree_pformat(out)}\nwhose structure is not that of "
            "`result_shape_dtypes`, which is\n"
            f"{tree_pformat(expected, struct_as_array=True)}\nMake them the same."
        )
    arrays = []
    for (path, slot), leaf in zip(slots, leaves, strict=True):
        if has_shape_and_dtype(slot):
            arrays.append(leaf)
        elif type(leaf) is not type(slot) or leaf != slot:
            raise ValueError(
                f"The callback `{name}` returned {summary(leaf)} where "
                f"`result_shape_dtypes{jtu.keystr(path)}` is {summary(slot)}. Only arrays may "
                "differ from call to call: for one, give a `jax.ShapeDtypeStruct` there."
            )
    return arrays
