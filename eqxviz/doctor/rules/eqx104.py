"""A batch is given to a model that is written for one example.

The layers of Equinox take one example: a vector, an image with its channels, a sequence. An array
with one more axis in front, the batch, raises an error somewhere deep inside, which tells of shapes
that do not fit, and not of the axis.

`jax.vmap` maps a model over that axis:

    predictions = jax.vmap(model)(x)

What is the same for all examples is left out by `in_axes`, and each example gets a key of its own:

    predictions = jax.vmap(model, in_axes=(0, None))(x, context)
    predictions = jax.vmap(model)(x, key=jax.random.split(key, x.shape[0]))
"""

import functools
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax

from eqxviz.analysis import compat
from eqxviz.analysis.leaves import is_array
from eqxviz.analysis.modules import is_layer_class, is_module
from eqxviz.analysis.transformations import transformation_of
from eqxviz.doctor.code.failure import UNKNOWN, Argument, FailedCall, Failure
from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.finding.retracing import first_size, raised_by, works_mapped
from eqxviz.records import Problem, Severity

CODE = "EQX104"
TITLE = "A batch given to a model for one example"

_WRAPPING = ("jit", "filter_jit", "vmap", "filter_vmap")
_MOST_TRIED = 7


@dataclass(frozen=True)
class _Mapping:
    """Which arguments a call is to be mapped over."""

    size: int
    is_mapped: tuple[bool, ...]  # of the positional arguments, then of the named ones
    axis_names: tuple[str, ...]


def find(evidence: Evidence) -> Iterator[Problem]:
    """Yield the problem that what the target raised comes from."""
    yield from (each for each in evidence.diagnosis if each.code == CODE)


def diagnose(failure: Failure) -> Iterator[Problem]:
    """Yield a problem where a call of a model that failed works when it is mapped."""
    if isinstance(failure.error, RuntimeError):  # of no shapes
        return
    for call in failure.calls:
        model = _model(call)
        mapping = _mapping(call, model, failure.error) if model is not None else None
        if mapping is not None:
            yield _problem(call, model, mapping)
            return


def _model(call: FailedCall) -> Any:
    """Return the Module that is called: itself, a method of it; mapped or jitted."""
    target = call.target
    while True:
        transformed = transformation_of(target)
        if isinstance(target, functools.partial):
            target = target.func
        elif transformed is None:
            break
        elif transformed.name in _WRAPPING:
            target = transformed.function
        else:
            return None
    owner = getattr(target, "__self__", target)
    return owner if is_module(owner) and is_layer_class(type(owner)) else None


def _mapping(call: FailedCall, model: Any, error: BaseException) -> _Mapping | None:
    if call.args is None or call.target is UNKNOWN:
        return None
    args = [each.value for each in call.args]
    kwargs = {name: each.value for name, each in call.kwargs.items()}
    values = [*args, *kwargs.values()]
    if any(value is UNKNOWN for value in values):
        return None
    sizes = [None if _is_whole(value) else first_size(value) for value in values]
    if not any(sizes) or type(raised_by(call.target, args, kwargs)) is not type(error):
        return None
    names = tuple(_axis_names(model))
    for chosen in itertools.islice(_choices(sizes), _MOST_TRIED):
        if works_mapped(call.target, args, kwargs, chosen, names):
            size = next(n for n, is_chosen in zip(sizes, chosen, strict=True) if is_chosen)
            return _Mapping(size or 0, chosen, names)
    return None


def _is_whole(value: Any) -> bool:
    """Whether it is never mapped over: a key, a Module, what layers keep of a batch."""
    if is_module(value) or type(value).__module__.startswith(("equinox", "eqxcore")):
        return True
    return is_array(value) and compat.is_key_dtype(value.dtype) and not value.shape


def _choices(sizes: list[int | None]) -> Iterator[tuple[bool, ...]]:
    """Yield which arguments may be mapped, those that map the most first.

    Of those with one size the first is always mapped: it is what the model is about, while labels
    alone may well fit by accident.
    """
    found: list[tuple[bool, ...]] = []
    for size in dict.fromkeys(size for size in sizes if size):
        fitting = [i for i, each in enumerate(sizes) if each == size]
        for n in range(len(fitting), 0, -1):
            for chosen in itertools.combinations(fitting, n):
                if chosen[0] == fitting[0]:
                    found.append(tuple(i in chosen for i in range(len(sizes))))
    yield from sorted(found, key=sum, reverse=True)


