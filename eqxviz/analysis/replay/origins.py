"""Where elements that are not finite come from: a number beside each, carried through an equation.

A finite element has the number `CLEAN`. The others have that of the argument that they came in
with, of the execution that made them of finite elements, or of a constant.

Where an element is made of several that are not finite, a NaN comes from a NaN before it comes from
an Inf, for a NaN is NaN whatever it meets: an Inf that is meant and met it, such as the -inf of a
mask, is not to blame. In a sum it comes from Inf before -Inf, which masks and logarithms of 0 mean.
Of those alike the smallest number counts: an argument before an execution, an earlier execution
before a later one. All of them come before a constant, for that may be meant.

The numbers of an array are an array of its shape, one int where all that are not finite have the
same, and None where all are finite.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from eqxviz.analysis import compat
from eqxviz.analysis.primitives import kind_of
from eqxviz.analysis.replay.codes import INF, NAN, codes_of
from eqxviz.analysis.replay.equations import evaluated, meaning_of
from eqxviz.analysis.replay.programs import placed, programs, shape_of
from eqxviz.records import EquationKind

# Where the numbers of each kind begin; executions are counted from there.
EXECUTION = 1 << 20  # those below are arguments
FROM_CONSTANT = 1 << 28  # a NaN that an execution made of constants that are Inf
CONSTANT = 1 << 29  # a constant: the one itself, beyond it the execution that read it first
CLEAN = np.iinfo(np.int32).max

# Of numbers that meet the smallest key counts: the number, below two bits for what it is the
# number of. A constant has both.
_OF_INF, _OF_MINUS_INF, _OF_CONSTANT = 1 << 30, 2 << 30, 3 << 30
_NO_KEY = np.iinfo(np.uint32).max  # of what is finite
_Keys = NDArray[np.uint32]

_REDUCTIONS = ("reduce_sum", "reduce_max", "reduce_min", "reduce_prod")
_SUMS = ("add", "add_any", "sub", "reduce_sum", "cumsum", "dot_general")
_RUNNING = ("cumsum", "cummax", "cummin", "cumprod", "cumlogsumexp")
# What is not moved in them, although they compute nothing.
_IN_PLACE = (
    *("convert_element_type", "bitcast_convert_type", "reduce_precision", "copy", "copy_p"),
    *("device_put", "name"),
)
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
    equation: Any,
    inputs: Sequence[Any],
    numbers: Sequence[Any],
    outputs: Sequence[Any],
    execution: int,
) -> Generator[None, None, list[Any]]:
    """Return the numbers of each output of an equation from those of its inputs.

    `execution` says how many equations were executed before. It yields while programs for it are
    compiled.
    """
    if all(n is None for n in numbers) and not any(map(_is_bad, outputs)):
        return [None] * len(outputs)
    shared = _only_number(numbers)
    name = equation.primitive.name
    if shared is not None and shared < CONSTANT and _is_all_of(name, inputs, numbers):
        return [numbers_of(out, shared) for out in outputs]
    of_minus_inf = _OF_MINUS_INF if name in _SUMS else _OF_INF
    keys = [_keys(x, n, execution, of_minus_inf) for x, n in zip(inputs, numbers, strict=True)]
    carried = yield from _through(equation, inputs, keys, outputs)
    return [_settled(out, each, execution) for out, each in zip(outputs, carried, strict=True)]


def dense_numbers(value: Any, numbers: Any) -> NDArray[np.int32]:
    """Return `numbers` of `value` as an array of its shape; of what holds no number as well."""
    if numbers is None or not is_inexact(value):
        return np.full(np.shape(value), CLEAN, np.int32)
    if isinstance(numbers, int):
        return np.where(np.isfinite(np.asarray(value)), CLEAN, numbers).astype(np.int32)
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


def _keys(value: Any, numbers: Any, execution: int, of_minus_inf: int) -> _Keys | None:
    """Return the keys of an input's elements; None where all are finite, or it has no numbers."""
    if numbers is None or not is_inexact(value):
        return None
    each, host = dense_numbers(value, numbers), np.asarray(value)
    keys = np.where(each == CONSTANT, CONSTANT + 1 + execution, each).astype(np.uint32)
    is_minus = False if compat.is_complex_dtype(host.dtype) else host < 0
    of_inf = np.where(is_minus, of_minus_inf, _OF_INF)
    keys |= np.where(np.isnan(host), 0, of_inf).astype(np.uint32)
    keys[each >= CONSTANT] |= _OF_CONSTANT
    return np.where(each == CLEAN, _NO_KEY, keys).astype(np.uint32)


def _settled(output: Any, keys: Any, execution: int) -> Any:
    """Return the numbers of an output: what was carried to it, and `execution` where it is born."""
    if not is_inexact(output):
        return None
    output = np.asarray(output)
    bad = ~np.isfinite(output)
    if not bad.any():
        return None
    keys = np.broadcast_to(np.uint32(_NO_KEY) if keys is None else keys, output.shape)[bad]
    number = np.where(keys == _NO_KEY, EXECUTION + execution, keys & ~np.uint32(_OF_CONSTANT))
    is_of_constant = np.isnan(output[bad]) & (number >= CONSTANT)
    number = np.where(is_of_constant, FROM_CONSTANT + execution, number).astype(np.int32)
    if bool((number == number[0]).all()):
        return int(number[0])
    whole = np.full(output.shape, CLEAN, np.int32)
    whole[bad] = number
    return whole


