"""PyTrees as text, with each array shortened to its dtype and shape."""

from collections.abc import Callable
from typing import Any

import jax
import jax.tree_util as jtu
import wadler_lindig as wl


def _false(_: Any) -> bool:
    return False


def tree_pformat(
    pytree: Any,
    *,
    width: int = 80,
    indent: int = 2,
    short_arrays: bool = True,
    struct_as_array: bool = False,
    truncate_leaf: Callable[[Any], bool] = _false,
) -> str:
    """Return `pytree` as text of `width` columns where that can be, arrays as `f32[3,4]`.

    Args:
        indent: Columns of each level.
        short_arrays: `False` writes the values of arrays.
        struct_as_array: Write a `jax.ShapeDtypeStruct` as an array is written.
        truncate_leaf: Asked for every node; where it is true only the type's name is written.
    """

    def custom(node: Any) -> wl.AbstractDoc | None:
        if truncate_leaf(node):
            return wl.TextDoc(f"{type(node).__name__}(...)")
        if short_arrays and (
            isinstance(node, jax.Array)
            or (struct_as_array and isinstance(node, jax.ShapeDtypeStruct))
        ):
            weak = "weak_" if getattr(node, "weak_type", False) else ""  # keys have no such flag
            return wl.array_summary(tuple(node.shape), f"{weak}{node.dtype}", None)
        if isinstance(node, (jax.custom_jvp, jax.custom_vjp)):
            return wl.pdoc(node.__wrapped__, **options)
        if isinstance(node, jtu.Partial):
            parts = (("func", node.func), ("args", node.args), ("keywords", node.keywords))
            return wl.bracketed(
                begin=wl.TextDoc(f"{type(node).__name__}("),
                docs=wl.named_objs(parts, **options),
                sep=wl.comma,
                end=wl.TextDoc(")"),
                indent=indent,
            )
        return None

    options = {"indent": indent, "short_arrays": short_arrays, "custom": custom}
    return wl.pformat(pytree, width=width, **options)


def tree_pprint(
    pytree: Any,
    *,
    width: int = 80,
    indent: int = 2,
    short_arrays: bool = True,
    struct_as_array: bool = False,
    truncate_leaf: Callable[[Any], bool] = _false,
) -> None:
    """Print `pytree` as `tree_pformat` writes it, whose arguments these are."""
    print(
        tree_pformat(
            pytree,
            width=width,
            indent=indent,
            short_arrays=short_arrays,
            struct_as_array=struct_as_array,
            truncate_leaf=truncate_leaf,
        )
    )
