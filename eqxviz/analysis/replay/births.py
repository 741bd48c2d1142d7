"""What is known of an execution of which something that is not finite is born."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.analysis import compat
from eqxviz.analysis.primitives import kind_of
from eqxviz.analysis.replay.origins import dense_numbers, execution_of, is_inexact, several
from eqxviz.records import EquationKind

_MOST_POSITIONS = 3
_MOST_ELEMENTS = 8  # of an operand, of which one element is made


class Traced(NamedTuple):
    """A value, and the numbers of its elements that are not finite, as in `origins`."""

    value: Any
    numbers: Any


class Summary(NamedTuple):
    """Statistics of an array: of its finite elements, and how many of the others there are."""

    n_nan: int
    n_inf: int
    minimum: float
    maximum: float
    mean: float


@dataclass(frozen=True)
class Birth:
    """An execution of an equation that made something not finite, of which it is the origin."""

    row: int
    turns: tuple[int, ...]  # of the loops around it, outermost first
    primitive: str
    params: dict[str, Any]
    dtype: Any
    n_elements: int
    n_nan: int  # that were born of it
    n_inf: int
    at: tuple[tuple[int, ...], ...]  # the first of them
    value: float  # NaN, inf or -inf: the first of them
    operands: tuple[Summary, ...]
    elements: tuple[tuple[float, ...], ...]  # of each operand, that the first of `at` is made of


def birth_of(
    equation: Any,
    row: int,
    turns: tuple[int, ...],
    execution: int,
    inputs: Sequence[Traced],
    outputs: Sequence[Traced],
) -> Birth:
    """Return what is known of `execution`, which is the origin of elements of an output."""
    output, born = _first_born(outputs, execution)
    at = [tuple(each) for each in np.argwhere(born)[:_MOST_POSITIONS].tolist()]
    is_nan = np.isnan(output)
    name, params = equation.primitive.name, equation.params
    values = [_numbers_on_host(each.value) for each in inputs]
    return Birth(
        row, turns, name, params, output.dtype, output.size,
        int((born & is_nan).sum()), int((born & ~is_nan).sum()), tuple(at),
        _floats(output[at[0]])[0],
        tuple(map(summary_of, values)),
        tuple(_made_of(name, params, values, output, at[0])),
    )  # fmt: skip


def summary_of(value: NDArray[Any] | None) -> Summary:
    """Return the statistics of an array; of what holds no numbers, none."""
    if value is None or value.dtype.kind == "b":
        return Summary(0, 0, math.nan, math.nan, math.nan)
    real = value if value.dtype.kind != "c" else np.abs(value)
    finite = real if value.dtype.kind in "iu" else real[np.isfinite(real)]
    n_nan = 0 if value.dtype.kind in "iu" else int(np.isnan(real).sum())
    n_inf = value.size - finite.size - n_nan
    if not finite.size:
        return Summary(n_nan, n_inf, math.nan, math.nan, math.nan)
    mean = float(finite.mean(dtype=np.float64))
    return Summary(n_nan, n_inf, float(finite.min()), float(finite.max()), mean)


def _first_born(outputs: Sequence[Traced], execution: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the first output that has elements of `execution`, and where they are."""
    for each in outputs:
        own = [n for n in several(each.numbers) if execution_of(n) == execution]
        if own:
            value = np.asarray(each.value)
            return value, np.isin(dense_numbers(value, each.numbers), own)
    raise AssertionError(f"No output has elements of execution {execution}.")


def _numbers_on_host(value: Any) -> NDArray[Any] | None:
    return None if compat.is_key_dtype(value.dtype) else np.asarray(value)


def _made_of(
    name: str,
    params: dict[str, Any],
    values: Sequence[NDArray[Any] | None],
    output: NDArray[Any],
    at: tuple[int, ...],
) -> list[tuple[float, ...]]:
    """Return the elements of each operand that the one at `at` is made of, where that is known."""
    return [_floats(_part(name, params, i, value, output, at)) for i, value in enumerate(values)]


def _part(
    name: str,
    params: dict[str, Any],
    which: int,
    value: NDArray[Any] | None,
    output: NDArray[Any],
    at: tuple[int, ...],
) -> Any:
    if value is None or not (is_inexact(value) or value.dtype.kind in "iub"):
        return None
    if kind_of(name) is EquationKind.ELEMENTWISE or name == "convert_element_type":
        return _spread(value, range(output.ndim), at)
    if name == "broadcast_in_dim" and which == 0:
        return _spread(value, params["broadcast_dimensions"], at)
    if name.startswith("reduce_") and "axes" in params and which == 0:
        others = iter(at)
        where = tuple(
            slice(None) if i in params["axes"] else next(others) for i in range(value.ndim)
        )
        return value[where]
    if name == "dot_general":
        return _factors(params["dimension_numbers"], which, value, at)
    return None


def _spread(value: NDArray[Any], axes: Sequence[int], at: tuple[int, ...]) -> Any:
    """Return the element of `value` that stands at `at` where its axes are those of the result."""
    if value.ndim == 0:
        return value
    if value.ndim != len(axes):
        return None
    pairs = zip(value.shape, axes, strict=True)
    return value[tuple(0 if size == 1 else at[axis] for size, axis in pairs)]


def _factors(numbers: Any, which: int, value: NDArray[Any], at: tuple[int, ...]) -> Any:
    """Return the row or column of which a matrix product sums the products."""
    (contracted, batched) = (numbers[0][which], numbers[1][which])
    n_free = value.ndim - len(contracted) - len(batched)
    own = at[len(batched) :]
    free = iter(own[:n_free] if which == 0 else own[len(own) - n_free :])
    batch = dict(zip(batched, at, strict=False))
    where = tuple(
        slice(None) if i in contracted else batch[i] if i in batch else next(free)
        for i in range(value.ndim)
    )
    return value[where]


def _floats(part: Any) -> tuple[float, ...]:
    if part is None:
        return ()
    flat = np.asarray(part).reshape(-1)
    if np.iscomplexobj(flat):
        flat = np.abs(flat)
    return tuple(float(x) for x in flat[:_MOST_ELEMENTS])
