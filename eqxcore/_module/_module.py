"""The base class of models, and the methods of its instances."""

import dataclasses
import inspect
import types
from typing import Any, ClassVar, NoReturn

from eqxcore._module._field import field
from eqxcore._module._meta import ModuleMeta, initialising
from eqxcore._module._method import Method, own_attributes
from eqxcore._module._node import WRAPPER_ATTRIBUTES
from eqxcore._pretty import tree_pformat
from eqxcore._tree import tree_equal

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
            _refuse_change(self, "assign to", name)
        if name not in type(self).__blueprint__.names:
            raise dataclasses.FrozenInstanceError(
                f"cannot assign to field '{name}': `{type(self).__qualname__}` declares no such "
                f"field. Add `{name}: <type>` to the body of the class."
            )
        if type(value) is BoundMethod and value.__self__ is self:
            method = getattr(value.__func__, "__name__", repr(value.__func__))
            raise ValueError(
                _METHOD_OF_SELF.format(name=name, method=method, cls=type(self).__qualname__)
            )
        _assign(self, name, value)

    def __delattr__(self, name: str) -> None:
        if id(self) not in initialising:
            _refuse_change(self, "delete", name)
        object.__delattr__(self, name)


def _refuse_change(self: Module, verb: str, name: str) -> NoReturn:
    raise dataclasses.FrozenInstanceError(
        f"cannot {verb} field '{name}': instances of `{type(self).__qualname__}` are frozen once "
        "initialised. Make a changed copy by `tree_at(lambda m: m."
        f"{name}, model, value)` or `dataclasses.replace(model, {name}=value)`."
    )


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
