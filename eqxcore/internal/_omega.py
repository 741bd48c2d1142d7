"""Arithmetic with PyTrees, leaf by leaf."""

import operator
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import jax.tree_util as jtu


class _Metaω(type):
    def __rpow__(cls, value: Any) -> Any:
        return cls(value)


class _ω(metaclass=_Metaω):  # noqa: N801 - named after the letter
    """A PyTree that operators are applied to leaf by leaf: `(ω(a) + ω(b)).ω` is the sum.

    The same is written `(a**ω + b**ω).ω`. The other operand may be one of these of the same
    structure, or a number or an array, which then goes with every leaf. `[...]` indexes each leaf,
    `.at[...].set(...)` updates it, and `.call(fn)` applies a function.

    Args:
        value: Any PyTree.
        is_leaf: Asked for each node, whether it is taken as a leaf.
    """

    #: The PyTree.
    ω: Any
    # NumPy's arrays leave their operators to this class.
    __array_ufunc__ = None

    def __init__(self, value: Any, is_leaf: Callable[[Any], bool] | None = None) -> None:
        self.ω = value
        self.is_leaf = is_leaf

    def __repr__(self) -> str:
        return f"ω({self.ω})"

    def __getitem__(self, item: Any) -> "_ω":
        return self.call(lambda leaf: leaf[item])

    def call(self, fn: Callable[[Any], Any]) -> "_ω":
        """Return the PyTree with `fn` applied to each leaf."""
        return _ω(jtu.tree_map(fn, self.ω, is_leaf=self.is_leaf), is_leaf=self.is_leaf)

    @property
    def at(self) -> "_At":
        """As `jax.Array.at`, for each leaf."""
        return _At(self)

    def _with(self, other: Any, fn: Callable[[Any, Any], Any]) -> Any:
        """Return `fn` applied to each leaf and what goes with it in `other`."""
        if not isinstance(other, _ω):
            return self.call(lambda leaf: fn(leaf, other))
        if not _is_same(self.is_leaf, other.is_leaf):
            raise ValueError(
                f"`is_leaf` must match: it is {self.is_leaf!r} of one operand and "
                f"{other.is_leaf!r} of the other. Give both the same function."
            )
        structures = [jtu.tree_structure(each.ω, is_leaf=each.is_leaf) for each in (self, other)]
        if structures[0] != structures[1]:
            raise ValueError(
                "PyTree structures must match: the operands are\n"
                f"{structures[0]}\n{structures[1]}\nGive PyTrees of one structure, or a number."
            )
        return _ω(jtu.tree_map(fn, self.ω, other.ω, is_leaf=self.is_leaf), is_leaf=self.is_leaf)


def _is_same(first: Any, second: Any) -> bool:
    """Return whether two functions are the same, be it that the same code made both."""
    if first is second:
        return True
    codes = [getattr(each, "__code__", None) for each in (first, second)]
    if None in codes:
        return False
    return all(
        getattr(codes[0], part) == getattr(codes[1], part)
        for part in ("co_code", "co_consts", "co_names")
    )


class _At:
    def __init__(self, value: _ω) -> None:
        self._value = value

    def __getitem__(self, item: Any) -> "_AtItem":
        return _AtItem(self._value, item)


class _AtItem:
    def __init__(self, value: _ω, item: Any) -> None:
        self._value = value
        self._item = item


def _install_operators() -> None:
    def define(name: str, fn: Callable[..., Any], *, both: bool) -> None:
        def binary(self: _ω, other: Any) -> Any:
            return self._with(other, fn)

        def reflected(self: _ω, other: Any) -> Any:
            return self._with(other, lambda leaf, other: fn(other, leaf))

        setattr(_ω, f"__{name}__", binary)
        if both:
            setattr(_ω, f"__r{name}__", reflected)

    for name in ("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow"):
        define(name, getattr(operator, name), both=True)
    for name in ("lshift", "rshift", "and", "xor", "or"):
        define(name, getattr(operator, f"__{name}__"), both=True)
    for name in ("lt", "le", "eq", "ne", "gt", "ge"):
        define(name, getattr(operator, name), both=False)

    def define_unary(name: str, fn: Callable[[Any], Any]) -> None:
        setattr(_ω, f"__{name}__", lambda self: self.call(fn))

    for name in ("neg", "pos", "abs", "invert"):
        define_unary(name, getattr(operator, name))

    def define_update(name: str) -> None:
        def update(self: _AtItem, other: Any) -> Any:
            return self._value._with(
                other, lambda leaf, new: getattr(jnp.asarray(leaf).at[self._item], name)(new)
            )

        update.__doc__ = f"Return the PyTree with `.at[...].{name}(...)` applied to each leaf."
        setattr(_AtItem, name, update)

    for name in ("set", "add", "multiply", "divide", "power", "min", "max"):
        define_update(name)


_install_operators()
ω = _ω
