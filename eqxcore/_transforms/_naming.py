"""Naming the leaves of a call, and the function called, as the user would."""

import functools
import inspect
import re
import types
from typing import Any

import jax.tree_util as jtu

#: The arguments of the functions that are given to `jax.jit`: sequences of arrays, the second of
#: them donated. JAX's messages name arrays by these.
TRACED_SIGNATURE = inspect.signature(lambda arrays, donated=(): None)


def leaf_names(leaves: list[Any], treedef: Any) -> list[str]:
    """Return names such as `model.layers[0].weight` for the leaves of a call.

    The call is `(args, fun)`, or `(args, kwargs, fun)`.
    """
    call = treedef.unflatten(leaves)
    positional = positional_names(call[-1])
    names = []
    for path, _ in jtu.tree_flatten_with_path(call)[0]:
        part, rest = path[0].idx, path[1:]
        if part == len(call) - 1:
            names.append("fun" + jtu.keystr(rest))
        elif part == 0 and rest[0].idx < len(positional):
            names.append(positional[rest[0].idx] + jtu.keystr(rest[1:]))
        elif part == 0:
            names.append("args" + jtu.keystr(rest))
        else:
            names.append(rest[0].key + jtu.keystr(rest[1:]))
    return names


def positional_names(fun: Any) -> list[str]:
    """Return the names of the arguments of `fun` that may be given by position, but `*args`."""
    try:
        parameters = inspect.signature(fun).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [parameter.name for parameter in parameters if parameter.kind in kinds]


def function_name(fun: Any) -> str:
    """Return what to call `fun` in a message."""
    return getattr(fun, "__name__", type(fun).__name__)


def name_after(traced: Any, fun: Any) -> None:
    """Have JAX report `traced` as `fun`: in logs of compilations, in profiles, in errors."""
    traced.__signature__ = TRACED_SIGNATURE
    traced.__name__ = getattr(fun, "__name__", type(fun).__name__)
    traced.__qualname__ = getattr(fun, "__qualname__", traced.__name__)
    function = _python_function(fun)
    if function is not None:
        # With nothing in it that would be kept by being here: a closure may hold a model.
        cells = tuple(types.CellType() for _ in function.__code__.co_freevars)
        traced.__wrapped__ = types.FunctionType(function.__code__, {}, closure=cells)


def _python_function(fun: Any) -> types.FunctionType | None:
    """Return the function that runs when `fun` is called, if it is written in Python.

    It holds none of the arrays that `fun` may hold.
    """
    while isinstance(fun, functools.partial):
        fun = fun.func
    fun = inspect.unwrap(fun)
    fun = getattr(fun, "__func__", fun)
    if not isinstance(fun, types.FunctionType):
        fun = inspect.unwrap(type(fun).__call__)
    return fun if isinstance(fun, types.FunctionType) else None


def note_names(error: Exception, traced: Any, groups: dict[str, Any]) -> None:
    """Add to `error` what the arrays are that its message speaks of, if it is about `traced`.

    Args:
        groups: The names of the arrays in each argument of `TRACED_SIGNATURE`.
    """
    if f"the function {traced.__name__} at " in str(error):
        note_places(error, groups)


def note_places(error: Exception, groups: dict[str, Any]) -> None:
    """Add to `error` what the arrays are that its message calls by their place in `groups`."""
    pattern = "|".join(groups)
    met = dict.fromkeys(re.findall(rf"\b({pattern})\[(\d+)\]", str(error)))
    for group, index in met:
        error.add_note(f"Here `{group}[{index}]` is `{groups[group][int(index)]}`.")
