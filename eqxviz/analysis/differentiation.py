"""JAX's differentiation as it goes on: what is differentiated, and what its tracers stand for.

Like `compat` it uses JAX beyond its documented API. Checked against JAX 0.10 and 0.12.
"""

import functools
import os
import threading
from collections.abc import Callable
from typing import Any, cast

import jax

from eqxviz.analysis import compat


def watch_differentiation(see: Callable[[Any, Any, bool], Any]) -> Callable[[], None]:
    """Have `see` told of each reverse-mode differentiation of this thread; return what ends that.

    It gets the function, its positional arguments (those that are differentiated, no others), and
    whether it returns a pair of which the second is not differentiated. It is told before the
    function is called, and not of what is differentiated meanwhile. A function that it returns is
    differentiated in place of the other one.
    """
    try:
        from jax._src.interpreters import ad
    except ImportError as error:
        raise compat.UnsupportedJaxError("differentiation that can be watched") from error
    module = cast(Any, ad)
    before, thread = module.linearize, threading.get_ident()
    depth = 0

    @functools.wraps(before)
    def linearize(function: Any, primals: Any, *args: Any, **options: Any) -> Any:
        nonlocal depth
        if not options.get("is_vjp") or threading.get_ident() != thread:
            return before(function, primals, *args, **options)
        depth += 1
        try:
            if depth == 1:
                stand_in = see(function, primals.unflatten(), bool(options.get("has_aux")))
                function = function if stand_in is None else stand_in
            return before(function, primals, *args, **options)
        finally:
            depth -= 1

    module.linearize = linearize

    def close() -> None:
        module.linearize = before

    return close


def variable_of(tracer: Any) -> Any:
    """Return the variable of a jaxpr that a tracer stands for; None within another derivative.

    Of a batched one it is the variable of the whole batch.
    """
    while compat.is_tracer(tracer):
        inner = getattr(tracer, "val", None)
        if not compat.is_tracer(inner):
            return inner
        tracer = inner
    return None


def is_of_jax(equation: Any) -> bool:
    """Whether an equation calls a jitted function of JAX's own."""
    jaxpr = equation.params.get("jaxpr")
    if equation.primitive.name not in ("jit", "pjit") or jaxpr is None:
        return False
    info = getattr(getattr(jaxpr, "jaxpr", jaxpr), "debug_info", None)
    said = str(getattr(info, "func_src_info", "") or "")
    folder = os.path.dirname(str(jax.__file__))
    return said.rpartition(" at ")[2].startswith(os.path.join(folder, ""))
