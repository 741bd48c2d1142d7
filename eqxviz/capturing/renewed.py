"""Which parts of a state that a call returns it has made anew: a loss that lies in the state."""

from collections.abc import Sequence
from typing import Any

from eqxviz.analysis import compat


def renewed_in(leaves: Sequence[Any], first: int, before: Sequence[Any], jaxpr: Any) -> set[int]:
    """Return which of `leaves` from `first` on do not depend on what they were before the call.

    `leaves` are the arrays of a result that `jaxpr` computed, and `before` those of the argument
    that comes back as `leaves[first:first + len(before)]`. A loss does not depend on the loss
    before it; a parameter, a counter and an average do.
    """
    opened = compat.open_jaxpr(jaxpr)
    if opened is None:
        return set()
    starts, ends = _places(before, opened.invars), _places(leaves, opened.outvars)
    found = set(range(len(before)))
    # Where it cannot be told which variables they are, what holds for all that fit is true.
    for start in starts:
        masks = [0] * len(opened.invars)
        for i in range(len(before)):
            masks[start + i] = 1 << i
        reached = _reached(opened, masks)
        for end in ends:
            found &= {i for i in found if not reached[end + first + i] >> i & 1}
    return {first + i for i in found} if starts and ends else set()


def _places(arrays: Sequence[Any], variables: Sequence[Any]) -> list[int]:
    """Return where `variables` hold arrays of such shapes in a row."""
    shapes = [array.shape for array in arrays]
    avals = [getattr(variable.aval, "shape", None) for variable in variables]
    n = len(shapes)
    return [i for i in range(len(avals) - n + 1) if avals[i : i + n] == shapes]


def _reached(jaxpr: compat.OpenJaxpr, masks: Sequence[int]) -> list[int]:
    """Return of each output which inputs it depends on: bits, as `masks` has them of the inputs."""
    known = dict(zip(jaxpr.invars, masks, strict=True))

    def of(variable: Any) -> int:
        return 0 if compat.is_literal(variable) else known.get(variable, 0)

    for equation in jaxpr.eqns:
        operands = [of(variable) for variable in equation.invars]
        if any(operands):
            known.update(zip(equation.outvars, _through(equation, operands), strict=True))
    return [of(variable) for variable in jaxpr.outvars]


def _through(equation: Any, operands: list[int]) -> list[int]:
    name, params = equation.primitive.name, equation.params
    if name == "scan":
        return _through_scan(equation, operands)
    if name == "while":
        n_test, n_body = params["cond_nconsts"], params["body_nconsts"]
        carried = operands[n_test + n_body :]
        outputs = _through_loop(params["body_jaxpr"], operands[n_test:], n_body, len(carried))
        # How often it is gone through counts for all of them.
        test = compat.open_jaxpr(params["cond_jaxpr"])
        each = [a | b for a, b in zip(carried, outputs, strict=True)]
        control = _any(operands) if test is None else _reached(test, operands[:n_test] + each)[0]
        return [output | control for output in outputs]
    if name == "cond":
        branches = [compat.open_jaxpr(branch) for branch in params["branches"]]
        each = [_reached(branch, operands[1:]) for branch in branches if branch is not None]
        return [operands[0] | _any(outputs) for outputs in zip(*each, strict=True)]
    for value in params.values():
        inner = compat.open_jaxpr(value)
        if inner is not None:
            if (len(inner.invars), len(inner.outvars)) == (len(operands), len(equation.outvars)):
                return _reached(inner, operands)
            break
    return [_any(operands)] * len(equation.outvars)


def _through_scan(equation: Any, operands: list[int]) -> list[int]:
    """Return what the outputs of a scan depend on: first what it carries, then what it stacks.

    What is stacked has an axis more outside of the body. The parameters that say how many there
    are of each are others in other releases of JAX.
    """
    body = equation.params["jaxpr"]
    inner = compat.open_jaxpr(body)
    assert inner is not None  # loops have a body
    n_stepped = _n_stacked(equation.invars, inner.invars)
    n_carried = len(inner.outvars) - _n_stacked(equation.outvars, inner.outvars)
    n_consts = len(operands) - n_stepped - n_carried
    return _through_loop(body, operands, n_consts, n_carried)


def _n_stacked(outer: Sequence[Any], inner: Sequence[Any]) -> int:
    shapes = [[getattr(v.aval, "shape", ()) for v in variables] for variables in (outer, inner)]
    return sum(len(a) > len(b) for a, b in zip(*shapes, strict=True))


def _through_loop(body: Any, operands: list[int], n_consts: int, n_carried: int) -> list[int]:
    """Return what the outputs of a loop depend on that is gone through at least once."""
    inner = compat.open_jaxpr(body)
    assert inner is not None  # loops have a body
    inputs = list(operands)
    while True:
        outputs = _reached(inner, inputs)
        carried = slice(n_consts, n_consts + n_carried)
        after = [a | b for a, b in zip(inputs[carried], outputs, strict=False)]
        if after == inputs[carried]:
            return outputs
        inputs[carried] = after


def _any(masks: Sequence[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found
