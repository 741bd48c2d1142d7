"""The base class of models, and the methods of its instances."""

import dataclasses
import difflib
import inspect
import types
from typing import Any, ClassVar

import jax

from eqxcore._module._field import field
from eqxcore._module._meta import ModuleMeta, initialising
from eqxcore._module._method import Method, own_attributes
from eqxcore._module._node import WRAPPER_ATTRIBUTES
from eqxcore._pretty import tree_pformat
from eqxcore._tree import tree_equal
from eqxcore._types import summary

_new = object.__new__
_assign = object.__setattr__
_read = object.__getattribute__

_METHOD_OF_SELF = """Cannot assign methods in __init__.

`self.{name} = self.{method}` was run while `{cls}` was initialised. A module is a tree, and a bound
method holds the module it is bound to: the tree would contain itself. Make it a property instead:

    @property
    def {name}(self):
        return self.{method}
"""


class Module(metaclass=ModuleMeta):
    """Base class of models: each subclass is a dataclass and a PyTree.

    The fields are annotated in the class body, as for dataclasses, and are the children of the
    node. An `__init__` that sets the fields from its arguments is generated unless one is given::

        class Affine(Module):
            weight: jax.Array
            bias: jax.Array

            def __call__(self, x):
                return self.weight @ x + self.bias

    Instances are frozen once initialised; use `tree_at` or `dataclasses.replace` for a copy with
    something changed. Methods are PyTrees too once bound: `model.method` holds `model`.
    `__check_init__`, defined in any class of the hierarchy, is called after initialisation,
    however that was done, to check what must hold. Classes are abstract base classes.
    """

    def __hash__(self) -> int:
        # Of the fields as they are: a list in one makes the Module unhashable, as in Equinox.
        return hash((type(self), *(getattr(self, name) for name in type(self).__blueprint__.names)))

    def __eq__(self, other: object) -> Any:
        return tree_equal(self, other)

    def __repr__(self) -> str:
        return tree_pformat(self)

    @property
    def __signature__(self) -> inspect.Signature:
        # From Python 3.13 on, `inspect` finds the metaclass's `__call__` before the class's own.
        for cls in type(self).__mro__:
            call = own_attributes(cls).get("__call__")
            if call is not None and not hasattr(self, "__wrapped__"):
                return inspect.signature(call.__get__(self, type(self)))
        raise AttributeError(f"`{type(self).__qualname__}` has no signature of its own")

    def __setattr__(self, name: str, value: Any) -> None:
        if id(self) not in initialising:
            if name == "__orig_class__":  # by `typing`, on what `Box[int](...)` has made
                _assign(self, name, value)
                return
            raise _frozen(self, name, "assign to", f" (to become {summary(value)})")
        if name not in type(self).__blueprint__.names:
            raise _undeclared(type(self), name, value)
        if type(value) is BoundMethod and value.__self__ is self:
            method = getattr(value.__func__, "__name__", repr(value.__func__))
            raise ValueError(
                _METHOD_OF_SELF.format(name=name, method=method, cls=type(self).__qualname__)
            )
        _assign(self, name, value)

    def __delattr__(self, name: str) -> None:
        if id(self) not in initialising:
            raise _frozen(self, name, "delete", "")
        object.__delattr__(self, name)


def _frozen(self: Module, name: str, verb: str, change: str) -> dataclasses.FrozenInstanceError:
    """Return the error for changing an instance that has been initialised."""
    cls = type(self)
    start = f"cannot {verb} field '{name}': `{cls.__qualname__}.{name}`{change}"
    if name in cls.__blueprint__.names:
        return dataclasses.FrozenInstanceError(
            f"{start} is frozen once the instance is initialised. Make a changed copy by "
            f"`tree_at(lambda m: m.{name}, model, value)`; what changes from call to call is to be "
            "returned by the call, or kept in an `nn.State`."
        )
    return dataclasses.FrozenInstanceError(
        f"{start} is no field, and instances are frozen once initialised. Return the "
        "value instead, or declare the field and set it in `__init__`."
    )


def _undeclared(cls: type[Module], name: str, value: Any) -> dataclasses.FrozenInstanceError:
    """Return the error for setting, in `__init__`, what the class does not declare."""
    start = (
        f"cannot assign to field '{name}': `{cls.__qualname__}.{name}` (to become {summary(value)})"
    )
    if callable(getattr(cls, name, None)):
        return dataclasses.FrozenInstanceError(
            f"{start} is a method. Choose another name, and declare it in the body of the class."
        )
    similar = difflib.get_close_matches(name, cls.__blueprint__.names, n=1)
    meant = f" Did you mean `self.{similar[0]}`?" if similar else ""
    return dataclasses.FrozenInstanceError(
        f"{start} is not declared.{meant} Fields are declared in the body of the class, "
        f"as by `{name}: {_type_name(value)}`."
    )


def _type_name(value: Any) -> str:
    if isinstance(value, jax.Array):
        return "jax.Array"  # and not that of the class behind it
    return "Callable" if inspect.isfunction(value) else type(value).__name__


class BoundMethod(Module):
    """A method and the module it is bound to, as a PyTree whose child is that module."""

    #: The attributes of what it wraps are looked up there, instead of being copied.
    __forwards__: ClassVar[bool] = True
    __func__: Any = field(static=True)
    __self__: Any

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _read(self, "__func__")(_read(self, "__self__"), *args, **kwargs)

    @property
    def __wrapped__(self) -> types.MethodType:
        return types.MethodType(self.__func__, self.__self__)

    def __getattribute__(self, name: str) -> Any:
        # The name, documentation and so on are those of the function, as for any method. Copying
        # them, as `module_update_wrapper` does, would be the dearest part of binding a method.
        if name in WRAPPER_ATTRIBUTES:
            return getattr(_read(self, "__func__"), name)
        return _read(self, name)


def _bind(function: Any, instance: Any) -> BoundMethod:
    self = _new(BoundMethod)
    _assign(self, "__func__", function)
    _assign(self, "__self__", instance)
    return self


Method.bind = staticmethod(_bind)