def _axis_names(model: Any) -> Iterator[str]:
    """Yield the names of mapped axes that layers of `model` need, such as BatchNorm's."""
    waiting, seen = [model], set[str]()
    while waiting:
        value = waiting.pop()
        if isinstance(value, (list, tuple)):
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()
        elif is_module(value):
            waiting += vars(value).values()
            name = vars(value).get("axis_name")
            if isinstance(name, str) and name not in seen:
                seen.add(name)
                yield name


def _problem(call: FailedCall, model: Any, mapping: _Mapping) -> Problem:
    arguments = [*(call.args or ()), *call.kwargs.values()]
    mapped = [
        each for each, chosen in zip(arguments, mapping.is_mapped, strict=True) if chosen
    ]  # fmt: skip
    shapes = {each.text: _shape(each.value) for each in mapped}
    n, kind = mapping.size, type(model).__name__
    text, shape = next(iter(shapes.items()))
    one = shape[1:]
    told = ", ".join(f"`{text}` has shape {shape}" for text, shape in shapes.items())
    return Problem(
        CODE,
        Severity.ERROR,
        f"{TITLE}: `{call.text}` gets `{text}` of shape {shape}",
        f"{told}: {_axes(len(shape))}. `{kind}` is written for one example, of shape {one}: "
        f"{_axes(len(one))}. The first axis, of size {n}, is the batch; traced for one of the {n} "
        "examples, the call works.",
        f"Map the model over the batch with `jax.vmap`{_more(mapping)}.",
        *call.at,
        fix_code=_fix(call, mapping),
    )


def _axes(n: int) -> str:
    return "no axis" if n == 0 else f"{n} axis" if n == 1 else f"{n} axes"


def _more(mapping: _Mapping) -> str:
    names = " and ".join(f'"{name}"' for name in mapping.axis_names)
    return f", which also gives the axis its name, {names}" if names else ""


def _shape(value: Any) -> tuple[int, ...]:
    return next(tuple(leaf.shape) for leaf in jax.tree.leaves(value) if is_array(leaf))


def _fix(call: FailedCall, mapping: _Mapping) -> str:
    """Return the user's line with the model mapped."""
    args, jax_name = call.args or (), call.reader.name_of(jax, "jax")
    axes = ["0" if each else "None" for each in mapping.is_mapped[: len(args)]]
    changes = []
    for i, (argument, node) in enumerate(zip(args, call.node.args, strict=False)):
        if axes[i] == "None" and _is_key(argument):
            axes[i] = "0"
            changes.append((node, f"{jax_name}.random.split({argument.text}, {mapping.size})"))
    named = dict(zip(call.kwargs, mapping.is_mapped[len(args) :], strict=True))
    for keyword in call.node.keywords:
        argument = call.kwargs[str(keyword.arg)]
        if _is_key(argument) and not named[str(keyword.arg)]:
            split = f"{jax_name}.random.split({argument.text}, {mapping.size})"
            changes.append((keyword.value, split))
        elif not named[str(keyword.arg)] and argument.value is not None:
            return _with_lambda(call, mapping, jax_name)
    options = ""
    if "None" in axes:
        options = f", in_axes=({', '.join(axes)}{',' * (len(axes) == 1)})"
    if mapping.axis_names:
        out = ", out_axes=(0, None)" if "None" in axes else ""
        options += f'{out}, axis_name="{mapping.axis_names[0]}"'
    changes.append((call.node.func, f"{jax_name}.vmap({call.text}{options})"))
    return call.mended(*changes)


def _with_lambda(call: FailedCall, mapping: _Mapping, jax_name: str) -> str:
    """Return it for named arguments that are not mapped: `jax.vmap` maps all of those."""
    arguments = [*(call.args or ()), *call.kwargs.values()]
    names = [f"{name}=" for name in call.kwargs]
    prefixes = [*("" for _ in call.args or ()), *names]
    inner, given = [], []
    letters = iter("abcdefgh")
    for argument, chosen, prefix in zip(arguments, mapping.is_mapped, prefixes, strict=True):
        letter = next(letters) if chosen else ""
        inner.append(f"{prefix}{letter or argument.text}")
        given += [(letter, argument.text)] if chosen else []
    parameters = ", ".join(letter for letter, _ in given)
    values = ", ".join(text for _, text in given)
    call_text = f"{call.text}({', '.join(inner)})"
    return call.mended((call.node, f"{jax_name}.vmap(lambda {parameters}: {call_text})({values})"))


def _is_key(argument: Argument) -> bool:
    value = argument.value
    if not is_array(value):
        return False
    if compat.is_key_dtype(value.dtype):
        return math.prod(value.shape) == 1
    return value.shape == (2,) and str(value.dtype) == "uint32"
