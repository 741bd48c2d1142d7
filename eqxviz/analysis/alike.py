"""Whether two leaves that are no arrays are the same thing, also from two loadings of a file."""

import functools
import types
from typing import Any

import numpy as np

_MAX_TEXT = 100_000


def is_alike(before: Any, after: Any) -> bool:
    """Whether two objects are equal, or made by the same text of code in two loadings of a file.

    Raises whatever the objects' own `__eq__` and `__repr__` raise.
    """
    if type(before).__qualname__ != type(after).__qualname__:
        return False
    if isinstance(before, types.FunctionType):
        return is_alike(_parts_of_function(before), _parts_of_function(after))
    wrapped = [getattr(value, "__wrapped__", None) for value in (before, after)]
    if all(callable(function) for function in wrapped):
        return is_alike(*wrapped)
    if isinstance(before, type):
        return before.__qualname__ == after.__qualname__
    if isinstance(before, functools.partial):
        return is_alike(_parts_of_partial(before), _parts_of_partial(after))
    if type(before) in (tuple, list):
        return len(before) == len(after) and all(
            is_alike(a, b) for a, b in zip(before, after, strict=True)
        )
    if isinstance(before, np.ndarray):
        # Texts, records, objects: NaN in an array of objects equals only itself.
        return _are_equal_arrays(before, after)
    if bool(before == after):
        return True
    if isinstance(before, (float, complex)):
        return before != before and after != after  # NaN
    # Other objects of a class that was loaded twice: by what they say of themselves.
    is_default = type(before).__repr__ is object.__repr__
    was_reloaded = type(before) is not type(after)
    return was_reloaded and not is_default and _text(before) == _text(after)


def _parts_of_function(function: types.FunctionType) -> tuple[Any, ...]:
    held = [cell.cell_contents for cell in function.__closure__ or ()]
    return _code(function.__code__), function.__defaults__, function.__kwdefaults__, held


def _parts_of_partial(partial: Any) -> tuple[Any, ...]:
    return partial.func, partial.args, partial.keywords


def _code(code: types.CodeType) -> tuple[Any, ...]:
    constants = tuple(_code(c) if isinstance(c, types.CodeType) else c for c in code.co_consts)
    return code.co_code, constants, code.co_names, code.co_varnames


def _text(value: Any) -> str:
    return repr(value)[:_MAX_TEXT]


def _are_equal_arrays(before: Any, after: Any) -> bool:
    return bool(before.dtype == after.dtype) and bool(np.array_equal(before, after))
