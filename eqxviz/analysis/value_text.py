"""What is no array as text: callables with their source, everything else printed, bounded."""

import functools
import inspect
import types
from dataclasses import dataclass
from typing import Any, cast

from eqxviz.analysis import compat
from eqxviz.analysis.named import Variables
from eqxviz.analysis.short_text import error_text, function_text, short_text

MAX_TEXT = 2000
_MAX_PRINTED = 500
_MAX_SOURCE_LINES = 16
_MAX_LINE = 160


@dataclass(frozen=True)
class ObjectText:
    """A text, and where a callable was defined: `file` is "" where that is not known."""

    text: str
    file: str = ""
    line: int = 0


def text_of(obj: Any) -> ObjectText:
    """Return what can be said of an object that is no array, in at most `MAX_TEXT` characters."""
    try:
        return _text_of(obj)
    except Exception as error:  # noqa: BLE001 - the user's flattening and attributes may raise anything
        said = f"Looking into it raises {error_text(error)}"
        return ObjectText(f"{short_text(obj, MAX_TEXT // 2)}\n{said}")


def _text_of(obj: Any) -> ObjectText:
    if isinstance(obj, str):
        return ObjectText(_of_string(obj))
    if isinstance(obj, Variables):
        obj = dict(zip(obj.names, obj.values, strict=True))
    if _is_plain_callable(obj):
        return _of_callable(obj)
    return ObjectText(_printed(obj)[:MAX_TEXT])


def _of_string(obj: str) -> str:
    """Return a string as Python writes it; of a long one the beginning, and how much more."""
    n_shown = min(len(obj), MAX_TEXT)
    while True:
        text, n_more = repr(obj[:n_shown]), len(obj) - n_shown
        text = f"{text} … {n_more:,} more characters" if n_more else text
        if len(text) <= MAX_TEXT:
            return text
        n_shown -= max(1, n_shown // 20)  # what is escaped takes more room than one character


def _is_plain_callable(obj: Any) -> bool:
    """Whether `obj` is a function, a class or the like, rather than an object with `__call__`."""
    if isinstance(obj, (type, functools.partial)):
        return True
    return callable(obj) and isinstance(getattr(obj, "__name__", None), str)


def _of_callable(function: Any) -> ObjectText:
    inner = _unwrapped(function)
    head = function_text(function) if not isinstance(function, type) else short_text(function)
    lines = [head + ("" if head.startswith("<lambda") else _signature(function))]
    module, name = getattr(inner, "__module__", None), getattr(inner, "__qualname__", None)
    if isinstance(module, str) and isinstance(name, str):
        lines.append(f"{module}.{name}")
    doc = getattr(inner, "__doc__", None)
    if isinstance(doc, str) and doc.strip():
        lines.append(doc.strip().split("\n", 1)[0])
    source, file, line = _source(inner)
    if file:
        lines.append(f"{file}:{line}")
    if source:
        lines += ["", *source]
    return ObjectText("\n".join(lines)[:MAX_TEXT], file, line)


def _unwrapped(function: Any) -> Any:
    """Return the function under decorators, jit and partial."""
    for _ in range(16):
        if isinstance(function, functools.partial):
            function = cast(Any, function).func
            continue
        inner = getattr(function, "__wrapped__", None)
        if isinstance(function, type) or not callable(inner):
            break
        function = inner
    return function


def _signature(function: Any) -> str:
    try:
        return str(inspect.signature(function))
    except (TypeError, ValueError):
        return ""


def _source(function: Any) -> tuple[list[str], str, int]:
    """Return the first lines of the source, its file and its first line."""
    owner = getattr(function, "__func__", function)
    if not isinstance(owner, (types.FunctionType, type)):
        return [], "", 0
    try:
        file = inspect.getsourcefile(owner) or ""
        lines, line = inspect.getsourcelines(owner)
    except (OSError, TypeError):  # built in, or made where there is no file
        return [], "", 0
    shown = [text.rstrip("\n")[:_MAX_LINE] for text in lines[:_MAX_SOURCE_LINES]]
    if len(lines) > len(shown):
        shown.append(f"... {len(lines) - len(shown)} more lines")
    return inspect.cleandoc("\n".join(shown)).split("\n"), file, line


def _printed(obj: Any) -> str:
    if not _is_small(obj):
        return short_text(obj, MAX_TEXT)
    import eqxcore  # here, since a script that uses none of it should not load it

    try:
        return eqxcore.tree_pformat(obj)
    except Exception as error:  # noqa: BLE001 - the user's __repr__ may raise anything
        return f"{short_text(obj, MAX_TEXT // 2)}\nIts repr raises {error_text(error)}"


def _is_small(obj: Any) -> bool:
    """Whether all of `obj` can be printed: it is a leaf, or has few nodes below it."""
    if isinstance(obj, (set, frozenset, bytes, bytearray)):
        return len(cast(Any, obj)) <= _MAX_PRINTED
    if isinstance(obj, int):  # its digits take long if it is huge
        return obj.bit_length() <= _MAX_PRINTED
    waiting = [obj]
    for node in waiting:  # grows while it is read
        try:
            children = compat.one_level(node)
        except (TypeError, ValueError):  # it cannot be flattened
            return False
        waiting.extend(child for _, child in children or ())
        if len(waiting) > _MAX_PRINTED:
            return False
    return True
