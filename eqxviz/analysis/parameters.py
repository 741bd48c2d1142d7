"""The parameters of an equation as one short line."""

import enum
import functools
import os
from typing import Any, cast

import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.short_text import short_text

MAX_TEXT = 400
_MAX_VALUE = 160
_PLAIN = (int, float, bool, str)


def parameters_text(params: dict[str, Any], *, tells_jaxprs: bool = False) -> str:
    """Return `name=value` of each parameter that says something.

    Nested jaxprs are left out but for those that `tells_jaxprs` asks for: they combine elements,
    and are no part of the graph. Of a callback the user's function is named.
    """
    parts: list[str] = []
    for name, value in params.items():
        if name == "callback":
            parts.append(f"callback={_function_text(compat.callback_of(value))}")
        elif tells_jaxprs and compat.open_jaxpr(value) is not None:
            parts.append(f"{name}={' '.join(str(value).split())[:_MAX_VALUE]}")
        elif not _says_nothing(value):
            parts.append(f"{name}={_value_text(value)}")
    text = " ".join(parts)
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def _function_text(function: Any) -> str:
    """Return name and place of a function: "print_it (train.py:12)"."""
    code = getattr(function, "__code__", None)
    name = str(getattr(function, "__qualname__", "") or type(function).__name__)
    if code is None:
        return name
    return f"{name} ({os.path.basename(code.co_filename)}:{code.co_firstlineno})"


def _says_nothing(value: Any) -> bool:
    """Whether `value` is a default, a nested jaxpr, or an object of JAX's own making."""
    if value is None or value is False:
        return True
    if isinstance(value, (tuple, list)):
        return all(map(_says_nothing, cast(tuple[Any, ...], value)))
    if isinstance(value, (type, _PLAIN)):
        return False
    if compat.open_jaxpr(value) is not None:
        return True
    if callable(value) and not hasattr(value, "axis_names"):  # a mesh can be called, as a decorator
        return True
    return type(value).__name__ in ("UnspecifiedValue", "WrappedFun", "DebugInfo", "FTTuple")


def _value_text(value: Any) -> str:
    if isinstance(value, (str, np.dtype, np.integer, enum.Enum)):
        return str(cast(Any, value))[:_MAX_VALUE]
    if isinstance(value, tuple):
        items = value = cast(tuple[Any, ...], value)
        if len(items) <= 16:
            inner = ", ".join(map(_value_text, items))
            return f"({inner},)" if len(items) == 1 else f"({inner})"
    try:
        return _cached_text(value)
    except TypeError:  # not hashable
        return short_text(value, _MAX_VALUE)


@functools.lru_cache(maxsize=4096, typed=True)  # 1 == 1.0 == True, but they read differently
def _cached_text(value: Any) -> str:
    return short_text(value, _MAX_VALUE)
