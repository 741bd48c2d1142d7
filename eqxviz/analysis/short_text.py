"""One line of text for any Python object, whatever it holds and whatever its `__repr__` does."""

import collections
import functools
import os
import re
import reprlib
import types
from typing import Any, cast

import numpy as np

from eqxviz.analysis.jax_classes import is_array_class, is_shape_class, is_tracer_class
from eqxviz.analysis.modules import LIBRARIES, field_names, is_module
from eqxviz.analysis.short_dtypes import short_dtype

MAX_LENGTH = 80
MAX_ERROR = 300
KEY_LENGTH = 200
_MAX_FIELDS = 4
_INT_BITS = 10_000
_LONG = 10**60
_SHORT_ALREADY = (float, bool, complex)
_ADDRESS = re.compile(r" (?:object )?at 0x[0-9a-fA-F]+")
_SPACES = re.compile(r"\s*[^\S ]\s*")  # line breaks and such; the spaces of a text stay


def short_text(value: Any, limit: int = MAX_LENGTH) -> str:
    """Return `value` on one line: `<function relu>`, `'gelu'`, `f32[8,3]`, `(1, 2)`."""
    if type(value) in _SHORT_ALREADY or (type(value) is int and -_LONG < value < _LONG):
        return repr(value)
    try:
        text = _SPACES.sub(" ", _Short(limit).repr(value)).strip()
    except Exception:  # noqa: BLE001 - the user's __repr__, __class__, __getattr__ may raise anything
        return f"<{type(value).__name__}, whose repr fails>"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def own_text(value: Any, limit: int = MAX_LENGTH) -> str:
    """Return `value` on one line as `short_text` does, without running any `__repr__` of a user's.

    Scalars that are there already are told, and arrays that are traced or deleted.
    """
    try:
        text = _SPACES.sub(" ", _Own(limit).repr(value)).strip()
    except Exception:  # noqa: BLE001 - the user's __class__, __getattr__, __len__ may raise anything
        return f"<{type(value).__name__}>"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def item_text(key: object) -> str:
    """Return how the item `key` of a mapping is reached: `['loss']`, `[3]`."""
    is_whole = type(key) is str and len(key) <= KEY_LENGTH
    return f"[{key!r}]" if is_whole else f"[{short_text(key, KEY_LENGTH)}]"


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


def error_text(error: BaseException) -> str:
    """Return an exception as `TypeError: no children`, bounded."""
    try:
        said = _SPACES.sub(" ", str(error)[:MAX_ERROR]).strip().rstrip(".")
    except Exception:  # noqa: BLE001 - the user's exception may fail to print, too
        said = ""
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def array_text(value: Any) -> str:
    """Return an array's type as JAX writes it: `f32[8,3]`."""
    return f"{short_dtype(value.dtype)}[{','.join(map(str, value.shape))}]"


def _unwrapped(function: Any) -> Any:
    """Follow `__wrapped__` from a jitted or decorated callable to the function under it."""
    for _ in range(16):
        inner = getattr(function, "__wrapped__", None)
        if isinstance(function, types.FunctionType) or not callable(inner):
            break
        function = inner
    return function