def _through(
    equation: Any, inputs: Sequence[Any], keys: Sequence[_Keys | None], outputs: Sequence[Any]
) -> Generator[None, None, Sequence[Any]]:
    """Return the smallest key among the elements that each element of each output is made of.

    Of what is not known by position that is the smallest of all which can have made it.
    """
    given = [k for k in keys if k is not None]
    if all((k == _NO_KEY).all() for k in given):
        return [None] * len(outputs)
    name = equation.primitive.name
    filled = [
        np.full(np.shape(x), _NO_KEY, np.uint32) if k is None and is_inexact(x) else k
        for x, k in zip(inputs, keys, strict=True)
    ]
    if name.startswith("scatter"):
        return [(yield from _scattered(equation, inputs, filled))]
    if kind_of(name) is EquationKind.MOVE and name not in _IN_PLACE:
        return (yield from _moved(equation, inputs, filled))
    rule = _rule_of(name, inputs, outputs)
    if rule is not None:
        return [rule(equation.params, inputs, filled)]
    every = np.concatenate([k.reshape(-1) for k in given])
    smallest, of_inf = every.min(), every[every >= _OF_INF].min(initial=_NO_KEY)
    of_inf = smallest if of_inf == _NO_KEY else of_inf
    return [
        np.where(np.isnan(np.asarray(out)), smallest, of_inf) if is_inexact(out) else None
        for out in outputs
    ]


_Rule = Callable[[dict[str, Any], Sequence[Any], Sequence[Any]], Any]


def _rule_of(name: str, inputs: Sequence[Any], outputs: Sequence[Any]) -> _Rule | None:
    """Return how keys go through an equation by position; None where that is not known."""
    if len(outputs) != 1:
        return None
    if name == "select_n":
        return _selected
    if name == "dot_general":
        return _multiplied
    if name in _REDUCTIONS:
        return lambda params, _, keys: keys[0].min(axis=tuple(params["axes"]))
    if name in _RUNNING:
        return _running
    shape = np.shape(outputs[0])
    is_in_place = kind_of(name) is EquationKind.ELEMENTWISE or name in _IN_PLACE
    return _in_place if is_in_place and all(np.shape(x) in (shape, ()) for x in inputs) else None


def _in_place(_params: dict[str, Any], _inputs: Sequence[Any], keys: Sequence[Any]) -> _Keys:
    smallest, *others = [k for k in keys if k is not None]
    for k in others:
        smallest = np.minimum(smallest, k)
    return smallest


def _selected(_params: dict[str, Any], inputs: Sequence[Any], keys: Sequence[Any]) -> _Keys:
    which, cases = np.asarray(inputs[0]), keys[1:]
    chosen: _Keys = cases[0]
    for i, case in enumerate(cases[1:], 1):
        chosen = np.where(which == i, case, chosen)
    return chosen


def _multiplied(params: dict[str, Any], _inputs: Sequence[Any], keys: Sequence[Any]) -> _Keys:
    contracted, batched = params["dimension_numbers"]
    sides = list[_Keys]()
    n_free = [k.ndim - len(c) - len(b) for k, c, b in zip(keys, contracted, batched, strict=True)]
    for i, (k, summed, batch) in enumerate(zip(keys, contracted, batched, strict=True)):
        free = [axis for axis in range(k.ndim) if axis not in (*summed, *batch)]
        k = k.transpose((*batch, *free, *summed))
        k = k.min(axis=tuple(range(k.ndim - len(summed), k.ndim))) if summed else k
        shape = k.shape[: len(batch)], k.shape[len(batch) :]
        other = (1,) * n_free[1 - i]
        sides.append(
            k.reshape((*shape[0], *shape[1], *other) if i == 0 else (*shape[0], *other, *shape[1]))
        )
    return np.minimum(*sides)


def _running(params: dict[str, Any], _inputs: Sequence[Any], keys: Sequence[Any]) -> _Keys:
    axis = params["axis"]
    if params["reverse"]:
        return np.flip(np.minimum.accumulate(np.flip(keys[0], axis), axis), axis)
    return np.minimum.accumulate(keys[0], axis)


def _scattered(
    equation: Any, inputs: Sequence[Any], keys: Sequence[Any]
) -> Generator[None, None, _Keys]:
    given = [keys[0], np.asarray(inputs[1]), keys[2]]
    names = ("dimension_numbers", "indices_are_sorted", "unique_indices", "mode")
    chosen = {name: equation.params[name] for name in names}
    scatter = _lax.scatter if equation.primitive.name == "scatter" else _lax.scatter_min

    def build() -> tuple[Callable[..., Any], Sequence[Any]]:
        return lambda *each: scatter(*each, **chosen), list(map(shape_of, given))

    key = ("scattered", *meaning_of(equation), *map(placed, given))
    program = yield from programs.get(key, build, equation)
    return np.asarray(program(*given))


def _moved(
    equation: Any, inputs: Sequence[Any], keys: Sequence[Any]
) -> Generator[None, None, list[_Keys]]:
    """Move the keys as the elements are."""
    if equation.primitive.name == "gather":
        equation = equation.replace(params=equation.params | {"fill_value": _NO_KEY})
    given = [np.asarray(x) if k is None else k for x, k in zip(inputs, keys, strict=True)]
    return [np.asarray(each) for each in (yield from evaluated(equation, given))]
