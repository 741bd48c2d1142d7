"""How the class statement of a module, and the making of an instance, are carried out."""

import abc
import dataclasses
import inspect
import types
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, dataclass_transform

from eqxcore._module._abstract import (
    hidden_from_dataclasses,
    note_abstract,
    refuse_abstract,
)
from eqxcore._module._checks import missing_fields, warn_about
from eqxcore._module._field import annotate_converted, field, is_static, static_field
from eqxcore._module._method import as_method, borrowed_methods, shown_attributes
from eqxcore._module._node import Layout, make_compact, register
from eqxcore._types import summary

_read = object.__getattribute__
_assign = object.__setattr__

_FIELD_ADVICE = (
    "Fields without a default come first, those of base classes before all; `field(kw_only=True)` "
    "may stand anywhere. A list or dict as default is `field(default_factory=lambda: [...])`."
)

#: The `id`s of instances whose initialisation is going on: only these can be assigned to.
initialising: set[int] = set()


class Blueprint(NamedTuple):
    """What the metaclass has worked out about a class."""

    #: The fields in order, each with whether it is static.
    fields: tuple[tuple[str, bool], ...]
    names: frozenset[str]
    converters: tuple[tuple[str, Callable[[Any], Any]], ...]
    #: The functions `__check_init__`, that of the class itself first.
    checks: tuple[Callable[[Any], None], ...]
    #: `__init__` was generated, here or in a base.
    generated_init: bool
    instantiable: bool


def _init_is_generated(cls: type) -> bool:
    for base in cls.__mro__:
        if "__init__" in vars(base):
            return base is object or (
                "__blueprint__" in vars(base) and vars(base)["__blueprint__"].generated_init
            )
    return True


def _warn_of_unused_post_init(cls: type) -> None:
    own = vars(cls)
    if hasattr(cls, "__post_init__") and ("__init__" in own or "__post_init__" in own):
        warnings.warn(
            f"Class `{cls.__module__}.{cls.__qualname__}` has both an `__init__` method and a "
            "`__post_init__` method. This means that the `__post_init__` method will not be run: "
            "it is the `__init__` that dataclasses generate which calls it, and a custom "
            "`__init__` replaces that. Call it from `__init__`, or use `__check_init__`, which is "
            "always run, to check what must hold.",
            UserWarning,
            stacklevel=3,
        )


def _layout(cls: Any, declared: tuple["dataclasses.Field[Any]", ...], generated: bool) -> Layout:
    slotted = any(
        isinstance(getattr(cls, f.name, None), types.MemberDescriptorType) for f in declared
    )
    return Layout(
        dynamic=tuple(f.name for f in declared if not is_static(f)),
        static=tuple(f.name for f in declared if is_static(f)),
        wraps=isinstance(getattr(cls, "__wrapped__", None), property)
        and not getattr(cls, "__forwards__", False),
        slotted=slotted,
        # Nothing sets the field of an instance if its default in the class is all there is.
        in_class=not slotted
        and any(hasattr(cls, f.name) and not (generated and f.init) for f in declared),
    )


