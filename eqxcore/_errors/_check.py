"""Checks of values that are known only when a compiled function runs."""

import os
import warnings
from collections.abc import Callable, Sequence
from traceback import StackSummary
from typing import Any, Literal, get_args

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
from jax import lax
from jax.core import Tracer

from eqxcore._errors._stack import traced_stack
from eqxcore._errors._unvmap import unvmap_any, unvmap_max
from eqxcore._filters import is_array, is_array_like
from eqxcore._transforms import EquinoxRuntimeError, jit_is_disabled, raise_in_callback, under_jit

OnError = Literal["default", "raise", "breakpoint", "nan", "off"]
_CHOICES = get_args(OnError)[1:]
# Called with the arrays and the index of the message; what it returns takes the arrays' place.
_Failure = Callable[[list[Any], Any], list[Any]]

_HINT = (
    "Set the environment variable EQX_ON_ERROR=breakpoint to look around where this happens,\n"
    "or EQX_ON_ERROR=nan to go on with NaN."
)
_STEP_HINT = "JAX_DISABLE_JIT=1 to\nrun everything step by step."


class EquinoxTracetimeError(RuntimeError):
    """A check made by `error_if` failed that was decided before anything ran."""

    __module__ = "eqxcore"


def error_if(x: Any, pred: Any, msg: str, *, on_error: OnError = "default") -> Any:
    """Return `x`, or raise an error if `pred` is true: in compiled functions too.

    The check is part of what is computed: it happens after `x` is computed and before what is
    returned is used. **If what is returned is not used, nothing is checked.**

    Outside of compiled functions the error is raised at once. A compiled function raises an
    `EquinoxRuntimeError` out of its call if it was compiled by `filter_jit`. If `pred` is `True`
    itself, and not an array, an `EquinoxTracetimeError` is raised even while a function is traced.
    Derivatives of the result are those of `x`.

    Args:
        x: Any PyTree with at least one array in it.
        pred: A boolean or an array of them, of which one that is true is enough. So is one element
            of the batch where this is vmapped.
        msg: The message of the error.
        on_error: What to do if `pred` is true. The default is what the environment variable
            `EQX_ON_ERROR` says when the function is traced, and `"raise"` if it is not set.

            - `"raise"` raises the error.
            - `"nan"` returns NaN in place of the arrays of `x`: the largest number for integers.
            - `"breakpoint"` opens a debugger, `jax.debug.breakpoint`, and then goes on as for
              `"nan"`. It shows the frame of the caller; set `EQX_ON_ERROR_BREAKPOINT_FRAMES` to
              see as many frames as that. The values in these frames are computed for it.
              Under pytest, give it the option `-s`.
            - `"off"` checks nothing, and costs nothing.

    Raises:
        ValueError: If there is no array in `x`, or if `EQX_ON_ERROR` is none of these.
        TypeError: If `pred` is neither a boolean nor an array.
        RuntimeError: If `on_error` is none of these.
    """
    return _checked(x, pred, 0, [msg], on_error)


def branched_error_if(
    x: Any, pred: Any, index: Any, msgs: Sequence[str], *, on_error: OnError = "default"
) -> Any:
    """Return `x`, or raise an error with the message `msgs[index]` if `pred` is true.

    See `error_if`.

    Args:
        index: An integer or an array of them, of which the largest counts. So it does over the
            batch where this is vmapped.
    """
    return _checked(x, pred, index, msgs, on_error)


def _checked(x: Any, pred: Any, index: Any, msgs: Sequence[str], on_error: str) -> Any:
    mode = _resolve(on_error)
    leaves, structure = jtu.tree_flatten(x)
    places = [i for i, leaf in enumerate(leaves) if is_array(leaf)]
    arrays = [
        leaves[i] if isinstance(leaves[i], jax.Array) else jnp.asarray(leaves[i]) for i in places
    ]
    if mode != "off":
        arrays = _check(arrays, pred, index, msgs, mode)
    for i, array in zip(places, arrays, strict=True):
        leaves[i] = array
    return structure.unflatten(leaves)


