"""What a function was transformed by: the result of `jax.vmap`, `eqx.filter_grad` and others.

JAX keeps that in the closures of the functions that it returns, Equinox and eqxcore in wrappers.
"""

import functools
import inspect
import os
import types
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import jax

from eqxviz.analysis import compat
from eqxviz.analysis.modules import library_of_class

_WRAPPERS = {
    "_VmapWrapper": "filter_vmap",
    "_JitWrapper": "filter_jit",
    "JitWrapper": "filter_jit",
    "_GradWrapper": "filter_grad",
    "_ValueAndGradWrapper": "filter_value_and_grad",
}
# By the names that JAX gives to the closures.
_CLOSURES = {
    name: name
    for name in ("vmap", "pmap", "grad", "value_and_grad", "jacfwd", "jacrev", "checkpoint")
}


class Transformation(NamedTuple):
    """A transformed function."""

    name: str  # "vmap", "filter_grad"
    function: Any  # what it is made of
    options: Mapping[str, Any]  # as JAX names them: "in_axes", "argnums", "static_argnums"


def transformation_of(function: Any) -> Transformation | None:
    """Return what made `function`, the outermost transformation; None for one of none."""
    if isinstance(function, jax.stages.Wrapped):
        inner = getattr(function, "__wrapped__", None)
        return Transformation("jit", inner, compat.jit_options(function))
    cls: type = function.__class__
    if library_of_class(cls):
        name = _WRAPPERS.get(cls.__name__)
        fields = cast(dict[str, Any], vars(function))
        options = {key.lstrip("_"): value for key, value in fields.items()}
        inner = getattr(function, "__wrapped__", None)
        return Transformation(name, inner, options) if name else None
    return _of_closure(function) if inspect.isfunction(function) else None


def bound(function: Any, args: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...], Mapping[str, Any]]:
    """Return a method or partial application as its function, with all positional arguments and
    the keyword arguments that it holds.
    """
    named: dict[str, Any] = {}
    while True:
        if isinstance(function, types.MethodType):
            function, args = function.__func__, (function.__self__, *args)
        elif isinstance(function, functools.partial):
            named = {**function.keywords, **named}
            function, args = function.func, (*function.args, *args)
        else:
            return function, args, named


def _of_closure(function: Any) -> Transformation | None:
    name = ""
    options: dict[str, Any] = {}
    while inspect.isfunction(function) and _is_jax(function.__code__.co_filename):
        code = function.__code__
        cells = _contents(function)
        name = name or _CLOSURES.get(code.co_qualname.partition(".")[0], "")
        options.update(cells)
        # `grad` is made of `value_and_grad`.
        function = cells.get("fun", cells.get("value_and_grad_f"))
        is_door = code.co_qualname.startswith("api_boundary")
        if name and not is_door and "value_and_grad_f" not in cells:
            break
    return Transformation(name, function, options) if name else None


def _contents(function: Any) -> dict[str, Any]:
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=False)
    found: dict[str, Any] = {}
    for name, cell in cells:
        try:
            found[name] = cell.cell_contents
        except ValueError:  # empty as yet
            continue
    return found


@functools.cache
def _is_jax(file: str) -> bool:
    return file.startswith(os.path.join(os.path.dirname(str(jax.__file__)), ""))
