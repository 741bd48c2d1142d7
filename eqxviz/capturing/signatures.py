"""What a call looked like when it compiled: everything that JAX compiles anew for.

A signature holds shapes and short texts. Neither arrays nor objects of the user's are kept alive.
"""

import dataclasses
import functools
import os
import types
from collections.abc import Hashable
from typing import Any, NamedTuple

import jax
import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.modules import is_module, static_fields
from eqxviz.analysis.short_dtypes import short_dtype
from eqxviz.analysis.short_text import short_text
from eqxviz.capturing.functions import Origin, origin_of
from eqxviz.capturing.identity import Identities
from eqxviz.capturing.parameters import Call
from eqxviz.capturing.results import accessor
from eqxviz.records import JitFlavour

_NUMBERS = (bool, int, float, complex)
_PLAIN = (*_NUMBERS, str, type(None))


class Array(NamedTuple):
    """An array that is traced."""

    shape: tuple[int, ...]  # with the axes that `vmap` maps over
    inner_shape: tuple[int, ...]  # as the function sees it
    dtype: str
    is_weak: bool
    is_committed: bool
    devices: str  # "cpu:0"
    sharding: str  # "" on a single device
    transformed: str  # "grad", "vmap of grad over axis 1"; "" for one that no transformation traces

    def __str__(self) -> str:
        weak = "weak " if self.is_weak else ""
        return f"{weak}{self.dtype}[{','.join(map(str, self.shape))}]"


class Code(NamedTuple):
    """What those functions have in common that one line made."""

    origin: Origin
    applied: Hashable  # the arguments of a partial application


class Value(NamedTuple):
    """What is no array, and static."""

    token: Hashable  # equal where JAX finds the values equal
    text: str
    code: Code | None = None  # of a function
    parts: tuple[tuple[str, "Value"], ...] = ()  # of a tuple or dataclass, by their accessors

    def __str__(self) -> str:
        return self.text


class Tree(NamedTuple):
    """A node of a PyTree."""

    type: Hashable
    name: str
    children: tuple[tuple[str, "Entry"], ...]  # by their accessors
    statics: tuple[tuple[str, Value], ...] = ()
    keys: tuple[str, ...] | None = None  # of a dict

    def __str__(self) -> str:
        return "None" if self.name == "NoneType" else self.name


Entry = Array | Value | Tree


class Argument(NamedTuple):
    """An argument of a call; it is given by its keyword where that makes a difference."""

    entry: Entry
    by_keyword: bool


class Signature(NamedTuple):
    """All of a call that JAX compiles anew for."""

    origin: Origin
    function: Value
    options: dict[str, Value]  # of the jitting: donation, shardings
    arguments: dict[str, Argument]  # by the names of the parameters
    settings: dict[str, str]  # of JAX, as they were
    transformations: str  # "grad", "vmap of grad"; "" for a call outside of any


def sharing(new: Signature, old: Signature) -> Signature:
    """Return `new`, with the parts of `old` in place of those that equal them.

    A model that did not change between a thousand compilations is then kept once.
    """
    arguments = {
        name: Argument(_shared(argument.entry, old.arguments[name].entry), argument.by_keyword)
        if name in old.arguments
        else argument
        for name, argument in new.arguments.items()
    }
    settings = old.settings if old.settings == new.settings else new.settings
    return new._replace(arguments=arguments, settings=settings)


def _shared(new: Entry, old: Entry) -> Entry:
    if new == old:
        return old
    if not (isinstance(new, Tree) and isinstance(old, Tree)):
        return new
    known = dict(old.children)
    children = tuple(
        [
            (accessor, _shared(child, known[accessor]) if accessor in known else child)
            for accessor, child in new.children
        ]
    )
    statics = old.statics if new.statics == old.statics else new.statics
    return new._replace(children=children, statics=statics)


class Reader:
    """Makes signatures. Safe from several threads."""

    def __init__(self) -> None:
        self._identities = Identities()

    def signature(self, call: Call, origin: Origin, flavour: JitFlavour) -> Signature:
        """Return the signature of a call that is being made now, or has just returned.

        `origin` is that of the function that is jitted.
        """
        reading = _Reading(self._identities, flavour)
        arguments: dict[str, Argument] = {}
        for name, argument in call.arguments.items():
            read = reading.value if argument.is_static else reading.entry
            arguments[name] = Argument(read(argument.value), argument.by_keyword)
        return Signature(
            origin,
            reading.function(call.function),
            {name: reading.value(value) for name, value in call.options.items()},
            arguments,
            {name: _setting(value) for name, value in compat.settings()},
            " of ".join(max(reading.transformations, key=len, default=())),
        )


