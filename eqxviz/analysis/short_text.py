"""One line of text for any Python object, whatever it holds and whatever its `__repr__` does."""

import functools
import os
import re
import reprlib
import types
from typing import Any, cast

import jax
import numpy as np

from eqxviz.analysis import compat

MAX_LENGTH = 80
_SHORT_ALREADY = (float, bool, complex)
_ADDRESS = re.compile(r" (?:object )?at 0x[0-9a-fA-F]+")
_SPACES = re.compile(r"\s+")


def short_text(value: Any, limit: int = MAX_LENGTH) -> str:
    """Return `value` on one line: `<function relu>`, `'gelu'`, `f32[8,3]`, `(1, 2)`."""
    if type(value) in _SHORT_ALREADY:
        return repr(value)
    text = _SPACES.sub(" ", _Short(limit).repr(value)).strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def function_text(function: Any) -> str:
    """Return a callable as `<function relu>`, `<lambda at model.py:12>`."""
    function = _unwrapped(function)
    if isinstance(function, functools.partial):
        inner = cast(Any, function).func
        return f"<partial of {function_text(inner).strip('<>')}>"
    name = getattr(function, "__name__", None)
    if not isinstance(name, str):
        return f"<{type(function).__name__}>"
    code = getattr(function, "__code__", None)
    if name == "<lambda>" and isinstance(code, types.CodeType):
        return f"<lambda at {os.path.basename(code.co_filename)}:{code.co_firstlineno}>"
    owner = getattr(function, "__self__", None)
    if isinstance(function, types.MethodType) and not isinstance(owner, type):
        return f"<method {type(owner).__name__}.{name}>"
    return f"<function {name}>"


def array_text(value: Any) -> str:
    """Return an array's type as JAX writes it: `f32[8,3]`."""
    return f"{compat.short_dtype(value.dtype)}[{','.join(map(str, value.shape))}]"


def _unwrapped(function: Any) -> Any:
    """Follow `__wrapped__` from a jitted or decorated callable to the function under it."""
    for _ in range(16):
        inner = getattr(function, "__wrapped__", None)
        if isinstance(function, types.FunctionType) or not callable(inner):
            break
        function = inner
    return function


class _Short(reprlib.Repr):
    """The standard library's bounded repr, which survives failing and recursive ones."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = limit
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = self.maxfrozenset = 8

    def repr1(self, x: Any, level: int) -> str:
        if isinstance(x, type):
            return f"<class {x.__name__}>"
        if isinstance(x, (jax.Array, np.ndarray, jax.ShapeDtypeStruct)):
            return array_text(x)
        if _is_function(x):
            return function_text(x)
        if type(x).__module__ == "builtins":
            return super().repr1(x, level)
        return self.repr_instance(x, level)

    def repr_instance(self, x: Any, level: int) -> str:
        try:
            text = repr(x)
        except Exception:  # noqa: BLE001 - the user's __repr__ may raise anything
            return f"<{type(x).__name__}, whose repr fails>"
        return _ADDRESS.sub("", text[: 4 * self.maxother])


def _is_function(value: Any) -> bool:
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, types.MethodType)):
        return True
    if isinstance(value, functools.partial):
        return True
    # jitted functions, custom derivatives, NumPy's and jax.numpy's ufuncs
    return callable(value) and isinstance(getattr(value, "__name__", None), str)
