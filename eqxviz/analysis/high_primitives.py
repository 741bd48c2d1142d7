"""Equations that JAX traces as one and compiles as many, seen as calls of jitted functions.

From JAX 0.12 on `jnp.searchsorted`, `jnp.nonzero`, `lax.custom_root` and others are traced so.
"""

from collections.abc import Callable
from typing import Any, cast

import jax
import jax.extend.core

_jax: Any = jax
_PRIMITIVE = "call_hi_primitive"


def with_calls(value: Any) -> Any:
    """Return a jaxpr in which each of these equations, however deep, is a call; else `value`.

    The call has the name of the primitive. What has none of them is returned as it is.
    """
    return _mapped(value, _as_call)


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return `value` with each equation of it changed, if it is a jaxpr or a sequence of some."""
    if isinstance(value, jax.extend.core.Jaxpr):  # from JAX 0.11 on a closed one is one as well
        jaxpr = cast(Any, value)
        equations = [change(equation) for equation in jaxpr.eqns]
        if all(new is old for new, old in zip(equations, jaxpr.eqns, strict=True)):
            return jaxpr
        return jaxpr.replace(eqns=equations)
    if isinstance(value, jax.extend.core.ClosedJaxpr):
        jaxpr = _mapped(value.jaxpr, change)
        return value if jaxpr is value.jaxpr else cast(Any, value).replace(jaxpr=jaxpr)
    if type(value) in (list, tuple):
        parts = [_mapped(part, change) for part in value]
        is_same = all(new is old for new, old in zip(parts, value, strict=True))
        return value if is_same else type(value)(parts)
    return value


def _with_params(equation: Any, change: Callable[[Any], Any]) -> Any:
    params = {key: _mapped(value, change) for key, value in equation.params.items()}
    if all(params[key] is value for key, value in equation.params.items()):
        return equation
    return equation.replace(params=params)


def _as_call(equation: Any) -> Any:
    if equation.primitive.name != _PRIMITIVE:
        return _with_params(equation, _as_call)
    primitive = equation.params["_prim"]

    def expand(*inputs: Any) -> list[Any]:
        given = _jax.tree.unflatten(primitive.in_tree, inputs)
        return _jax.tree.leaves(primitive.expand(*given))

    expand.__name__ = expand.__qualname__ = type(primitive).__name__
    with equation.ctx.manager:
        traced = _jax.make_jaxpr(_jax.jit(expand))(*(var.aval for var in equation.invars))
    call = traced.eqns[-1] if traced.eqns else traced
    # No call stands for it where jit is switched off, or where it returns what it was given.
    if (traced.invars, traced.outvars) != (call.invars, call.outvars) or len(traced.eqns) != 1:
        return equation

    def made_there(inner: Any) -> Any:
        """Say of an equation that was made here that it was where the user made the call."""
        inner = _with_params(inner, made_there)
        traceback = inner.source_info.traceback
        if traceback is None or expand.__code__ not in traceback.raw_frames()[0]:
            return inner
        there = inner.source_info.replace(traceback=equation.source_info.traceback)
        return inner.replace(source_info=there)

    params = _with_params(_with_params(call, _as_call), made_there).params
    return equation.replace(primitive=call.primitive, params=params)