@dataclass_transform(field_specifiers=(dataclasses.field, field, static_field))
class ModuleMeta(abc.ABCMeta):
    """Makes each class a dataclass and a PyTree, and its instances frozen once initialised."""

    __blueprint__: Blueprint
    __abstractvars__: frozenset[str]
    __abstractclassvars__: frozenset[str]

    def __new__(
        mcs,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        /,
        strict: bool | None = False,
        **kwargs: Any,
    ) -> "ModuleMeta":
        """Return the new class. `strict` is `None` if no instances are to be made of it."""
        cls = super().__new__(mcs, name, bases, namespace, **kwargs)
        generated = _init_is_generated(cls)
        if not generated:
            _warn_of_unused_post_init(cls)
        with hidden_from_dataclasses(cls):
            try:
                dataclasses.dataclass(eq=False, repr=False, init=generated)(cls)
            except (TypeError, ValueError) as error:
                error.add_note(f"Raised for the fields of `{cls.__qualname__}`. {_FIELD_ADVICE}")
                raise
        declared = dataclasses.fields(cls)  # pyright: ignore[reportArgumentType] - made one above
        names = {f.name for f in declared}
        for key, value in namespace.items():
            method = as_method(key, value)
            if method is not value and key not in names:
                type.__setattr__(cls, key, method)
        for key, method in borrowed_methods(cls, ModuleMeta).items():
            if key not in names:
                type.__setattr__(cls, key, method)
        converters = {f.name: f.metadata.get("converter") for f in declared}
        annotate_converted(cls, converters)
        cls.__blueprint__ = Blueprint(
            fields=tuple((f.name, is_static(f)) for f in declared),
            names=frozenset(names),
            converters=tuple((n, c) for n, c in converters.items() if c is not None),
            checks=tuple(
                vars(base)["__check_init__"]
                for base in cls.__mro__
                if "__check_init__" in vars(base)
            ),
            generated_init=generated,
            instantiable=strict is not None,
        )
        register(cls, _layout(cls, declared, generated))
        make_compact(cls, tuple(f.name for f in declared))
        return cls

    @property
    def __dict__(cls) -> Mapping[str, Any]:  # pyright: ignore - as read-only as it was
        return shown_attributes(cls)

    @property
    def __signature__(cls) -> inspect.Signature:
        # Otherwise it would be that of `__call__` below.
        signature = inspect.signature(cls.__init__)
        return signature.replace(parameters=tuple(signature.parameters.values())[1:])

    def __setattr__(cls, name: str, value: Any) -> None:
        super().__setattr__(name, as_method(name, value))

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Return a new instance: initialised, converted, checked, and frozen from then on."""
        blueprint = cls.__blueprint__
        if cls.__abstractvars__ or cls.__abstractclassvars__ or not blueprint.instantiable:
            refuse_abstract(cls)
        new: Any = cls.__new__  # that of the class, not of the metaclass as it may seem here
        try:
            self = new(cls, *args, **kwargs)
        except TypeError as error:
            if cls.__abstractmethods__:
                note_abstract(error, cls)
            raise
        if not isinstance(self, cls):
            return self
        initialising.add(id(self))
        try:
            try:
                cls.__init__(self, *args, **kwargs)
            except TypeError as error:
                _note_arguments(error, cls)
                raise
            _convert(self, blueprint)
        finally:
            initialising.discard(id(self))
        for name, static in blueprint.fields:
            warn_about(cls, name, _read(self, name), static, ModuleMeta, stacklevel=2)
        for check in blueprint.checks:
            check(self)
        return self


def _convert(self: Any, blueprint: Blueprint) -> None:
    missing = [name for name, _ in blueprint.fields if not _is_set(self, name)]
    if missing:
        raise missing_fields(type(self), missing)
    for name, converter in blueprint.converters:
        value = _read(self, name)
        try:
            _assign(self, name, converter(value))
        except (TypeError, ValueError) as error:
            error.add_note(
                f"Raised by the `converter` of the field `{type(self).__qualname__}.{name}`, which "
                f"was given {summary(value)}. Give what it can convert."
            )
            raise


def _note_arguments(error: TypeError, cls: Any) -> None:
    """Add what arguments `cls` takes, if it was called with others."""
    frames = error.__traceback__
    called = frames is not None and frames.tb_next is None  # it never got into `__init__`
    if called:
        error.add_note(f"The arguments are `{cls.__name__}{_signature(cls)}`.")


class _Elided:
    def __repr__(self) -> str:
        return "..."


def _signature(cls: Any) -> inspect.Signature:
    """Return the signature of `cls` without types and defaults that would be long."""
    signature = inspect.signature(cls)
    bare = [
        each.replace(
            annotation=each.empty,
            default=_Elided()
            if callable(each.default) and each.default is not each.empty
            else each.default,
        )
        for each in signature.parameters.values()
    ]
    return signature.replace(parameters=bare, return_annotation=signature.empty)


def _is_set(self: Any, name: str) -> bool:
    try:
        _read(self, name)  # not `__dict__`: asking for it makes every instance larger
    except AttributeError:
        return False
    return True
