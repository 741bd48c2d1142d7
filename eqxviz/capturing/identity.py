"""What tells one value from another later on, without holding either."""

import enum
import functools
import itertools
import types
import weakref
from collections.abc import Hashable
from typing import Any

import numpy as np

from eqxviz.analysis.short_text import short_text

_PLAIN = (str, bytes, bool, int, float, complex, type(None), type(Ellipsis))


class Identities:
    """Numbers for objects: the same for as long as an object lives, and never given again."""

    def __init__(self) -> None:
        self._numbers: dict[int, tuple[weakref.ref[Any], int]] = {}
        self._next = itertools.count(1)

    def number(self, value: object) -> Hashable:
        """Return the number of `value`."""
        key = id(value)
        known = self._numbers.get(key)
        if known is not None and known[0]() is value:
            return known[1]
        try:
            ref = weakref.ref(value, lambda ref: self._forget(key, ref))
        except TypeError:  # the address is all there is, and may be given to another
            return ("at", key)
        number = next(self._next)
        self._numbers[key] = ref, number
        return number

    def token(self, value: Any) -> Hashable:
        """Return what is equal for two values that JAX takes for the same static one.

        Those are of one type, and equal.
        """
        cls = type(value)
        if cls in _PLAIN:
            return cls, value
        if isinstance(value, enum.Enum):
            return self.number(cls), value.name
        if cls in (tuple, list):
            return cls, *map(self.token, value)
        if cls is dict:
            return cls, *((self.token(key), self.token(v)) for key, v in value.items())
        if isinstance(value, types.MethodType):
            return "method", self.token(value.__self__), self.number(value.__func__)
        if isinstance(value, np.dtype):
            return "dtype", str(value)
        if cls.__eq__ is object.__eq__ or isinstance(value, type):
            return self.number(value)
        try:
            # Python gives -1 and -2 one hash, and so do tuples of them.
            return self.number(cls), hash(value), short_text(value)
        except TypeError:  # nothing that JAX can take as static
            return self.number(value)

    def call_token(self, function: Any) -> Hashable:
        """Return what is equal for two partial applications to the same arguments."""
        if not isinstance(function, functools.partial):
            return None
        named = sorted(function.keywords.items())
        return self.token(function.args), tuple((name, self.token(v)) for name, v in named)

    def _forget(self, key: int, ref: Any) -> None:
        known = self._numbers.get(key)
        if known is not None and known[0] is ref:
            del self._numbers[key]
