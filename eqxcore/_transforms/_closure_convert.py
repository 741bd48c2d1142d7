"""Functions whose closed-over arrays are brought to light."""

from collections.abc import Callable
from typing import Any

import jax
import jax.tree_util as jtu
from jax.core import eval_jaxpr

from eqxcore._filters import combine, partition
from eqxcore._module import Module, field
from eqxcore._pretty import tree_pformat
from eqxcore._transforms._jaxpr import filter_make_jaxpr, has_shape_and_dtype


def _shape(leaf: Any) -> jax.ShapeDtypeStruct:
    # As JAX will take it: unless it was told otherwise, 64 bits of NumPy for 32.
    dtype = jax.dtypes.canonicalize_dtype(leaf.dtype, allow_extended_dtype=True)
    return jax.ShapeDtypeStruct(leaf.shape, dtype)


class _ClosureConverted(Module):
    """A function as what it computes, and the arrays it closed over, which are its children."""

    jaxpr: Any = field(static=True)
    consts: list[Any]
    in_dynamic_struct: Any = field(static=True)
    in_static: Any = field(static=True)
    out_dynamic_struct: Any = field(static=True)
    out_static: Any = field(static=True)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        dynamic, static = partition((args, kwargs), has_shape_and_dtype)
        struct = jtu.tree_map(_shape, dynamic)
        for kind, called, converted in (
            ("dynamic", struct, self.in_dynamic_struct),
            ("static", static, self.in_static),
        ):
            if jtu.tree_structure(called) != jtu.tree_structure(converted) or jtu.tree_leaves(
                called
            ) != jtu.tree_leaves(converted):
                raise ValueError(
                    f"Closure-converted function called with different {kind} arguments to the "
                    "example arguments provided:\n\nCalled with: "
                    f"{tree_pformat(called, struct_as_array=True)}\n\nClosure-converted with: "
                    f"{tree_pformat(converted, struct_as_array=True)}\n\nGive it arguments like "
                    "those, or convert it once more for these."
                )
        leaves = jtu.tree_leaves(dynamic)
        out = eval_jaxpr(self.jaxpr, self.consts, *leaves)
        structure = jtu.tree_structure(self.out_dynamic_struct)
        return combine(structure.unflatten(out), self.out_static)


def filter_closure_convert(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Return `fn` as a PyTree that holds, as `consts`, all arrays it closes over.

    As `jax.closure_convert`, for any PyTrees, and for arrays of every type. Useful where tracers
    that a function closes over must be seen: before `jax.custom_vjp`, or the rule of a primitive.

    Args:
        args: Example arguments, as are `kwargs`. Arrays among them may be given as
            `jax.ShapeDtypeStruct`s; `fn` is traced, not run. What is returned is to be called with
            arguments of the same structure, shapes and types, and equal static leaves.

    Raises:
        ValueError: When the result is called: if the arguments differ in that.
    """
    jaxpr, shapes, static = filter_make_jaxpr(fn)(*args, **kwargs)
    in_dynamic, in_static = partition((args, kwargs), has_shape_and_dtype)
    return _ClosureConverted(
        jaxpr=jaxpr.jaxpr,
        consts=list(jaxpr.consts),
        in_dynamic_struct=jtu.tree_map(_shape, in_dynamic),
        in_static=in_static,
        out_dynamic_struct=shapes,
        out_static=static,
    )
