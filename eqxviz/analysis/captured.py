"""Names of the arrays and Modules that a function holds without being given them."""

import functools
import inspect
from collections.abc import Iterator, Sequence
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, cast

import numpy as np

from eqxviz.analysis.jax_classes import is_array_class
from eqxviz.analysis.modules import is_module
from eqxviz.analysis.tracing import argument_names
from eqxviz.analysis.user_code import UserCode

_MOST_OBJECTS = 20_000
_MOST_COMPARED = 1 << 20  # elements
_Named = tuple[str, Any]


class CapturedNames:
    """Tells what the user calls an array that a traced function captured, or a Module.

    They are looked for in what the function holds, then in its arguments, whose static fields may
    hold some: closures, defaults, the globals that the user's functions name, attributes of
    objects. Arrays are told by identity; the nearest name counts. The search is made when the
    first name is asked for.
    """

    def __init__(self, function: _Named, arguments: Sequence[_Named], user_code: UserCode) -> None:
        self._function = function
        self._arguments = arguments
        self._user_code = user_code

    def name_of(self, constant: Any) -> str:
        """Return the name of an array: "table", "self.table", "tables['sine']"; "" for none."""
        name = self._names.get(_identity(constant))
        return self._name_by_content(constant) if name is None else name

    def modules(self) -> dict[str, str]:
        """Return the class of each Module that is found, by name."""
        return {name: type(value).__name__ for name, value in self._found if is_module(value)}

    def values(self) -> list[Any]:
        """Return the arrays and Modules that are found, nearest first."""
        return [value for _, value in self._found]

    @functools.cached_property
    def _found(self) -> list[_Named]:
        return list(self._search())

    @functools.cached_property
    def _names(self) -> dict[object, str]:
        arrays = [(name, value) for name, value in self._found if _is_array(value)]
        return {_identity(array): name for name, array in reversed(arrays)}

    def _name_by_content(self, constant: Any) -> str:
        """Return the name of the one NumPy array that JAX may have converted to `constant`."""
        if not isinstance(constant, np.ndarray):
            return ""
        names = {name for name, array in self._found if _may_become(array, constant)}
        return names.pop() if len(names) == 1 else ""

    def _search(self) -> Iterator[_Named]:
        """Yield the arrays and Modules that are found, nearest first."""
        seen: set[int] = set()
        for roots in ([self._function], self._arguments):
            waiting = list(roots)
            for name, value in waiting:  # grows while it is read
                if id(value) in seen or len(seen) > _MOST_OBJECTS:
                    continue
                seen.add(id(value))
                if _is_array(value) or is_module(value):
                    yield name, value
                if not _is_array(value):
                    waiting.extend(self._held_by(name, value))

    def _held_by(self, name: str, value: Any) -> Iterator[_Named]:
        """Yield what is right in `value`, by name."""
        if _is_a(value, FunctionType):
            yield from self._held_by_function(value)
        elif _is_a(value, MethodType):
            yield "self", value.__self__
            yield name, value.__func__
        elif _is_a(value, functools.partial):
            yield from zip(argument_names(value.func, len(value.args)), value.args, strict=True)
            yield from value.keywords.items()
            yield name, value.func
        elif _is_a(value, type):
            yield from self._held_by_class(name, value)
        elif _is_a(value, dict):
            for key, item in cast(dict[Any, Any], value).items():
                if type(key) in (str, int):
                    yield f"{name}[{key!r}]", item
        elif _is_a(value, list, tuple):
            fields = getattr(value, "_fields", None)
            for i, item in enumerate(value):
                yield (f"{name}.{fields[i]}" if fields else f"{name}[{i}]"), item
        elif not _is_a(value, ModuleType):
            yield from self._held_by_object(name, value)

    def _held_by_function(self, function: FunctionType) -> Iterator[_Named]:
        code = function.__code__
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            try:
                yield name, cell.cell_contents
            except ValueError:  # not assigned yet
                continue
        defaults = function.__defaults__ or ()
        names = code.co_varnames[: code.co_argcount]
        yield from zip(names[len(names) - len(defaults) :], defaults, strict=True)
        yield from (function.__kwdefaults__ or {}).items()
        if self._user_code.is_user(code.co_filename):
            used = set(_names_in(code))
            for name in sorted(used & function.__globals__.keys()):
                value = function.__globals__[name]
                yield name, value
                if isinstance(value, ModuleType) and self._is_users(value):
                    held = vars(value)
                    yield from [(f"{name}.{key}", held[key]) for key in sorted(used & held.keys())]
        yield from vars(function).items()  # `__wrapped__`

    def _held_by_class(self, name: str, cls: type) -> Iterator[_Named]:
        """Yield attributes and methods, own and inherited, of the user's classes."""
        for base in cls.__mro__:
            method = next((v for v in vars(base).values() if isinstance(v, FunctionType)), None)
            if method is not None and self._user_code.is_user(method.__code__.co_filename):
                for key, value in vars(base).items():
                    yield (key if isinstance(value, FunctionType) else f"{name}.{key}"), value

    def _held_by_object(self, name: str, value: Any) -> Iterator[_Named]:
        try:
            held = cast(dict[str, Any], object.__getattribute__(value, "__dict__"))
        except AttributeError:
            held = {}
        yield from [(f"{name}.{key}", item) for key, item in held.items()]
        if callable(value):
            yield name, inspect.getattr_static(value, "__wrapped__", None)
        if is_module(value) or held:
            yield name, type(value)

    def _is_users(self, module: ModuleType) -> bool:
        return self._user_code.is_user(getattr(module, "__file__", None) or "")


def _is_array(value: Any) -> bool:
    return _is_a(value, np.ndarray) or is_array_class(cast(Any, type(value)))


def _is_a(value: Any, *classes: type) -> bool:
    """Whether `value` is an instance, by its type: an object's own `__class__` may raise."""
    return issubclass(cast(Any, type(value)), classes)


def _may_become(array: Any, constant: Any) -> bool:
    """Whether JAX, which by default has no float64, makes `constant` of the array."""
    if type(array) is not np.ndarray or constant.size > _MOST_COMPARED:
        return False
    held = cast(Any, array)
    if held.shape != constant.shape or held.dtype.kind != constant.dtype.kind:
        return False
    return np.array_equal(held.astype(constant.dtype), constant)


def _names_in(code: CodeType) -> Iterator[str]:
    """Yield the globals and attributes that `code` names, and functions inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)


def _identity(array: Any) -> object:
    """Return what is equal for the same array: of NumPy's the memory, as JAX makes views of it."""
    if isinstance(array, np.ndarray):
        held = cast(Any, array)
        return held.ctypes.data, held.shape, held.strides, held.dtype.str
    return id(array)
