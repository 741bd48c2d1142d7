"""Enumerations whose items go through JAX's transformations, and say in words what they mean."""

import inspect
import warnings
from collections.abc import Callable
from typing import Any, NoReturn

import jax
import jax.numpy as jnp
import numpy as np
import wadler_lindig as wl
from jax.core import Tracer

from eqxcore._errors import branched_error_if
from eqxcore._filters import is_array, is_array_like
from eqxcore._module import Module, field


class EnumerationItem(Module):
    """An item of an `Enumeration`, or an array of them where it is vmapped."""

    #: Which item it is, an integer.
    _value: Any
    _enumeration: Any = field(static=True)

    # `==` is not a boolean. (With an annotation this would be a field.)
    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __pdoc__(self, **kwargs: Any) -> wl.AbstractDoc:
        cls = self._enumeration
        return wl.TextDoc(f"{cls.__module__}.{cls.__qualname__}<{cls[self]}>")

    def __eq__(self, other: object) -> Any:
        return _compare(self, other, jnp.equal)

    def __ne__(self, other: object) -> Any:
        return _compare(self, other, jnp.not_equal)

    def is_traced(self) -> bool:
        """Return whether it is not known yet which item this is."""
        return isinstance(self._value, Tracer)

    def error_if(self, token: Any, pred: Any) -> Any:
        """Return `token`, or raise an error whose message is that of this item if `pred` is true.

        Args:
            token: A PyTree with at least one array in it, as the first argument of `error_if`.
            pred: A boolean or an array of them.
        """
        return branched_error_if(token, pred, self._value, self._enumeration._messages)


def _compare(item: EnumerationItem, other: object, comparison: Callable[[Any, Any], Any]) -> Any:
    if not isinstance(other, EnumerationItem) or item._enumeration is not other._enumeration:
        name = item._enumeration.__qualname__
        raise ValueError(
            f"{item!r} was compared with {other!r}. An item can only be compared with items of the "
            f"same enumeration, `{name}`. Compare with one of them ({_listed(item._enumeration)}) "
            f"or promote an item of an enumeration that `{name}` inherits from by `{name}.promote`."
        )
    with jax.ensure_compile_time_eval():
        return comparison(item._value, other._value)


class _EnumerationMeta(type):
    #: The messages of the items, by index, and the indices by name.
    _messages: list[str]
    _indices: dict[str, int]

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]
    ) -> "_EnumerationMeta":
        messages: dict[str, str] = {}
        for base in bases:
            if isinstance(base, _EnumerationMeta):
                for item, index in base._indices.items():
                    _warn_of_conflict(name, item, messages, base._messages[index])
                    messages[item] = base._messages[index]
        kept = namespace
        if bases:
            own = {key: value for key, value in namespace.items() if not _is_dunder(key)}
            for key, value in own.items():
                _require_item(name, key, value)
                _warn_of_conflict(name, key, messages, value)
            messages.update(own)
            kept = {key: value for key, value in namespace.items() if _is_dunder(key)}
        cls = super().__new__(mcs, name, bases, kept)
        cls._messages = list(messages.values())
        cls._indices = {item: index for index, item in enumerate(messages)}
        for item, index in cls._indices.items():
            type.__setattr__(cls, item, EnumerationItem(np.array(index, np.int32), cls))
        return cls

    def __getitem__(cls, item: Any) -> str:
        """Return the message of an item of this enumeration."""
        if not isinstance(item, EnumerationItem):
            raise ValueError(
                f"`{cls.__qualname__}[{item!r}]`: what is looked up must be an item of the "
                f"enumeration, such as {_listed(cls)}."
            )
        if item._enumeration is not cls:
            raise ValueError(
                f"`{cls.__qualname__}[...]` was given an item of another enumeration, {item!r}. It "
                f"must be one of {_listed(cls)}."
            )
        if item.is_traced():
            return "traced"
        value = item._value
        if not is_array(value) or np.any((value < 0) | (value >= len(cls))):
            return "unknown"
        return str(np.array(cls._messages)[np.asarray(value)])

    def __len__(cls) -> int:
        return len(cls._messages)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, EnumerationItem) and instance._enumeration is cls

    def __getattr__(cls, name: str) -> Any:
        raise AttributeError(
            f"Enumeration `{cls.__qualname__}` has no item {name!r}. It has {_listed(cls)}."
        )


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _require_item(cls: str, name: str, value: Any) -> None:
    if name in ("where", "promote"):
        raise ValueError(
            f"Cannot have enumeration item with name `{name}`: `{cls}.{name}` is a method of all "
            "enumerations. Choose another name."
        )
    if not isinstance(value, str):
        raise TypeError(
            f"`{cls}.{name}` is {value!r}, of type `{type(value).__name__}`. An enumeration has "
            "items, whose values are strings, and nothing else: give the message of the item."
        )


