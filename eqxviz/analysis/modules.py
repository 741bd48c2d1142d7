"""What an eqxcore or Equinox Module is, told without importing either."""

import dataclasses
import functools
import sys
from collections.abc import Iterator
from typing import Any, cast

LIBRARIES = ("eqxcore", "equinox")


def is_module(value: object) -> bool:
    """Whether `value` is an instance of a Module of eqxcore or Equinox."""
    return is_module_class(type(value))


@functools.lru_cache(maxsize=8192)
def is_module_class(cls: type) -> bool:
    """Whether `cls` derives from the `Module` of eqxcore or Equinox."""
    return bool(library_of_class(cls))


def module_classes() -> Iterator[type]:
    """Yield every class derived from a `Module` that is now imported, bases first."""
    bases = [getattr(sys.modules.get(name), "Module", None) for name in LIBRARIES]
    waiting: list[type] = [b for b in bases if isinstance(b, type)]
    seen: set[type] = set(waiting)
    while waiting:
        cls = waiting.pop(0)
        yield cls
        for derived in type.__subclasses__(cls):
            if derived not in seen:
                seen.add(derived)
                waiting.append(derived)


def is_layer_class(cls: type) -> bool:
    """Whether `cls` is the user's or a layer of a library, no wrapper such as `filter_jit`'s."""
    library = _library(cls)
    return not library or cls.__module__.split(".")[1:2] == ["nn"]


def has_call(cls: type) -> bool:
    """Whether instances of `cls` can be called."""
    # Not `hasattr`: that finds how the class itself is called.
    return any("__call__" in vars(each) for each in cls.__mro__)


def static_fields(value: Any, child_names: set[str]) -> Iterator[tuple[str, Any]]:
    """Yield name and value of each dataclass field of `value` that is none of its children.

    Such a field is part of the treedef: a Module's `field(static=True)`, a registered
    dataclass's metadata field.
    """
    for name in field_names(value):
        if name not in child_names:
            try:
                yield name, getattr(value, name)
            except AttributeError:  # a field that `__init__` has not set
                continue


def library_of_class(cls: type) -> str:
    """Return the library whose `Module` the class derives from, "" if from none."""
    bases = (base for base in cls.__mro__ if base.__qualname__ == "Module" and _library(base))
    return next(map(_library, bases), "")


def field_names(value: object) -> list[str]:
    """Return the names of the dataclass fields of `value`, in order; none for other objects."""
    return list(_class_fields(type(value)))


@functools.lru_cache(maxsize=8192)
def _class_fields(cls: type) -> tuple[str, ...]:
    if not dataclasses.is_dataclass(cls):
        return ()
    return tuple(f.name for f in dataclasses.fields(cast(Any, cls)))


def _library(cls: type) -> str:
    package = str(cls.__module__).split(".", 1)[0]
    return package if package in LIBRARIES else ""
