"""An array is held in a static field.

What is in a static field is a part of the PyTree's structure, not one of its leaves. A jitted
function compares it, and hashes it, to find out whether it was compiled for such a structure: an
array can be neither compared to a single truth nor hashed. So it raises an error, or compiles anew,
as soon as two models are compared, and the array is put into the compiled program as a constant.

Hold arrays in ordinary fields. One that is not to be trained is marked where it is used:

    class Model(eqx.Module):
        window: jax.Array

        def __call__(self, x):
            return x * jax.lax.stop_gradient(self.window)

Small tables of numbers may be static as tuples of Python numbers.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import numpy as np

from eqxviz.analysis.modules import is_module, static_fields
from eqxviz.analysis.short_text import array_text
from eqxviz.analysis.user_code import UserCode
from eqxviz.doctor.code.failure import UNKNOWN, Failure
from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.finding.declaring import declaration
from eqxviz.doctor.seen import Line
from eqxviz.records import Problem, Severity

CODE = "EQX109"
TITLE = "An array in a static field"

_MOST_DEEP = 8
# What Python, NumPy and JAX say where an array is compared to a single truth, or hashed.
_SAID = (
    *("unhashable type", "truth value of an array", "is not hashable", "non-hashable"),
    *("checking equality of metadata fields", "should be comparable using __eq__"),
)


def find(evidence: Evidence) -> Iterator[Problem]:
    """Yield a problem for each static field of a class whose instances hold an array there."""
    told: set[tuple[type, str]] = set()
    for module, made_at in evidence.makings:
        children = _child_names(module)
        for name, value in static_fields(module, children):
            key = type(module), name
            found = next(_arrays_in(value, f".{name}", _MOST_DEEP), None)
            if found is not None and key not in told:
                told.add(key)
                yield _problem(evidence.user_code, module, name, *found, made_at)


def diagnose(failure: Failure) -> Iterator[Problem]:
    """Yield a problem where what failed compares or hashes a structure that holds an array."""
    call, said = failure.innermost, str(failure.error)
    if call is None or not any(words in said for words in _SAID):
        return
    _, args, kwargs = call.bound
    given = [(each.text, each.value) for each in (*args, *kwargs.values())]
    for value in [call.target, *(value for _, value in given)]:
        for module in _modules_in(value):
            for name, held in static_fields(module, _child_names(module)):
                found = next(_arrays_in(held, f".{name}", _MOST_DEEP), None)
                if found is not None:
                    yield _problem(failure.user_code, module, name, *found, call.at)
                    return


def _modules_in(value: Any) -> Iterator[Any]:
    """Yield the Modules in a PyTree, the outer ones first."""
    if is_module(value):
        yield value
    if value is UNKNOWN:
        return
    inner = jax.tree.leaves(value, is_leaf=lambda each: each is not value and is_module(each))
    for each in inner:
        if each is not value and is_module(each):
            yield from _modules_in(each)


def _child_names(module: Any) -> set[str]:
    children = jax.tree_util.default_registry.flatten_one_level_with_keys(module)
    return {key.name for key, _ in children[0]} if children is not None else set()


def _arrays_in(value: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Yield path and array of each array in `value`, looking into containers and dataclasses."""
    if isinstance(value, (jax.Array, np.ndarray)):
        yield path, value
        return
    if depth == 0:
        return
    inner: list[tuple[str, Any]] = []
    if isinstance(value, Mapping):
        inner = [(f"{path}[{key!r}]", each) for key, each in value.items()]
    elif isinstance(value, (tuple, list)):
        inner = [(f"{path}[{i}]", each) for i, each in enumerate(value)]
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        inner = [
            (f"{path}.{field.name}", getattr(value, field.name, None))
            for field in dataclasses.fields(value)
        ]
    for at, each in inner:
        yield from _arrays_in(each, at, depth - 1)


def _problem(
    user_code: UserCode, module: Any, name: str, path: str, array: Any, made_at: Line
) -> Problem:
    cls = type(module)
    at = declaration(cls, name)
    is_users = at is not None and user_code.is_user(at.file)
    kind = "NumPy array" if isinstance(array, np.ndarray) else "JAX array"
    return Problem(
        CODE,
        Severity.WARNING,
        f"{TITLE}: `{cls.__name__}.{name}`",
        f"`{cls.__name__}{path}` is a {kind}, {array_text(array)}, and the field is static: a "
        "part of the structure, which is compared and hashed whenever a jitted function is called "
        "with it.",
        f"Make `{name}` an ordinary field; where it is used, `jax.lax.stop_gradient(self.{name})` "
        "keeps it from being trained.",
        *(at if is_users and at is not None else made_at),
        fix_code=f"{name}: jax.Array",
    )