def _warn_of_conflict(cls: str, name: str, messages: dict[str, str], message: str) -> None:
    if messages.get(name, message) != message:
        warnings.warn(
            f"Enumeration `{cls}` has two messages for `{name}`: {messages[name]!r} and "
            f"{message!r}. It uses the latter. Give one of the items another name.",
            stacklevel=3,
        )


def _listed(cls: _EnumerationMeta) -> str:
    return ", ".join(f"`{name}`" for name in cls._indices) or "no items"


class Enumeration(metaclass=_EnumerationMeta):
    """Base class of enumerations. Each has named items, and each item has a message::

        class Result(Enumeration):
            success = "Hurrah!"
            linear_solve_failed = "Linear solve failed to converge"

        result = Result.success

    Items are PyTrees and go through all transformations. `result == Result.success` is a boolean
    array; items are compared with items of the same enumeration alone. Messages are looked up by
    `Result[result]`. `result.error_if(x, pred)` is `error_if(x, pred, msg)` with the message of
    the item, whichever it will be when the function runs.

    An enumeration that inherits from another, or several, has their items before its own. The
    items of the enumerations are different, even so: `promote` turns one into the other.
    """

    __signature__ = inspect.Signature()  # whatever is given, `__new__` says what is wrong

    def __new__(cls, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(
            f"`{cls.__qualname__}` is an enumeration, which has no instances but its items. Take "
            f"one of these, as in `{cls.__qualname__}.name`: {_listed(cls)}."
        )

    @classmethod
    def where(cls, pred: Any, a: Any, b: Any) -> Any:
        """Return the item `a` if `pred` is true and `b` if it is false, as `jnp.where`.

        Args:
            pred: A boolean without dimensions, which may be traced.
            a: An item of this very enumeration, as is `b`.
        """
        for item in (a, b):
            if not isinstance(item, cls):
                name = cls.__qualname__
                raise ValueError(
                    f"Arguments to `{name}.where(...)` must be items of `{name}`, and one is "
                    f"{item!r}. Use {_listed(cls)}; an item of an enumeration that it inherits "
                    f"from becomes one by `{name}.promote`."
                )
        if not is_array_like(pred):
            raise TypeError(
                f"`{cls.__qualname__}.where` requires a boolean, and was given {pred!r}, of type "
                f"`{type(pred).__name__}`."
            )
        if not jnp.issubdtype(jnp.result_type(pred), np.bool_) or jnp.shape(pred) != ():
            raise ValueError(
                f"`{cls.__qualname__}.where` requires a boolean without dimensions, and was given "
                f"one of dtype {jnp.result_type(pred)} and shape {jnp.shape(pred)}. Give a "
                "comparison of scalars, or vmap the function for one of arrays."
            )
        if a is b:
            return a
        return EnumerationItem(jnp.where(pred, a._value, b._value), cls)

    @classmethod
    def promote(cls, item: Any) -> Any:
        """Return the item of this enumeration that was inherited as `item`.

        Args:
            item: An item of an enumeration that this one inherits from.
        """
        if not isinstance(item, EnumerationItem):
            raise ValueError(
                f"`{cls.__qualname__}.promote` was given {item!r}, of type "
                f"`{type(item).__name__}`: it can only promote items of enumerations."
            )
        parent = item._enumeration
        if parent is cls or not issubclass(cls, parent):
            raise ValueError(
                f"`{cls.__qualname__}.promote` was given {item!r}: it can only promote items of "
                f"enumerations that `{cls.__qualname__}` inherits from."
            )
        indices = np.array([cls._indices[name] for name in parent._indices], np.int32)
        return EnumerationItem(jnp.asarray(indices)[item._value], cls)
