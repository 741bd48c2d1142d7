"""What a program does with a package, in a form in which two packages can be compared.

A program is a function of a package (`equinox` or `eqxcore`). What it does is its value, what it
printed, its warnings, and the error it ended with. Classes and functions of one package never are
those of the other: they are compared by name, Modules by their fields, errors by the nearest base
class that neither package defines.
"""

import builtins
import contextlib
import dataclasses
import inspect
import io
import re
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np

Program = Callable[[types.ModuleType], Any]

_PACKAGES = ("equinox", "eqxcore")


@dataclass(frozen=True)
class Outcome:
    """What a program did."""

    value: Any
    printed: str
    warnings: tuple[tuple[str, str], ...]
    error: Exception | None


def adder(programs: dict[str, Program]) -> Callable[[Program], Program]:
    """Return a decorator that adds a program to `programs`, named as its function is."""

    def add(program: Program) -> Program:
        programs[program.__name__.strip("_").replace("_", " ")] = program
        return program

    return add


def observe(program: Program, package: types.ModuleType) -> Outcome:
    """Run `program` on `package` and return what it did."""
    printed = io.StringIO()
    value, error = None, None
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(printed):
        warnings.simplefilter("always")
        try:
            value = program(package)
        except Exception as raised:  # noqa: BLE001  (whatever it raises is what is observed)
            error = raised
    return Outcome(
        value,
        printed.getvalue(),
        tuple((each.category.__name__, str(each.message)) for each in caught),
        error,
    )


def differences(left: Outcome, right: Outcome) -> list[str]:
    """Return in what two outcomes differ; an empty list if they do not."""
    found = []
    if error_family(left.error) is not error_family(right.error):
        found.append(f"error: {left.error!r} | {right.error!r}")
    if plain_text(left.printed) != plain_text(right.printed):
        found.append(f"printed: {left.printed!r} | {right.printed!r}")
    # The texts of errors and warnings are each package's own. Python shows each warning once.
    if _kinds(left.warnings) != _kinds(right.warnings):
        found.append(f"warnings: {left.warnings!r} | {right.warnings!r}")
    return [*found, *value_differences(left.value, right.value)]


def _kinds(warnings: tuple[tuple[str, str], ...]) -> list[str]:
    return [category for category, _ in dict.fromkeys(warnings)]


def error_family(error: BaseException | None) -> type | None:
    """Return the nearest class of `error` that neither package defines itself."""
    if error is None:
        return None
    return next(each for each in type(error).__mro__ if not _is_own_class(each))


def plain_text(text: str) -> str:
    """Return `text` without addresses in memory and without the packages' names."""
    text = re.sub(r"0x[0-9a-f]+", "0x", text)
    return re.sub(r"\b(equinox|eqxcore)((\.\w+)*)", "PACKAGE", text)


def value_differences(left: Any, right: Any, path: str = "value") -> Iterator[str]:
    """Yield in what two values differ, each with the path at which they do."""
    if isinstance(left, type) and isinstance(right, type):
        if left.__qualname__ != right.__qualname__:
            yield f"{path}: {left.__qualname__} | {right.__qualname__}"
    elif _is_own_wrapper(left) and _is_own_wrapper(right):
        yield from value_differences(left.__wrapped__, right.__wrapped__, f"{path}.__wrapped__")
    elif type(left).__name__ != type(right).__name__:
        yield f"{path}: type {type(left).__name__} | {type(right).__name__}"
    elif _is_function_with_rules(left):
        pass
    elif isinstance(left, (jax.Array, np.ndarray, np.generic)):
        yield from _array_differences(left, right, path)
    elif isinstance(left, (jtu.PyTreeDef, jax.ShapeDtypeStruct, BaseException)):
        if _summary(left) != _summary(right):
            yield f"{path}: {_summary(left)} | {_summary(right)}"
    elif inspect.isroutine(left):
        if left.__qualname__ != right.__qualname__:
            yield f"{path}: {left.__qualname__} | {right.__qualname__}"
    elif isinstance(left, types.ModuleType):
        pass
    elif _is_own_dataclass(left):
        yield from _dataclass_differences(left, right, path)
    elif isinstance(left, dict):
        if list(left) != list(right):
            yield f"{path}: keys {list(left)} | {list(right)}"
        for key in left.keys() & right.keys():
            yield from value_differences(left[key], right[key], f"{path}[{key!r}]")
    elif isinstance(left, (list, tuple)):
        if len(left) != len(right):
            yield f"{path}: length {len(left)} | {len(right)}"
        for i, (a, b) in enumerate(zip(left, right, strict=False)):
            yield from value_differences(a, b, f"{path}[{i}]")
    elif isinstance(left, float) and left != left:
        if right == right:
            yield f"{path}: nan | {right}"
    elif plain_text(repr(left)) != plain_text(repr(right)):
        yield f"{path}: {left!r} | {right!r}"


