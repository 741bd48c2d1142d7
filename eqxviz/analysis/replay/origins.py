"""Where elements that are not finite come from: a number beside each, carried through an equation.

A finite element has the number `CLEAN`. The others have that of the argument that they came in
with, of the execution that made them of finite elements, or of a constant. Of several the smallest
counts: an argument before an execution, an earlier execution before a later one, and all of them
before a constant, for that may be meant.

The numbers of an array are an array of its shape, one int where all that are not finite have the
same, and None where all are finite.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.primitives import kind_of
from eqxviz.analysis.replay.codes import INF, NAN, codes_of
from eqxviz.records import EquationKind

# Where the numbers of each kind begin; executions are counted from there.
EXECUTION = 1 << 20  # those below are arguments
FROM_CONSTANT = 1 << 29  # a NaN that an execution made of constants that are Inf
CONSTANT = 1 << 30  # a constant: the one itself, beyond it the execution that read it first
CLEAN = np.iinfo(np.int32).max

_REDUCTIONS = ("reduce_sum", "reduce_max", "reduce_min", "reduce_prod")
_RUNNING = ("cumsum", "cummax", "cummin", "cumprod", "cumlogsumexp")
# What is not moved in them, although they compute nothing.
_IN_PLACE = ("convert_element_type", "reduce_precision", "copy", "copy_p", "device_put", "name")
_jnp: Any = jnp
_lax: Any = jax.lax


def is_inexact(value: Any) -> bool:
    """Whether the elements of `value` can be NaN or Inf."""
    return compat.is_inexact_dtype(value.dtype)


def several(numbers: Any) -> list[int]:
    """Return each number that there is in `numbers`, the smallest first."""
    if numbers is None:
        return []
    if isinstance(numbers, int):
        return [numbers]
    return [int(n) for n in np.unique(numbers) if n != CLEAN]


def execution_of(number: int) -> int:
    """Return the execution that `number` tells of; -1 for an argument, or a constant not read."""
    if number == CONSTANT:
        return -1
    starts = (CONSTANT + 1, FROM_CONSTANT, EXECUTION)
    return next((number - start for start in starts if number >= start), -1)


def numbers_of(value: Any, number: int) -> int | None:
    """Return the numbers of what comes in, where what is not finite is to have `number`."""
    return number if _is_bad(value) else None


def _is_bad(value: Any) -> bool:
    return is_inexact(value) and bool(codes_of([value]) & (NAN | INF))


def carried_origins(
    primitive: Any,
    params: dict[str, Any],
    inputs: Sequence[Any],
    numbers: Sequence[Any],
    outputs: Sequence[Any],
    execution: Any,
) -> list[Any]:
    """Return the numbers of each output of an equation from those of its inputs.

    `execution` says how many equations were executed before.
    """
    if all(n is None for n in numbers) and not any(map(_is_bad, outputs)):
        return [None] * len(outputs)
    shared = _only_number(numbers)
    if shared is not None and shared < CONSTANT and _is_all_of(primitive.name, inputs, numbers):
        return [numbers_of(out, shared) for out in outputs]
    dense = [_dense(x, n, execution) for x, n in zip(inputs, numbers, strict=True)]
    carried = _through(primitive, params, inputs, dense, outputs)
    return [_settled(out, each, execution) for out, each in zip(outputs, carried, strict=True)]


def dense_numbers(value: Any, numbers: Any) -> Any:
    """Return `numbers` of `value` as an array of its shape; of what holds no number as well."""
    xp = _arrays(value)
    if numbers is None or not is_inexact(value):
        return xp.full(np.shape(value), CLEAN, np.int32)
    if isinstance(numbers, int):
        value = value if xp is jnp else np.asarray(value)
        return xp.where(xp.isfinite(value), CLEAN, numbers).astype(np.int32)
    return numbers


def _only_number(numbers: Sequence[Any]) -> int | None:
    """Return the number that all have which have any; None if there are several."""
    first = None
    for each in numbers:
        if each is None:
            continue
        if not isinstance(each, int) or (first is not None and first != each):
            return None
        first = each
    return first


def _is_all_of(name: str, inputs: Sequence[Any], numbers: Sequence[Any]) -> bool:
    """Whether all that is made and not finite has the one number there is among the inputs.

    It has where nothing is computed, and where an input has no element that is finite.
    """
    if name == "gather":  # fills in what is not there
        return False
    if name == "select_n" or (kind_of(name) is EquationKind.MOVE and name not in _IN_PLACE):
        return True
    pairs = zip(inputs, numbers, strict=True)
    return any(n is not None and not np.isfinite(np.asarray(x)).any() for x, n in pairs)


def _dense(value: Any, numbers: Any, execution: Any) -> Any:
    if numbers is None or not is_inexact(value):
        return None
    each = dense_numbers(value, numbers)
    return _arrays(value).where(each == CONSTANT, CONSTANT + 1 + execution, each)


def _settled(output: Any, carried: Any, execution: Any) -> Any:
    """Return the numbers of an output: what was carried to it, and `execution` where it is born."""
    if not is_inexact(output):
        return None
    xp = _arrays(output)
    output = output if xp is jnp else np.asarray(output)
    bad = ~xp.isfinite(output)
    if xp is np and not bad.any():
        return None
    number = CLEAN if carried is None else carried
    is_of_constant = xp.isnan(output) & (number >= CONSTANT) & (number != CLEAN)
    number = xp.where(is_of_constant, FROM_CONSTANT + execution, number)
    number = xp.where(number == CLEAN, EXECUTION + execution, number)
    number = xp.where(bad, number, CLEAN).astype(np.int32)
    if xp is not np:
        return number
    each = number[bad]
    return int(each[0]) if bool((each == each[0]).all()) else number


def _through(
    primitive: Any,
    params: dict[str, Any],
    inputs: Sequence[Any],
    numbers: Sequence[Any],
    outputs: Sequence[Any],
) -> list[Any]:
    """Return the smallest number among the elements that each element of each output is made of.

    Of what is not known by position that is the smallest of all.
    """
    given = [n for n in numbers if n is not None]
    if not given or all(_is_clean(n) for n in given):
        return [None] * len(outputs)
    rule = _rule_of(primitive.name, inputs, outputs)
    if rule is not None:
        filled = [
            _filled(x) if n is None and is_inexact(x) else n
            for x, n in zip(inputs, numbers, strict=True)
        ]
        return [rule(primitive, params, inputs, filled)]
    smallest = given[0].min()
    for n in given[1:]:
        smallest = _arrays(smallest, n).minimum(smallest, n.min())
    return [smallest] * len(outputs)


def _is_clean(numbers: Any) -> bool:
    return isinstance(numbers, np.ndarray) and bool((numbers == CLEAN).all())


_Rule = Callable[[Any, dict[str, Any], Sequence[Any], Sequence[Any]], Any]


def _rule_of(name: str, inputs: Sequence[Any], outputs: Sequence[Any]) -> _Rule | None:
    """Return how numbers go through an equation by position; None where that is not known."""
    if len(outputs) != 1:
        return None
    if name == "select_n":
        return _selected
    if name == "dot_general":
        return _multiplied
    if name in _REDUCTIONS:
        return lambda _p, params, _x, numbers: numbers[0].min(axis=tuple(params["axes"]))
    if name in _RUNNING:
        return _running
    if name.startswith("scatter"):
        return _scattered
    shape = np.shape(outputs[0])
    if kind_of(name) is EquationKind.ELEMENTWISE or name in _IN_PLACE:
        return _in_place if all(np.shape(x) in (shape, ()) for x in inputs) else None
    return _moved if kind_of(name) is EquationKind.MOVE else None


def _in_place(
    _primitive: Any, _params: dict[str, Any], _inputs: Sequence[Any], numbers: Sequence[Any]
) -> Any:
    smallest, *others = [n for n in numbers if n is not None]
    for n in others:
        smallest = _arrays(smallest, n).minimum(smallest, n)
    return smallest


def _selected(
    _primitive: Any, _params: dict[str, Any], inputs: Sequence[Any], numbers: Sequence[Any]
) -> Any:
    which, cases = inputs[0], numbers[1:]
    xp = _arrays(which, *cases)
    which = which if xp is jnp else np.asarray(which)
    chosen = cases[0]
    for i, case in enumerate(cases[1:], 1):
        chosen = xp.where(which == i, case, chosen)
    return chosen


def _multiplied(
    _primitive: Any, params: dict[str, Any], _inputs: Sequence[Any], numbers: Sequence[Any]
) -> Any:
    contracted, batched = params["dimension_numbers"]
    sides = list[Any]()
    n_free = [
        n.ndim - len(c) - len(b) for n, c, b in zip(numbers, contracted, batched, strict=True)
    ]
    for i, (n, summed, batch) in enumerate(zip(numbers, contracted, batched, strict=True)):
        free = [axis for axis in range(n.ndim) if axis not in (*summed, *batch)]
        n = n.transpose((*batch, *free, *summed))
        n = n.min(axis=tuple(range(n.ndim - len(summed), n.ndim))) if summed else n
        shape = n.shape[: len(batch)], n.shape[len(batch) :]
        other = (1,) * n_free[1 - i]
        sides.append(
            n.reshape((*shape[0], *shape[1], *other) if i == 0 else (*shape[0], *other, *shape[1]))
        )
    return _arrays(*sides).minimum(*sides)


def _running(
    _primitive: Any, params: dict[str, Any], _inputs: Sequence[Any], numbers: Sequence[Any]
) -> Any:
    return _as_given(
        _lax.cummin(_jnp.asarray(numbers[0]), params["axis"], params["reverse"]), numbers
    )


def _scattered(
    primitive: Any, params: dict[str, Any], inputs: Sequence[Any], numbers: Sequence[Any]
) -> Any:
    scatter = _lax.scatter if primitive.name == "scatter" else _lax.scatter_min
    operand, updates = _jnp.asarray(numbers[0]), _jnp.asarray(numbers[2])
    names = ("dimension_numbers", "indices_are_sorted", "unique_indices", "mode")
    chosen = {name: params[name] for name in names}
    return _as_given(scatter(operand, inputs[1], updates, **chosen), numbers)


def _moved(
    primitive: Any, params: dict[str, Any], inputs: Sequence[Any], numbers: Sequence[Any]
) -> Any:
    """Move the numbers as the elements are."""
    given = [x if n is None else _jnp.asarray(n) for x, n in zip(inputs, numbers, strict=True)]
    if primitive.name == "gather":
        params = {**params, "fill_value": CLEAN}
    return _as_given(primitive.bind(*given, **params), numbers)


def _as_given(made: Any, numbers: Sequence[Any]) -> Any:
    """Return what JAX made of NumPy's arrays as one of them; of what is traced, as it is."""
    return made if compat.is_tracer(made) else np.asarray(made)


def _filled(value: Any) -> Any:
    return _arrays(value).full(np.shape(value), CLEAN, np.int32)


def _arrays(*values: Any) -> Any:
    """Return the module for arrays such as `values`: JAX's while tracing, NumPy else."""
    return jnp if any(map(compat.is_tracer, values)) else np