def _check(arrays: list[Any], pred: Any, index: Any, msgs: Sequence[str], mode: str) -> list[Any]:
    _require_types(pred, index)
    if isinstance(pred, (bool, int, float)) and isinstance(index, int):
        if pred and not _is_within(msgs, index):
            raise IndexError(_message(msgs, index))
        return _check_at_once(arrays, bool(pred), _message(msgs, index), mode)
    if not arrays:
        raise ValueError(
            "No arrays to thread error on to: `x` has no array in it, but the check is carried "
            "out where one is used. Give as `x` an array that the result depends on."
        )
    # Under a trace even a known predicate may be that of a branch which is not taken.
    staged = under_jit()
    pred = unvmap_any(pred) if staged or isinstance(pred, Tracer) else np.any(pred)
    if not isinstance(index, int):
        index = unvmap_max(index) if staged or isinstance(index, Tracer) else np.max(index)
    if staged or isinstance(pred, Tracer) or isinstance(index, Tracer):
        return _staged(arrays, pred, index, _FAILURES[mode](list(msgs), traced_stack()))
    if jit_is_disabled():
        return _check_at_once(arrays, bool(pred), _message(msgs, int(index)), mode)
    if pred and mode == "raise":
        raise EquinoxRuntimeError(f"{_message(msgs, int(index))}\n\n{_HINT}")
    return _staged(arrays, pred, index, _FAILURES[mode](list(msgs), None)) if pred else arrays


def _check_at_once(arrays: list[Any], pred: bool, msg: str, mode: str) -> list[Any]:
    """Carry out a check whose outcome is known while tracing."""
    if not pred:
        return arrays
    if mode == "raise":
        raise EquinoxTracetimeError(msg)
    if mode == "breakpoint":
        print(msg)
        breakpoint()  # noqa: T100  (asked for; `up` leads to the caller)
    else:
        warnings.warn(
            f"A check fails whatever the arrays are, since its predicate is known already: {msg}\n"
            "Its arrays are NaN from here on, because of `on_error='nan'`.",
            stacklevel=5,  # whoever called `error_if`
        )
    return [_filled(array, _worst) for array in arrays]


def _staged(arrays: list[Any], pred: Any, index: Any, fail: _Failure) -> list[Any]:
    """Return the arrays, or what `fail` returns in place of them if `pred`, if it returns."""

    def failed(arrays: list[Any], index: Any) -> list[Any]:
        # What varies between devices is to do so in both branches.
        return [
            lax.select(True, out, array)
            for out, array in zip(fail(arrays, index), arrays, strict=True)
        ]

    @jax.custom_jvp
    def check(arrays: list[Any], pred: Any, index: Any) -> list[Any]:
        return lax.cond(pred, failed, lambda arrays, _: arrays, arrays, index)

    def rule(primals: Any, tangents: Any) -> Any:
        return check(*primals), tangents[0]

    check.defjvp(rule, symbolic_zeros=True)
    return check(arrays, pred, jnp.asarray(index, np.int32))


# What happens when a check fails. The arrays have to be made of values that come out of a callback:
# XLA would see through any other way of making them depend on it. The values are scalars, since
# they are computed on one device, however the arrays are distributed.


def _raising(msgs: list[str], stack: StackSummary | None) -> _Failure:
    def raises(index: Any) -> None:
        parts = [_message(msgs, int(index)), f"{_HINT[:-1]}, or {_STEP_HINT}"]
        if stack:
            where = "".join(stack.format()).rstrip()
            parts.insert(1, f"The check is here, in the compiled function:\n{where}")
        raise_in_callback("\n\n".join(parts))

    return lambda arrays, index: _spoiled_by_callback(arrays, raises, index)


