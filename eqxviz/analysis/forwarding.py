"""Which values in a jaxpr are inputs of it, unchanged."""

from collections.abc import Sequence
from typing import Any

from eqxviz.analysis import compat
from eqxviz.analysis.primitives import kind_of, nested_jaxprs
from eqxviz.records import EquationKind

_ZERO = -1
_SAME = frozenset(("copy", "copy_p", "optimization_barrier", "device_put"))
_OF_ZERO_ZERO = frozenset(("neg", "sqrt", "abs", "square", "integer_pow", "reduce_sum", "sign"))


def input_variables(jaxpr: compat.OpenJaxpr) -> dict[Any, int]:
    """Return which input each variable stands for, in nested jaxprs as well.

    What is merely moved or converted stands for it too, and what a loop carries from it.
    """
    found: dict[Any, int] = {}
    _follow(jaxpr, list(range(len(jaxpr.invars))), found)
    return found


def _follow(jaxpr: compat.OpenJaxpr, inputs: Sequence[int | None], found: dict[Any, int]) -> None:
    for var, at in zip(jaxpr.invars, inputs, strict=False):
        if at is not None:
            found.setdefault(var, at)
    for equation in jaxpr.eqns:
        given = [None if compat.is_literal(var) else found.get(var) for var in equation.invars]
        if all(at is None for at in given):
            continue
        if kind_of(equation.primitive.name) is EquationKind.MOVE and given[0] is not None:
            found.setdefault(equation.outvars[0], given[0])
        for nested in nested_jaxprs(equation):
            _follow(
                nested.jaxpr,
                [None if i is None or i < 0 else given[i] for i in nested.inputs],
                found,
            )


def unchanged_inputs(jaxpr: compat.OpenJaxpr) -> set[int]:
    """Return the inputs that come out as they are, or with zeros added to them."""
    outputs = _forwarded(jaxpr, list(range(len(jaxpr.invars))))
    return {at for at in outputs if at is not None and at != _ZERO}


def _forwarded(jaxpr: compat.OpenJaxpr, inputs: Sequence[int | None]) -> list[int | None]:
    """Return for each output the input that it is, `_ZERO` for zeros, None for anything else."""
    known: dict[Any, int | None] = dict(zip(jaxpr.invars, inputs, strict=False))

    def of(var: Any) -> int | None:
        if not compat.is_literal(var):
            return known.get(var)
        value = compat.literal_value(var)
        return _ZERO if isinstance(value, (int, float)) and value == 0 else None

    for equation in jaxpr.eqns:
        name, given = equation.primitive.name, [of(var) for var in equation.invars]
        made: list[int | None] = []
        if any(at is not None for at in given):
            made = _made(name, given, equation)
        known.update(zip(equation.outvars, made, strict=False))
    return [of(var) for var in jaxpr.outvars]


def _made(name: str, given: Sequence[int | None], equation: Any) -> list[int | None]:
    if name in ("jit", "pjit", "closed_call", "remat2", "checkpoint", "scan", "core_call"):
        nested = next(nested_jaxprs(equation), None)
        if nested is None or None in nested.inputs:
            return []
        inputs = [given[i or 0] for i in nested.inputs]
        outputs = _forwarded(nested.jaxpr, inputs)
        if name != "scan":
            return outputs
        carried = [inputs[at] for at in nested.carried]
        return [b if a == b else None for a, b in zip(outputs, carried, strict=False)]
    if name in _SAME and len(given) == len(equation.outvars):
        return list(given)
    first, second = [*given, None, None][:2]
    if name in ("add", "add_any") and _ZERO in (first, second):
        return [second if first == _ZERO else first]
    if name == "sub" and second == _ZERO:
        return [first]
    if name in ("mul", "div") and (first == _ZERO or (name == "mul" and second == _ZERO)):
        return [_ZERO]
    is_moved = kind_of(name) is EquationKind.MOVE and name != "concatenate"
    if first == _ZERO and (name in _OF_ZERO_ZERO or is_moved):
        return [_ZERO]
    is_converted = name == "convert_element_type"
    if is_converted and equation.invars[0].aval.dtype == equation.outvars[0].aval.dtype:
        return [first]
    return []