class _Reading:
    """One signature in the making."""

    def __init__(self, identities: Identities, flavour: JitFlavour) -> None:
        self._identities = identities
        self._flavour = flavour
        self.transformations: set[tuple[str, ...]] = set()  # of each array, outermost first

    def entry(self, value: Any) -> Entry:
        """Return the description of an argument, or of a part of it."""
        pairs = compat.one_level(value)
        if pairs is None:
            return self._leaf(value)
        children = tuple([(accessor(key), self.entry(child)) for key, child in pairs])
        cls = type(value)
        type_ = self._identities.number(cls)
        if cls in (list, tuple, type(None)):
            return Tree(type_, cls.__name__, children)
        if isinstance(value, dict):
            keys = tuple([short_text(getattr(key, "key", key)) for key, _ in pairs])
            return Tree(type_, cls.__name__, children, (), keys)
        return Tree(type_, cls.__name__, children, self._statics(value, children))

    def value(self, value: Any) -> Value:
        """Return the description of a static value."""
        if type(value) in _NUMBERS and self._flavour is JitFlavour.EQUINOX:
            return Value(value, short_text(value))  # 2 and 2.0 are one
        if type(value) in _PLAIN:
            return _plain(value)
        token = self._identities.token(value)
        return Value(token, _text(value), self._code(value), self._parts(value))

    def function(self, function: Any) -> Value:
        """Return the description of the function that is jitted."""
        if self._flavour is not JitFlavour.JAX:
            return self.value(function)
        # JAX compiles for each object, also where two bound methods are equal.
        number = self._identities.number(function)
        return Value(number, _text(function), self._code(function))

    def _leaf(self, value: Any) -> Entry:
        if isinstance(value, (jax.Array, np.ndarray, np.generic)):
            return self._array(value)
        if self._flavour is JitFlavour.JAX:
            try:
                return self._array(value)
            except TypeError:  # of no type of JAX's: an array by its `__jax_array__`
                pass
        return self.value(value)

    def _array(self, value: Any) -> Array:
        aval = compat.type_of(value)
        transformed = ""
        if compat.is_tracer(value):
            transformed, value = self._beneath(value)
        shape = compat.type_of(value).shape
        placed = ("", "")
        if isinstance(value, jax.Array) and not compat.is_tracer(value):
            placed = _placed(value.sharding)
        is_committed = bool(getattr(value, "committed", False))
        dtype = short_dtype(aval.dtype)
        is_weak = bool(getattr(aval, "weak_type", False))
        return Array(shape, aval.shape, dtype, is_weak, is_committed, *placed, transformed)

    def _beneath(self, tracer: Any) -> tuple[str, Any]:
        """Return how a tracer is transformed, in words, and the array that it stands for."""
        names = compat.transformations_of(tracer)
        self.transformations.add(names)
        axes: list[int] = []
        while compat.is_tracer(tracer):
            value, axis = compat.beneath(tracer)
            if value is None:
                break
            axes += [] if axis is None else [axis]
            tracer = value
        words = " of ".join(names)
        if any(axes):
            words += f" over {'axis' if len(axes) == 1 else 'axes'} {', '.join(map(str, axes))}"
        return words, tracer

    def _statics(
        self, value: Any, children: tuple[tuple[str, Entry], ...]
    ) -> tuple[tuple[str, Value], ...]:
        if is_module(value) or dataclasses.is_dataclass(value):
            names = {key[1:] for key, _ in children}
            return tuple([(f".{n}", self.value(v)) for n, v in static_fields(value, names)])
        if isinstance(value, tuple):  # its names, which go with the type
            return ()
        return (("", self.value(compat.aux_of(value))),)

    def _code(self, value: Any) -> Code | None:
        code = _code_of(value)
        return None if code is None else Code(code, self._identities.call_token(value))

    def _parts(self, value: Any) -> tuple[tuple[str, Value], ...]:
        if type(value) is tuple:
            return tuple([(f"[{i}]", self.value(part)) for i, part in enumerate(value)])
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return tuple([(f".{name}", self.value(v)) for name, v in static_fields(value, set())])
        return ()


def _text(value: Any) -> str:
    """Return a value on one line; of an object that says nothing, its class."""
    origin = _code_of(value)
    if origin is not None and origin.name.endswith("<lambda>"):  # be it wrapped by `jax.vmap`
        return f"<lambda at {os.path.basename(origin.file)}:{origin.line}>"
    says_nothing = type(value).__repr__ is object.__repr__
    if says_nothing and not isinstance(getattr(value, "__name__", None), str):
        return f"<{type(value).__name__} object>"
    return short_text(value)


def _code_of(value: Any) -> Origin | None:
    """Return where a function was written, None for what is no function of Python's."""
    is_function = isinstance(
        value, (types.FunctionType, types.MethodType, functools.partial)
    ) or callable(getattr(value, "__wrapped__", None))
    if not is_function:
        return None
    origin = origin_of(value)
    return origin if origin.line else None


@functools.lru_cache(maxsize=1024, typed=True)
def _plain(value: Any) -> Value:
    return Value((type(value), value), short_text(value))


@functools.lru_cache(maxsize=512)
def _placed(sharding: Any) -> tuple[str, str]:
    """Return the devices that a sharding names, and how it spreads an array over several."""
    devices = sorted(sharding.device_set, key=lambda device: device.id)
    first = devices[0]
    numbers = ",".join(str(device.id) for device in devices[:8])
    numbers += ",…" if len(devices) > 8 else ""
    names = f"{first.platform}:{numbers}"
    kind = sharding.memory_kind
    elsewhere = "" if kind in (None, _usual_memory(first)) else f" in {kind}"
    if len(devices) == 1:
        return names, elsewhere.strip()
    if isinstance(sharding, jax.NamedSharding):
        axes = ", ".join(f"{axis}: {n}" for axis, n in sharding.mesh.shape.items())
        spec = ", ".join("None" if part is None else repr(part) for part in sharding.spec)
        return names, f"P({spec}) over ({axes}){elsewhere}"
    return names, f"{short_text(sharding)}{elsewhere}"


def _usual_memory(device: Any) -> str | None:
    try:
        return device.default_memory().kind
    except RuntimeError:  # a backend that has no kinds of memory
        return None


def _setting(value: Any) -> str:
    if isinstance(value, jax.Device):
        return f"{value.platform}:{value.id}"
    return short_text(getattr(value, "value", value) if value is not None else None)
