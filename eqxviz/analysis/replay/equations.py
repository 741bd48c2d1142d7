"""The small program that evaluates one equation."""

from collections.abc import Callable, Generator, Hashable, Sequence
from typing import Any

from eqxviz.analysis import compat
from eqxviz.analysis.replay.entering import holds_references, is_left_out
from eqxviz.analysis.replay.programs import Build, placed, programs, shape_of

_Wanted = tuple[Hashable, Build, Any]


def evaluated(equation: Any, inputs: Sequence[Any]) -> Generator[None, None, list[Any]]:
    """Return what an equation makes of arrays; yield while its program is compiled."""
    if holds_references(equation):
        return compat.evaluate(equation, inputs)
    program = yield from programs.get(*_program(equation, inputs))
    return list(program(*inputs))


def ahead(equation: Any) -> _Wanted | None:
    """Return the program for an equation whose inputs are on the device that is there for all.

    None where nothing is compiled for it.
    """
    if holds_references(equation):
        return None
    return _program(equation, [_Typed(var.aval) for var in equation.invars])


class _Typed:
    """Stands for an array of a type that is on the default device."""

    def __init__(self, aval: Any) -> None:
        self.shape, self.dtype = aval.shape, aval.dtype


def _program(equation: Any, inputs: Sequence[Any]) -> _Wanted:
    key = (*_meaning(equation), *map(placed, inputs))
    return key, lambda: (_function(equation), list(map(shape_of, inputs))), equation


def _function(equation: Any) -> Callable[..., list[Any]]:
    silent = compat.without_callbacks(equation, is_left_out)

    def evaluate(*inputs: Any) -> list[Any]:
        return compat.evaluate(silent, inputs)

    return evaluate


def _meaning(equation: Any) -> tuple[Hashable, ...]:
    """Return what tells equations apart that make other things of the same inputs."""
    params = tuple((key, _hashable(value)) for key, value in equation.params.items())
    return equation.primitive.name, params, compat.context_of(equation)


def _hashable(value: Any) -> Hashable:
    if compat.open_jaxpr(value) is not None and len(value.eqns) < 9:
        return str(value)  # how elements are combined
    try:
        hash(value)
    except TypeError:
        return id(value)  # held by the equation
    return value
