"""Counting how often a function is traced."""

import functools
import inspect
import weakref
from collections.abc import Callable
from typing import Any

import jax
import jax.tree_util as jtu

from eqxcore._module import field, module_update_wrapper
from eqxcore._pretty import tree_pformat
from eqxcore._transforms import WrappedFunction
from eqxcore._types import sentinel

_ADVICE = "Pass numbers that change as arrays, by `jnp.asarray`, and arrays of one shape and dtype."


class _Tag:
    """Identifies a wrapped function. Copies of the function share it, and so the count."""

    def __copy__(self) -> "_Tag":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Tag":
        return self


#: For each wrapped function, its calls: the arguments by name, with arrays as shapes.
_calls: weakref.WeakKeyDictionary[_Tag, list[dict[str, Any]]] = weakref.WeakKeyDictionary()


class _AssertMaxTraces(WrappedFunction):
    max_traces: int | None = field(static=True)
    tag: _Tag = field(static=True)

    def _made_by(self) -> tuple[str, dict[str, Any]]:
        return "assert_max_traces", {"max_traces": self.max_traces}

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        calls = _calls.setdefault(self.tag, [])
        earlier = list(calls)
        calls.append(_arguments(self.fun, args, kwargs))
        if self.max_traces is not None and len(calls) > self.max_traces:
            raise RuntimeError(
                f"{self.fun!r} can only be traced {self.max_traces} times, and is now traced for "
                f"the {_ordinal(len(calls))} time.{_responsible(earlier, calls[-1])}"
            )
        return self.fun(*args, **kwargs)


def assert_max_traces(
    fn: Callable[..., Any] = sentinel, *, max_traces: int | None
) -> Callable[..., Any]:
    """Return `fn`, made to raise an error when it is called more than `max_traces` times.

    Put inside of a compiling transformation, it is called once for each time that it is traced::

        @filter_jit
        @assert_max_traces(max_traces=1)
        def f(x, y): ...

    Without `fn`, a decorator is returned.

    Args:
        max_traces: `None` for any number, which `get_num_traces` tells.

    Raises:
        RuntimeError: When the result is called once too often. The message names the arguments
            that differ from those of all calls before.
    """
    if fn is sentinel:
        return functools.partial(assert_max_traces, max_traces=max_traces)
    return module_update_wrapper(_AssertMaxTraces(fn, max_traces, _Tag()))


def get_num_traces(fn: Any) -> int:
    """Return how often a function wrapped by `assert_max_traces` has been called, that is traced.

    Transformations of such a function may be given as well.

    Raises:
        ValueError: If it is no such function.
    """
    found = fn
    while not isinstance(found, _AssertMaxTraces):
        try:
            # A bound method is a partial application of the wrapped function.
            found = getattr(found, "__wrapped__", None) or found.func
        except AttributeError:
            raise ValueError(
                f"{fn!r} does not appear to be wrapped by `debug.assert_max_traces`, so that its "
                "traces are not counted. Wrap it, inside of what compiles it, by "
                "`assert_max_traces(max_traces=None)`."
            ) from None
    return len(_calls.get(found.tag, ()))


def _arguments(fun: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    try:
        bound = inspect.signature(fun).bind(*args, **kwargs)
    except (TypeError, ValueError):  # it has no signature, or is going to complain itself
        named = {f"args[{i}]": arg for i, arg in enumerate(args)} | kwargs
    else:
        bound.apply_defaults()
        named = bound.arguments
    # Arrays are not to be kept alive, and tracers must not be.
    return {name: jtu.tree_map(_shape, value) for name, value in named.items()}


def _shape(leaf: Any) -> Any:
    if isinstance(leaf, jax.Array):
        return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, weak_type=leaf.weak_type)
    return leaf


def _responsible(earlier: list[dict[str, Any]], call: dict[str, Any]) -> str:
    """Return which arguments have values that none of the calls before gave them."""
    lines = []
    for name, value in call.items():
        text = tree_pformat(value, struct_as_array=True)
        before = dict.fromkeys(
            tree_pformat(each[name], struct_as_array=True) for each in earlier if name in each
        )
        if text not in before:
            lines.append(f"`{name}` is now\n{text}\nand was before\n" + "\n".join(before))
    if not earlier:
        return ""
    if not lines:
        return " No argument differs from what it was before."
    return "\nWhat differs:\n" + "\n".join(lines) + "\n" + _ADVICE


def _ordinal(number: int) -> str:
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 not in (11, 12, 13) else 0)
    return f"{number}{suffix or 'th'}"
