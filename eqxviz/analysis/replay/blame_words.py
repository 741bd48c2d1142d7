"""Why an operation made what is not finite, and what helps, in words."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

_jnp: Any = jnp


class Made(NamedTuple):
    """One element that is not finite, and the elements that it was made of."""

    primitive: str
    params: dict[str, Any]
    value: float  # NaN, inf or -inf
    dtype: Any  # of the result
    elements: Sequence[Sequence[float]]  # of each operand; none where they are not known
    is_backward: bool

    @property
    def is_nan(self) -> bool:
        """Whether it is NaN, and no Inf."""
        return math.isnan(self.value)


_SAFE = (
    "Keep the operand away from there before the operation, not after it: "
    "safe = jnp.where(ok, x, 1.0); y = jnp.where(ok, f(safe), 0.0)."
)
_BOTH_SIDES = (
    "jnp.where around the result does not help: what was not chosen is differentiated as well, "
    "and 0 * inf is NaN."
)
_LOG = (
    "Work with logarithms throughout (jax.nn.log_softmax, jax.nn.logsumexp, "
    "jax.nn.log_sigmoid), or add a small number before the logarithm."
)
_ZERO_DIVISION = "Add a small number to the denominator, or divide by jnp.where(d == 0, 1, d)."
_RANGE = "Clip it to the range first: jnp.clip(x, -1 + 1e-6, 1 - 1e-6)."
_EXP = (
    "Subtract the greatest value before exp (jax.nn.softmax, jax.nn.logsumexp do), or bound what "
    "goes in with jnp.minimum or jnp.clip."
)
_OVERFLOW = "Scale down what is multiplied or summed: clip the gradient, lower the learning rate."
_HALF = (
    "Compute this in float32 (preferred_element_type, or .astype(jnp.float32) before), or lower "
    "the loss scale."
)
_MASK = (
    "Where a whole row is masked nothing is left to normalise: mask with a large finite number "
    "such as jnp.finfo(dtype).min, or leave such rows out with jnp.where."
)
_DEFINITE = "Add a small multiple of the identity (jitter) to the matrix."


def why_of(made: Made) -> tuple[str, str]:
    """Return what happened, "log of 0 is -inf", and what to do about it, "" if nothing is known."""
    firsts = [each[0] for each in made.elements if len(each)]
    words = _WORDS.get(made.primitive)
    # Each needs the numbers of all operands, but for those that tell of none.
    is_told = words in _OF_NO_NUMBERS or len(firsts) == len(made.elements) > 0
    known = words(made, firsts) if words is not None and is_told else None
    what, fix = known if known is not None else _general(made, firsts)
    if made.is_backward and made.primitive in _SINGULAR and not _overflowed(made, firsts):
        fix = f"This is the derivative. {_SAFE} {_BOTH_SIDES}"
    return what, fix


def number_text(value: float) -> str:
    """Return a number as it is written in a sentence: `0`, `-3.2e-08`, `inf`."""
    return f"{value:.6g}"


def _result(made: Made) -> str:
    return "NaN" if made.is_nan else number_text(made.value)


def _log(made: Made, firsts: Sequence[float]) -> tuple[str, str]:
    return f"log of {number_text(firsts[0])} is {_result(made)}", _LOG


def _log1p(made: Made, firsts: Sequence[float]) -> tuple[str, str]:
    what = f"log1p of {number_text(firsts[0])} is {_result(made)}"
    return what, "log1p needs more than -1: bound what goes in from below."


def _root(made: Made, firsts: Sequence[float]) -> tuple[str, str]:
    name = {"rsqrt": "1/sqrt", "sqrt": "sqrt"}.get(made.primitive, made.primitive)
    what = f"{name} of {number_text(firsts[0])} is {_result(made)}"
    if firsts[0] < 0:
        return what, "Bound what goes in from below: jnp.maximum(x, 0), or add a small number."
    return what, _SAFE


def _div(made: Made, firsts: Sequence[float]) -> tuple[str, str]:
    above, below = firsts
    what = f"{number_text(above)} / {number_text(below)} is {_result(made)}"
    if below != 0:
        return f"{what}, more than {made.dtype} holds", _fix_overflow(made)
    return what, _ZERO_DIVISION


def _power(made: Made, firsts: Sequence[float]) -> tuple[str, str]:
    exponent = firsts[1] if len(firsts) > 1 else float(made.params.get("y", 2))
    what = f"{number_text(firsts[0])} ** {number_text(exponent)} is {_result(made)}"
    if firsts[0] == 0 and exponent < 0:
        return what, _SAFE
    if firsts[0] < 0 and not float(exponent).is_integer():
        return what, "A negative number has no such power: use jnp.maximum(x, 0) or jnp.abs(x)."
    return f"{what}, more than {made.dtype} holds", _fix_overflow(made)


def _exp(made: Made, firsts: Sequence[float]) -> tuple[str, str]:
    holds = f"more than {made.dtype} holds ({number_text(_greatest(made.dtype))})"
    return f"{made.primitive} of {number_text(firsts[0])} is {holds}", _EXP


def _range(made: Made, firsts: Sequence[float]) -> tuple[str, str]:
    what = f"{made.primitive} of {number_text(firsts[0])} is {_result(made)}"
    return f"{what}: it is defined from -1 to 1", _RANGE


def _acosh(made: Made, firsts: Sequence[float]) -> tuple[str, str]:
    what = f"acosh of {number_text(firsts[0])} is NaN: it is defined from 1 on"
    return what, "Bound what goes in from below: jnp.maximum(x, 1 + 1e-6)."


def _convert(made: Made, firsts: Sequence[float]) -> tuple[str, str]:
    holds = f"more than {made.dtype} holds ({number_text(_greatest(made.dtype))})"
    fix = (
        "Keep it in float32, or use a mask value that the narrow type holds: "
        "jnp.finfo(dtype).min of that type."
    )
    return f"{number_text(firsts[0])} is {holds}", fix


def _arithmetic(made: Made, firsts: Sequence[float]) -> tuple[str, str] | None:
    if len(firsts) != 2:
        return None
    sign = {"add": "+", "add_any": "+", "sub": "-", "mul": "*"}[made.primitive]
    left, right = map(number_text, firsts)
    right = f"({right})" if right.startswith("-") else right
    what = f"{left} {sign} {right} is {_result(made)}"
    if made.is_nan:
        return what, _MASK
    return f"{what}, more than {made.dtype} holds", _fix_overflow(made)


def _square(made: Made, firsts: Sequence[float]) -> tuple[str, str]:
    what = f"the square of {number_text(firsts[0])} is more than {made.dtype} holds"
    return what, _fix_overflow(made)


def _matrix(made: Made, _firsts: Sequence[float]) -> tuple[str, str]:
    return "the matrix is not positive definite: its Cholesky factor is NaN", _DEFINITE


def _solve(made: Made, firsts: Sequence[float]) -> tuple[str, str]:
    return f"the system is singular: its solution is {_result(made)}", _DEFINITE


def _gather(_made: Made, _firsts: Sequence[float]) -> tuple[str, str]:
    return (
        "an index is out of range: what is not there is filled with NaN",
        'Check the indices, or take with mode="clip".',
    )


def _general(made: Made, firsts: Sequence[float]) -> tuple[str, str]:
    """Return what can be said of any operation."""
    elements = [x for each in made.elements for x in each]
    if made.is_nan or not elements or any(map(math.isinf, elements)):
        of = f" of {', '.join(map(number_text, firsts))}" if firsts else ""
        what = f"{made.primitive}{of} is {_result(made)}"
        is_of_inf = any(math.isinf(x) for x in elements)
        return what, _MASK if is_of_inf else ""
    name = {"reduce_sum": "the sum", "dot_general": "a sum of products", "cumsum": "a running sum"}
    said = name.get(made.primitive, made.primitive)
    return f"{said} is more than {made.dtype} holds", _fix_overflow(made)


def _overflowed(made: Made, firsts: Sequence[float]) -> bool:
    """Whether it was large numbers that were too much, and no singular point."""
    if not firsts or made.is_nan:
        return False
    at = firsts[1] if made.primitive == "div" and len(firsts) > 1 else firsts[0]
    return at != 0


def _fix_overflow(made: Made) -> str:
    return _HALF if np.dtype(made.dtype).itemsize <= 2 else _OVERFLOW


def _greatest(dtype: Any) -> float:
    return float(_jnp.finfo(dtype).max)


_Words = Callable[[Made, Sequence[float]], tuple[str, str] | None]
_WORDS: dict[str, _Words] = {
    "log": _log,
    "log1p": _log1p,
    **dict.fromkeys(("sqrt", "rsqrt", "cbrt"), _root),
    "div": _div,
    **dict.fromkeys(("pow", "integer_pow"), _power),
    **dict.fromkeys(("exp", "exp2", "expm1", "cosh", "sinh"), _exp),
    **dict.fromkeys(("acos", "asin", "atanh", "erf_inv"), _range),
    "acosh": _acosh,
    "convert_element_type": _convert,
    **dict.fromkeys(("add", "add_any", "sub", "mul"), _arithmetic),
    "square": _square,
    "cholesky": _matrix,
    **dict.fromkeys(("triangular_solve", "lu", "custom_linear_solve"), _solve),
    "gather": _gather,
}
_OF_NO_NUMBERS = (_matrix, _solve, _gather)
# What is singular at a point at which a derivative is often taken.
_SINGULAR = ("div", "log", "rsqrt", "sqrt", "pow", "integer_pow")
