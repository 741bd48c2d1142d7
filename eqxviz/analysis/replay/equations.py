"""The small program that evaluates one equation."""

from collections.abc import Callable, Generator, Hashable, Iterator, Sequence
from typing import Any

import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.primitives import nested_jaxprs
from eqxviz.analysis.replay.entering import is_left_out
from eqxviz.analysis.replay.programs import Typed, Wanted, placed, programs, shape_of
from eqxviz.analysis.replay.rows import holds_references


def evaluated(equation: Any, inputs: Sequence[Any]) -> Generator[None, None, list[Any]]:
    """Return what an equation makes of arrays; yield while its program is compiled."""
    if holds_references(equation):
        return compat.evaluate(equation, inputs)
    program = yield from programs.get(*_program(equation, inputs))
    return list(program(*inputs))


def ahead(equation: Any) -> Wanted | None:
    """Return the program for an equation whose inputs are on the device that is there for all.

    None where nothing is compiled for it.
    """
    if holds_references(equation):
        return None
    return _program(equation, [Typed(var.aval.shape, var.aval.dtype) for var in equation.invars])


def _program(equation: Any, inputs: Sequence[Any]) -> Wanted:
    key = (*meaning_of(equation), *map(placed, inputs))
    return key, lambda: (_function(equation), list(map(shape_of, inputs))), equation


def _function(equation: Any) -> Callable[..., list[Any]]:
    silent = compat.without_callbacks(equation, is_left_out)

    def evaluate(*inputs: Any) -> list[Any]:
        return compat.evaluate(silent, inputs)

    return evaluate


def meaning_of(equation: Any) -> tuple[Hashable, ...]:
    """Return what tells equations apart that make other things of the same inputs.

    It is the same of two traces of one function, and good as long as the equation is held.
    """
    params = tuple((key, _hashable(value)) for key, value in equation.params.items())
    return equation.primitive.name, params, compat.context_of(equation)


def _hashable(value: Any) -> Hashable:
    jaxpr = compat.open_jaxpr(value)
    if jaxpr is not None:
        return str(value), *_values_in(jaxpr)
    if type(value) in (list, tuple):
        return tuple(map(_hashable, value))
    try:
        hash(value)
    except TypeError:
        return id(value)
    return value


def _values_in(jaxpr: compat.OpenJaxpr) -> Iterator[Hashable]:
    """Yield the constants and literals of a jaxpr and of those nested in it."""
    yield from map(id, jaxpr.consts)
    for equation in jaxpr.eqns:
        yield compat.context_of(equation)
        for var in equation.invars:
            if compat.is_literal(var):
                yield np.asarray(var.val).tobytes()
        for nested in nested_jaxprs(equation):
            yield from _values_in(nested.jaxpr)