class _Short(reprlib.Repr):
    """The standard library's bounded repr, for which an object's own is the last resort."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = limit
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = self.maxfrozenset = 8
        self.maxlevel = 3

    def repr1(self, x: Any, level: int) -> str:
        if isinstance(x, type):
            return f"<class {x.__name__}>"
        if _has_shape(type(x)):
            return array_text(x)
        if _is_function(x):
            return function_text(x)
        if is_module(x) and type(x).__repr__.__module__.split(".", 1)[0] in LIBRARIES:
            return self._module_text(x, level)
        if type(x).__module__ == "builtins":
            return super().repr1(x, level)
        return self.repr_instance(x, level)

    def repr_int(self, x: int, level: int) -> str:
        # Python refuses to print integers of more than some thousand digits.
        return super().repr_int(x, level) if x.bit_length() < _INT_BITS else "<a huge int>"

    def repr_bytes(self, x: bytes, level: int) -> str:
        return repr(x[: self.maxstring])

    def repr_bytearray(self, x: bytearray, level: int) -> str:
        return repr(x[: self.maxstring])

    def repr_instance(self, x: Any, level: int) -> str:
        try:
            text = repr(x)
        except Exception:  # noqa: BLE001 - the user's __repr__ may raise anything
            return f"<{type(x).__name__}, whose repr fails>"
        return _ADDRESS.sub("", text[: 4 * self.maxother])

    def _module_text(self, x: Any, level: int) -> str:
        """Return a Module with its first fields; its own repr prints all that it holds."""
        names = field_names(x)
        if level <= 0 or not names:
            return f"{type(x).__name__}({'...' if names else ''})"
        parts = [f"{n}={self.repr1(getattr(x, n, None), level - 1)}" for n in names[:_MAX_FIELDS]]
        parts += ["..."] if len(names) > _MAX_FIELDS else []
        return f"{type(x).__name__}({', '.join(parts)})"


class _Own(_Short):
    """Describes objects by their class and attributes, those apart whose `__repr__` is known."""

    def repr1(self, x: Any, level: int) -> str:
        cls = cast(type[Any], type(x))
        if is_tracer_class(cls):
            return f"{array_text(x)} traced"
        if is_array_class(cls):
            return _array_now(x)
        if cls is np.ndarray and not x.ndim:
            return f"{array_text(x)} {x}"
        if issubclass(cls, _CONTAINERS) and cls.__module__ != "builtins":
            return self._container(x, level)
        return super().repr1(x, level)

    def repr_instance(self, x: Any, level: int) -> str:
        cls = cast(type[Any], type(x))
        by = next(each for each in cls.__mro__ if "__repr__" in vars(each))
        if cls in _PLAIN or by in _SCALARS or by.__module__.partition(".")[0] in _TRUSTED:
            return super().repr_instance(x, level)
        if issubclass(cls, types.ModuleType):
            return f"<module {x.__name__}>"
        if is_module(x):
            return self._module_text(x, level)
        if issubclass(cls, BaseException):
            return f"{cls.__name__}({', '.join(self.repr1(a, level - 1) for a in x.args)})"
        attributes = self._attributes(x, level)
        return f"{cls.__name__}({attributes})" if attributes else f"<{cls.__name__}>"

    def _container(self, x: Any, level: int) -> str:
        name = type(x).__name__
        fields = cast(Any, getattr(cast(type[Any], type(x)), "_fields", None))
        if fields is not None and issubclass(type(x), tuple) and level > 0:  # a named tuple
            parts = [f"{n}={self.repr1(v, level - 1)}" for n, v in zip(fields, x, strict=False)]
            more = ["..."] if len(parts) > _MAX_FIELDS else []
            return f"{name}({', '.join(parts[:_MAX_FIELDS] + more)})"
        base = next(each for each in _CONTAINERS if issubclass(type(x), each))
        return f"{name} of {base.__len__(x):,}"

    def _attributes(self, x: Any, level: int) -> str:
        try:
            found: dict[str, Any] = object.__getattribute__(x, "__dict__")
        except AttributeError:
            return ""
        if level <= 0:
            return "..." if found else ""
        first = [(n, found[n]) for n in list(found)[:_MAX_FIELDS]]
        parts = [f"{n}={self.repr1(v, level - 1)}" for n, v in first]
        return ", ".join([*parts, *(["..."] if len(found) > _MAX_FIELDS else [])])


# Their own texts are short, and hold none of a user's.
_TRUSTED = frozenset({
    "numpy", "jax", "jaxlib", "pathlib", "datetime", "decimal", "fractions", "enum", "uuid", "re",
})  # fmt: skip
_SCALARS = (str, bytes, int, float, complex)  # of which there may be classes of a user's
_PLAIN = (float, bool, complex, type(None), range, type(...), type(NotImplemented), memoryview)
_CONTAINERS: tuple[Any, ...] = (dict, list, tuple, set, frozenset, collections.deque)


def _array_now(array: Any) -> str:
    """Return the type of a JAX array; of a scalar its value as well, if it need not be awaited."""
    text = array_text(array)
    if array.is_deleted():
        return f"{text} deleted"
    is_key = not isinstance(array.dtype, np.dtype)  # NumPy has no such dtype, and no values of it
    if array.ndim or is_key or not array.is_ready():
        return text
    return f"{text} {np.asarray(array)}"


def _has_shape(cls: Any) -> bool:
    is_of_jax = is_array_class(cls) or is_tracer_class(cls) or is_shape_class(cls)
    return is_of_jax or issubclass(cls, np.ndarray)


def _is_function(value: Any) -> bool:
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, types.MethodType)):
        return True
    if isinstance(value, functools.partial):
        return True
    # jitted functions, custom derivatives, NumPy's and jax.numpy's ufuncs
    return callable(value) and isinstance(getattr(value, "__name__", None), str)
