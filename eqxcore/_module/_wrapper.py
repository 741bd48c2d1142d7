"""Modules that wrap a callable and look like it."""

from collections.abc import Callable
from typing import Any

from eqxcore._module._module import Module
from eqxcore._module._node import WRAPPER_ATTRIBUTES

_absent = object()


def module_update_wrapper(wrapper: Any, wrapped: Callable[..., Any] | None = None) -> Any:
    """Return a copy of `wrapper` with the name, module, documentation and annotations of `wrapped`.

    As `functools.update_wrapper`, but for modules, which cannot be changed.

    Args:
        wrapper: A module whose class has a property `__wrapped__` that gives the wrapped callable.
        wrapped: Whose attributes to take; by default `wrapper.__wrapped__`.

    Raises:
        ValueError: If there is no such property.
    """
    cls = type(wrapper)
    has_wrapped = isinstance(getattr(cls, "__wrapped__", None), property)
    if not (issubclass(cls, Module) and has_wrapped):
        raise ValueError(
            "Wrapper module must supply `__wrapped__` as a property. `module_update_wrapper` was "
            f"given a `{cls.__qualname__}`. Derive the class from `Module`, and define a property "
            "`__wrapped__` in it which returns the wrapped callable."
        )
    if wrapped is None:
        wrapped = wrapper.__wrapped__
    state = dict(vars(wrapper))
    for name in WRAPPER_ATTRIBUTES:
        value = getattr(wrapped, name, _absent)
        if value is not _absent:
            state[name] = value
    copy = object.__new__(cls)
    # Not by updating the dictionary it has, whose items are slower to look up.
    object.__setattr__(copy, "__dict__", state)
    return copy