def _pausing(msgs: list[str], _: StackSummary | None) -> _Failure:
    frames = _breakpoint_frames()

    def announce(index: Any) -> Any:
        print(
            f"{_message(msgs, int(index))}\n\nThe debugger shows {frames} frame(s): set "
            "EQX_ON_ERROR_BREAKPOINT_FRAMES to see more.",
            flush=True,
        )
        return index

    def fail(arrays: list[Any], index: Any) -> list[Any]:
        announced = jax.pure_callback(announce, jax.ShapeDtypeStruct((), np.int32), index)
        paused = jax.debug.breakpoint(token=announced, num_frames=frames)
        return _spoiled_by_callback(arrays, lambda _: None, paused)

    return fail


def _going_on(_: list[str], __: StackSummary | None) -> _Failure:
    return lambda arrays, index: [_filled(array, _worst) for array in arrays]


_FAILURES = {"raise": _raising, "breakpoint": _pausing, "nan": _going_on}


def _spoiled_by_callback(
    arrays: list[Any], callback: Callable[[Any], None], index: Any
) -> list[Any]:
    """Return arrays of NaN like `arrays`, computed after `callback(index)`."""
    raw = [jax.random.key_data(array) if _is_key(array) else array for array in arrays]
    shapes = {array.dtype: jax.ShapeDtypeStruct((), array.dtype) for array in raw}

    def call(index: Any) -> list[Any]:
        callback(index)
        return [np.array(_worst(dtype), dtype) for dtype in shapes]

    values = dict(zip(shapes, jax.pure_callback(call, list(shapes.values()), index), strict=True))
    return [_filled(array, values.__getitem__) for array in arrays]


def _filled(array: Any, value: Callable[[Any], Any]) -> Any:
    """Return an array like `array`, filled with `value(dtype)`."""
    if _is_key(array):
        data = _filled(jax.random.key_data(array), value)
        return jax.random.wrap_key_data(data, impl=jax.random.key_impl(array))
    return lax.full_like(array, value(array.dtype))


def _worst(dtype: Any) -> Any:
    """Return NaN, or what comes closest to it."""
    if jnp.issubdtype(dtype, np.inexact):
        return np.nan
    return True if dtype == np.dtype(bool) else jnp.iinfo(dtype).max


def _is_key(array: Any) -> bool:
    return jnp.issubdtype(array.dtype, jax.dtypes.prng_key)


def _message(msgs: Sequence[str], index: int) -> str:
    if not _is_within(msgs, index):
        return (
            f"A check failed whose message should be number {index}, but `branched_error_if` was "
            f"given {len(msgs)}. Its `index` must be less than that."
        )
    return str(msgs[index])


def _is_within(msgs: Sequence[str], index: int) -> bool:
    return -len(msgs) <= index < len(msgs)


def _require_types(pred: Any, index: Any) -> None:
    if not is_array_like(pred):
        raise TypeError(
            f"`pred` must be a boolean or an array of them, and is {pred!r}, of type "
            f"`{type(pred).__name__}`. Give what is true where the error is to be raised."
        )
    if isinstance(index, int):
        return
    if not is_array_like(index) or not jnp.issubdtype(jnp.result_type(index), np.integer):
        raise TypeError(
            f"`index` must be an integer or an array of them, and is {index!r}, of type "
            f"`{type(index).__name__}`. It says which of the messages to raise."
        )


def _resolve(on_error: str) -> str:
    """Return what is to be done if a check fails."""
    if on_error in _CHOICES:
        return on_error
    choices = ", ".join(map(repr, _CHOICES))
    if on_error != "default":
        raise RuntimeError(
            f"`on_error={on_error!r}` is unknown: it must be 'default' or one of {choices}."
        )
    found = os.environ.get("EQX_ON_ERROR", "raise")
    if found not in _CHOICES:
        raise ValueError(
            f"The environment variable EQX_ON_ERROR is {found!r}: it must be one of {choices}."
        )
    return found


def _breakpoint_frames() -> int:
    found = os.environ.get("EQX_ON_ERROR_BREAKPOINT_FRAMES", "1")
    try:
        return int(found)
    except ValueError:
        raise ValueError(
            f"The environment variable EQX_ON_ERROR_BREAKPOINT_FRAMES is {found!r}: it must be a "
            "whole number, that of the frames the debugger is to show."
        ) from None