def _array_differences(left: Any, right: Any, path: str) -> Iterator[str]:
    def form(array: Any) -> tuple[Any, ...]:
        return array.shape, array.dtype, getattr(array, "weak_type", False)

    if form(left) != form(right):
        yield f"{path}: array {form(left)} | {form(right)}"
        return
    if jnp.issubdtype(left.dtype, jax.dtypes.prng_key):
        left, right = jax.random.key_data(left), jax.random.key_data(right)
    a, b = np.asarray(left), np.asarray(right)
    if jnp.issubdtype(a.dtype, jnp.inexact):
        # Within a few roundings of the type itself, since the two may compute in another order.
        tolerance = 8 * float(jnp.finfo(a.dtype).eps)
        wide = np.complex128 if jnp.issubdtype(a.dtype, jnp.complexfloating) else np.float64
        same = np.allclose(a.astype(wide), b.astype(wide), tolerance, tolerance, equal_nan=True)
    else:
        same = np.array_equal(a, b)
    if not same:
        yield f"{path}: {a!r} | {b!r}"


def _is_own_wrapper(value: Any) -> bool:
    """Return whether `value` is a function as transformed by one of the packages."""
    return _root(type(value).__module__) in _PACKAGES and hasattr(value, "__wrapped__")


def _is_function_with_rules(value: Any) -> bool:
    """Return whether `value` is one of a package's callables that are no Modules.

    What they do is all there is to compare.
    """
    own = _root(type(value).__module__) in _PACKAGES
    return own and callable(value) and not dataclasses.is_dataclass(value)


def _is_own_class(cls: type) -> bool:
    # One of Equinox's errors says of itself that it is built in.
    claims = cls.__module__ == "builtins" and getattr(builtins, cls.__name__, None) is not cls
    return claims or _root(cls.__module__) in _PACKAGES


def _is_own_dataclass(value: Any) -> bool:
    # Of the standard library's and JAX's own dataclasses the printed form says enough.
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def _dataclass_differences(left: Any, right: Any, path: str) -> Iterator[str]:
    names = [each.name for each in dataclasses.fields(left)]
    other_names = [each.name for each in dataclasses.fields(right)]
    if names != other_names:
        yield f"{path}: fields {names} | {other_names}"
        return
    if plain_text(repr(left)) != plain_text(repr(right)):
        yield f"{path}: printed as {left!r} | {right!r}"
    paths = [jtu.keystr(p) for p, _ in jtu.tree_leaves_with_path(left)]
    other_paths = [jtu.keystr(p) for p, _ in jtu.tree_leaves_with_path(right)]
    if paths != other_paths:
        yield f"{path}: leaves {paths} | {other_paths}"
    for name in names:
        a, b = getattr(left, name, "<unset>"), getattr(right, name, "<unset>")
        yield from value_differences(a, b, f"{path}.{name}")


def _summary(value: Any) -> Any:
    if isinstance(value, jtu.PyTreeDef):
        return value.num_leaves, value.num_nodes
    if isinstance(value, BaseException):
        return error_family(value)
    return value.shape, value.dtype


def _root(module: str) -> str:
    return module.partition(".")[0]
