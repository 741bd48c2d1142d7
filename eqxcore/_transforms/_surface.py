"""What is raised while a compiled function runs, brought to whoever called it.

JAX runs compiled functions asynchronously where it can. What a callback raises comes out of the
runtime as one of `RAISED_AT_RUN_TIME`, at the first use of a result, its text inside a long one.
"""

import logging
from typing import Any

import jax
from jax.errors import JaxRuntimeError
from jax.extend.core import ClosedJaxpr, Jaxpr

#: What compiled functions raise; the second where no Python code of JAX takes part in the call.
RAISED_AT_RUN_TIME = (JaxRuntimeError, ValueError)

_PLAIN_JIT = (
    "\n(Compiled by `filter_jit` instead of `jax.jit`, the function raises just this, as an "
    "`EquinoxRuntimeError`.)"
)
_CALLBACKS = ("pure_callback", "io_callback", "debug_callback", "debug_print")


class EquinoxRuntimeError(RuntimeError):
    """A check made by `error_if` failed."""

    __module__ = "eqxcore"


def raise_in_callback(text: str) -> None:
    """Raise an `EquinoxRuntimeError` that `surfaced` finds again in what JAX raises for it."""
    raise EquinoxRuntimeError(text + _PLAIN_JIT)


def surfaced(error: Exception) -> EquinoxRuntimeError | None:
    """Return what a callback raised by `raise_in_callback`, if `error` holds that.

    It has no traceback. Whoever raises it takes its own frame out of that, so that the user's call
    is the last one shown.
    """
    _, found, text = str(error).partition(f"{EquinoxRuntimeError.__name__}: ")
    text, ended, _ = text.rpartition(_PLAIN_JIT)
    return EquinoxRuntimeError(text) if found and ended else None


def holds_callback(jaxpr: Jaxpr) -> bool:
    """Return whether a callback into Python may run when `jaxpr` does."""
    seen = {id(jaxpr)}
    waiting = [jaxpr]
    while waiting:
        for equation in waiting.pop().eqns:
            if equation.primitive.name in _CALLBACKS:
                return True
            for inner in _inner_jaxprs(equation.params):
                if id(inner) not in seen:
                    seen.add(id(inner))
                    waiting.append(inner)
    return False


def _inner_jaxprs(params: dict[str, Any]) -> list[Jaxpr]:
    found = []
    for value in params.values():
        for each in value if isinstance(value, (tuple, list)) else (value,):
            if isinstance(each, ClosedJaxpr):
                found.append(each.jaxpr)
            elif isinstance(each, Jaxpr):
                found.append(each)
    return found


def wait(out: Any) -> None:
    """Return once `out` is computed, and the callbacks have run that nothing in it depends on."""
    jax.block_until_ready(out)
    jax.effects_barrier()


def _is_not_ours(record: logging.LogRecord) -> bool:
    return record.exc_info is None or record.exc_info[0] is not EquinoxRuntimeError


# JAX logs what a callback raises, and raises it too. Once is enough.
logging.getLogger("jax._src.callback").addFilter(_is_not_ours)
