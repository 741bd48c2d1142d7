"""Which results of a compiled call are curves in one piece: what a scan stacked, step by step."""

from collections.abc import Callable, Sequence
from typing import Any

from eqxviz.analysis import compat

# What treats each element by itself; of several operands of one shape, any may be the curve.
_ELEMENTWISE = frozenset(
    (
        *("abs", "add", "add_any", "atan2", "ceil", "clamp"),
        *("convert_element_type", "copy", "copy_p", "cos", "div", "erf"),
        *("exp", "exp2", "expm1", "floor", "integer_pow", "is_finite"),
        *("log", "log1p", "logistic", "max", "min", "mul"),
        *("name", "neg", "optimization_barrier", "pow", "reduce_precision", "rem"),
        *("round", "rsqrt", "select_n", "sharding_constraint", "sign", "sin"),
        *("sqrt", "square", "stop_gradient", "sub", "tan", "tanh"),
    )
)
_REDUCTIONS = frozenset(
    ("reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "reduce_and", "reduce_or")
)
_MAX_DEPTH = 500


def steps_in(leaves: Sequence[Any], jaxpr: Any) -> frozenset[int]:
    """Return which of `leaves`, the arrays of a result, a scan made step by step.

    `jaxpr` computed them, in this order, and possibly more before or after them. An array counts if
    its first axis is that of a scan: a result with one number for each example of a batch does not.
    """
    opened = compat.open_jaxpr(jaxpr)
    if opened is None:
        return frozenset()
    shapes = [(leaf.shape, leaf.dtype) for leaf in leaves]
    outvars = opened.outvars
    found: list[frozenset[int]] = []
    for first in range(len(outvars) - len(leaves) + 1):
        part = outvars[first : first + len(leaves)]
        if [(var.aval.shape, var.aval.dtype) for var in part] == shapes:
            reader = _Reader(opened)
            found.append(frozenset(i for i, var in enumerate(part) if reader.n_step_axes(var)))
    # Where it cannot be told which output is which, what all of them say is true.
    return frozenset.intersection(*found) if found else frozenset()


class _Reader:
    """Follows the variables of one jaxpr to the equations that made them."""

    def __init__(self, jaxpr: compat.OpenJaxpr, inputs: Callable[[int], int] | None = None) -> None:
        self._made = {var: equation for equation in jaxpr.eqns for var in equation.outvars}
        self._places = {var: i for i, var in enumerate(jaxpr.invars)}
        self._inputs = inputs  # how many leading axes of an input are steps
        self._known: dict[Any, int] = {}

    def n_step_axes(self, var: Any, depth: int = 0) -> int:
        """Return how many of the leading axes of `var` count the steps of scans."""
        if compat.is_literal(var) or not getattr(var.aval, "shape", ()) or depth > _MAX_DEPTH:
            return 0
        known = self._known.get(var)
        if known is None:
            known = self._known[var] = self._follow(var, depth)
        return known

    def _follow(self, var: Any, depth: int) -> int:
        equation = self._made.get(var)
        if equation is None:
            place = self._places.get(var, -1)
            return self._inputs(place) if self._inputs is not None and place >= 0 else 0
        name, shape = equation.primitive.name, var.aval.shape
        at = [out is var for out in equation.outvars].index(True)
        if name == "scan":
            return _of_scan(equation, at)
        if name in _ELEMENTWISE:
            operands = equation.invars
            if len(equation.outvars) > 1:  # a barrier: each output is an input
                operands = operands[at : at + 1]
            alike = [v for v in operands if getattr(v.aval, "shape", None) == shape]
            return max((self.n_step_axes(v, depth + 1) for v in alike), default=0)
        if name in _REDUCTIONS:
            kept = min(equation.params["axes"], default=len(shape))
            return min(self.n_step_axes(equation.invars[0], depth + 1), kept)
        if name == "squeeze":
            return self._of_squeeze(equation, depth)
        if name == "reshape" and equation.params.get("dimensions") is None:
            operand = equation.invars[0]
            return _reshaped(operand.aval.shape, shape, self.n_step_axes(operand, depth + 1))
        if name in ("slice", "broadcast_in_dim"):
            return self._of_part(equation, shape, depth)
        return self._of_inner(equation, at, depth)

    def _of_squeeze(self, equation: Any, depth: int) -> int:
        first = min(equation.params["dimensions"], default=0)
        return min(self.n_step_axes(equation.invars[0], depth + 1), first)

    def _of_part(self, equation: Any, shape: Any, depth: int) -> int:
        """Count the leading axes that a slice leaves whole, or a broadcast leaves in place."""
        operand = equation.invars[0]
        before = operand.aval.shape
        places = equation.params.get("broadcast_dimensions", range(len(shape)))
        n = 0
        while n < len(places) and places[n] == n and before[n] == shape[n]:
            n += 1
        return min(self.n_step_axes(operand, depth + 1), n)

    def _of_inner(self, equation: Any, at: int, depth: int) -> int:
        """Follow into a function that is called with the equation's own operands."""
        if equation.primitive.name == "while":
            return 0
        for value in equation.params.values():
            inner = compat.open_jaxpr(value)
            if inner is None:
                continue
            operands = equation.invars
            if (len(inner.invars), len(inner.outvars)) != (len(operands), len(equation.outvars)):
                return 0
            reader = _Reader(inner, lambda i, at=operands: self.n_step_axes(at[i], depth + 1))
            return reader.n_step_axes(inner.outvars[at], depth + 1)
        return 0


def _of_scan(equation: Any, at: int) -> int:
    """Return 1 for what is stacked, more where scans are nested, 0 for what is carried."""
    inner = compat.open_jaxpr(equation.params["jaxpr"])
    if inner is None:
        return 0
    each = inner.outvars[at].aval
    shape = getattr(each, "shape", None)
    if shape is None or equation.outvars[at].aval.shape != (equation.params["length"], *shape):
        return 0
    return 1 + _Reader(inner).n_step_axes(inner.outvars[at])


def _reshaped(before: Sequence[int], after: Sequence[int], n_steps: int) -> int:
    """Return how many leading axes are steps after a reshape; merged ones are one."""
    if not n_steps or not after:
        return 0
    size = 1
    for n, length in enumerate(before[:n_steps], 1):
        size *= length
        if size == after[0]:
            return 1 + _reshaped(before[n:], after[1:], n_steps - n)
    return 0
