"""The attribute of a class that makes each of its methods a PyTree once it is bound."""

import functools
import types
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import jax

# What the plain attribute protocol would bind by making a `types.MethodType`.
_FUNCTION_TYPES = (
    types.FunctionType,
    type(jax.jit(lambda: None)),
    type(functools.lru_cache(lambda: None)),
)


#: The attributes in a class itself, as Python has them; see `shown_attributes`.
own_attributes: Callable[[type], Mapping[str, Any]] = type.__dict__["__dict__"].__get__


class Method:
    """Stands in a class for one of its functions; through an instance it gives a bound PyTree."""

    __slots__ = ("copied", "function")

    #: Makes the bound method. A bound method is a module, so its class comes later and sets this.
    bind: ClassVar[Callable[[Any, Any], Any]]

    def __init__(self, function: Any, copied: bool = False) -> None:
        self.function = function
        #: The function was defined in a base that is no module, and only looked up from there.
        self.copied = copied

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self.function if instance is None else Method.bind(self.function, instance)

    @property
    def __isabstractmethod__(self) -> bool:
        return getattr(self.function, "__isabstractmethod__", False)

    @property
    def __wrapped__(self) -> Any:
        return self.function


def is_special(name: str) -> bool:
    """Return `True` for names such as `__call__`, whose functions are left as Python has them."""
    return name.startswith("__") and name.endswith("__")


def as_method(name: str, value: Any) -> Any:
    """Return what a class should hold for `value` to become a PyTree when it is bound."""
    if isinstance(value, _FUNCTION_TYPES) and not is_special(name):
        return Method(value)
    return value


def shown_attributes(cls: type) -> Mapping[str, Any]:
    """Return the attributes in `cls` itself as they were written: functions as functions.

    Decorators of classes, such as those that add checks of types, look for functions there.
    """
    shown: dict[str, Any] = {}
    for name, value in own_attributes(cls).items():
        if not isinstance(value, Method):
            shown[name] = value
        elif not value.copied:
            shown[name] = value.function
    return types.MappingProxyType(shown)


def borrowed_methods(cls: type, module_type: type) -> dict[str, Method]:
    """Return the methods that `cls` gets from bases that are no modules.

    Those are looked up anew for every class, since a copy in a base must not hide a function that
    comes before the original in the order of this class's bases.
    """
    owners: dict[str, tuple[type, Any]] = {}
    for base in cls.__mro__:
        for name, value in own_attributes(base).items():
            if not (isinstance(value, Method) and value.copied):
                owners.setdefault(name, (base, value))
    return {
        name: Method(value, copied=True)
        for name, (base, value) in owners.items()
        if not isinstance(base, module_type)
        and isinstance(value, _FUNCTION_TYPES)
        and not is_special(name)
    }
