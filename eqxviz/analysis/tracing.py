"""Tracing a call of any function on any arguments, by their shapes alone."""

import inspect
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import jax

from eqxviz.analysis import compat
from eqxviz.analysis.children import accessors
from eqxviz.analysis.compat import tree_util
from eqxviz.analysis.leaves import is_array, is_deleted
from eqxviz.analysis.module_scopes import modules_named
from eqxviz.analysis.modules import is_module


class Trace(NamedTuple):
    """A traced call."""

    jaxpr: compat.OpenJaxpr
    input_names: list[str]  # of each input of the jaxpr: "model.layers[0].weight"
    output_names: list[str]  # of each output: its path in the result, "[0]", ".loss", ""


class FlatCall(NamedTuple):
    """A call as a function of its arrays alone."""

    function: Callable[..., list[Any]]
    shapes: list[jax.ShapeDtypeStruct]
    roots: list[str]  # the names of the function and of its arguments
    input_names: list[str]
    output_names: list[str]  # known once the function was traced


def trace(
    fn: Callable[..., Any],
    args: Sequence[Any],
    kwargs: dict[str, Any],
    argument_names: Sequence[str],
    name: str,
    *,
    names_modules: bool = True,
) -> Trace:
    """Return the jaxpr of `fn(*args, **kwargs)`, flattened as `flattened` has it."""
    call = flattened(fn, args, kwargs, argument_names, name, names_modules=names_modules)
    # Jaxprs that are kept hold the names of Modules below these roots.
    jaxpr = compat.trace(call.function, call.shapes, ",".join(call.roots))
    return Trace(jaxpr, call.input_names, call.output_names)


def flattened(
    fn: Callable[..., Any],
    args: Sequence[Any],
    kwargs: dict[str, Any],
    argument_names: Sequence[str],
    name: str,
    *,
    names_modules: bool = True,
) -> FlatCall:
    """Return `fn(*args, **kwargs)` as a function of its arrays.

    Arrays, and `jax.ShapeDtypeStruct`s in their place, become inputs; all other leaves stay as they
    are. `fn` may itself be a PyTree, such as a Module; its arrays, below `name`, come first. With
    `names_modules`, the calls of Modules are named scopes.
    """
    keyed = [*zip(argument_names, args, strict=True), *kwargs.items()]
    roots = [(name, fn), *keyed]
    leaves: list[tuple[Any, Any]]
    leaves, treedef = tree_util.tree_flatten_with_path([value for _, value in roots])
    values = [leaf for _, leaf in leaves]
    dynamic = [i for i, leaf in enumerate(values) if is_array(leaf)]
    input_names: list[str] = [
        roots[leaves[i][0][0].idx][0] + accessors(leaves[i][0][1:]) for i in dynamic
    ]
    output_names: list[str] = []

    def flat(*arrays: Any) -> list[Any]:
        filled = list(values)
        for i, array in zip(dynamic, arrays, strict=True):
            filled[i] = array
        call, *inputs = tree_util.tree_unflatten(treedef, filled)
        positional, named = inputs[: len(args)], inputs[len(args) :]
        named_roots = [(n, v) for (n, _), v in zip(roots, [call, *inputs], strict=True)]
        drawn = call if is_module(call) else None
        with modules_named(named_roots, drawn=drawn) if names_modules else nullcontext():
            result = call(*positional, **dict(zip(kwargs, named, strict=True)))
        returned: list[tuple[Any, Any]] = tree_util.tree_flatten_with_path(result)[0]
        outputs = [(path, value) for path, value in returned if is_array(value)]
        output_names[:] = [accessors(path) for path, _ in outputs]
        return [value for _, value in outputs]

    shapes = [_taken(shape_of(values[i])) for i in dynamic]
    return FlatCall(flat, shapes, [root for root, _ in roots], input_names, output_names)


def argument_names(fn: Callable[..., Any], n_args: int) -> list[str]:
    """Return what the signature of `fn` calls its first `n_args` positional arguments."""
    try:
        parameters = list(inspect.signature(fn).parameters.values())
    except (TypeError, ValueError):  # some builtins have no signature
        parameters = []
    names: list[str] = []
    for parameter in parameters:
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            names.append(parameter.name)
        elif parameter.kind is parameter.VAR_POSITIONAL:
            names += [f"{parameter.name}[{i}]" for i in range(n_args - len(names))]
    names += [f"args[{i}]" for i in range(len(names), n_args)]
    return names[:n_args]


def _taken(shape: Any) -> jax.ShapeDtypeStruct:
    """Return what JAX takes it for: without 64 bits float32 for float64, of which it may warn."""
    if compat.is_key_dtype(shape.dtype):
        return shape
    return shape.update(dtype=jax.dtypes.canonicalize_dtype(shape.dtype))


def shape_of(leaf: Any) -> jax.ShapeDtypeStruct:
    """Return shape, dtype and weak type of an array, even of one that was donated.

    How it is split over a mesh is kept: with explicit axes it is part of the type.
    """
    weak = bool(getattr(leaf, "weak_type", False) or _weak_aval(leaf))
    sharding = None if compat.is_tracer(leaf) else getattr(leaf, "sharding", None)
    if not isinstance(sharding, jax.NamedSharding):
        sharding = None
    return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, weak_type=weak, sharding=sharding)


def abstract(tree: Any) -> Any:
    """Return `tree` with each array replaced by its shape, dtype and weak type.

    Other leaves are kept. This is what is remembered of a call, so that no array is held.
    """

    def shape_or_leaf(leaf: Any) -> Any:
        return shape_of(leaf) if is_array(leaf) else leaf

    return tree_util.tree_map(shape_or_leaf, tree)


def scalar_paths(tree: Any) -> list[tuple[str, Any]]:
    """Return path and array of each scalar in a result: real numbers and booleans.

    Paths are as Python writes them after the result's name: "", "[0]", ".loss", "['accuracy']".
    """
    if not any(
        map(_is_scalar, tree_util.tree_leaves(tree))
    ):  # paths are slow, and mostly not needed
        return []
    leaves: list[tuple[Any, Any]] = tree_util.tree_flatten_with_path(tree)[0]
    return [(accessors(path), leaf) for path, leaf in leaves if _is_scalar(leaf)]


def _weak_aval(leaf: Any) -> bool:
    return compat.is_tracer(leaf) and bool(getattr(leaf.aval, "weak_type", False))


def _is_scalar(leaf: Any) -> bool:
    if not is_array(leaf) or leaf.shape != () or is_deleted(leaf):
        return False
    return not compat.is_key_dtype(leaf.dtype) and not compat.is_complex_dtype(leaf.dtype)
