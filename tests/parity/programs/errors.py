"""Checks of values known only at run time."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.parity.outcome import Program, adder

PROGRAMS: dict[str, Program] = {}


_program = adder(PROGRAMS)


_X = jnp.arange(3.0)


def _caught(eqx: ModuleType, run: Callable[[], Any]) -> str:
    """Return which of the package's errors `run` raises, and whether it has the message."""
    try:
        run()
    except (eqx.EquinoxRuntimeError, eqx.EquinoxTracetimeError) as error:
        # `is_raised` is the message of all checks here.
        return f"{type(error).__name__} {'is_raised' in str(error)}"
    return "nothing"


def _check(eqx: ModuleType, **options: Any) -> Callable[[Any, Any], Any]:
    return lambda x, pred: eqx.error_if(x, pred, "is_raised", **options)


@_program
def kinds_of_errors(eqx: ModuleType) -> Any:
    check = _check(eqx)
    jit = eqx.filter_jit
    runs: dict[str, Callable[[], Any]] = {
        "eager, known": lambda: check(_X, True),
        "eager, an integer": lambda: check(_X, 1),
        "eager, an array": lambda: check(_X, _X > 1),
        "eager, one of NumPy": lambda: check(_X, np.array([True, False])),
        "eager, a scalar of NumPy": lambda: check(_X, np.bool_(True)),
        "eager, nothing to hold on to": lambda: check("text", True),
        "eager, false": lambda: check(_X, _X > 5),
        "compiled, known": lambda: jit(lambda x: check(x, True))(_X),
        "compiled, an array": lambda: jit(lambda x: check(x, x > 1))(_X),
        "compiled, a constant array": lambda: jit(lambda x: check(x, jnp.array(True)))(_X),
        "compiled, false": lambda: jit(lambda x: check(x, x > 5))(_X),
        "compiled, unused": lambda: jit(lambda x: (check(x, x > 1), x)[1])(_X),
        "compiled, integers": lambda: jit(lambda x: check(x, x))(_X),
        "nested": lambda: jit(lambda x: jit(lambda x: check(x, x > 1))(x) + 1)(_X),
        "nested jax.jit": lambda: jit(lambda x: jax.jit(lambda x: check(x, x > 1))(x) + 1)(_X),
        "off": lambda: jit(lambda x: eqx.error_if(x, x > 1, "is_raised", on_error="off"))(_X),
        "raise": lambda: jit(lambda x: eqx.error_if(x, x > 1, "is_raised", on_error="raise"))(_X),
    }
    return {name: _caught(eqx, run) for name, run in runs.items()}


@_program
def under_transformations(eqx: ModuleType) -> Any:
    check = _check(eqx)
    jit = eqx.filter_jit

    def body(c: Any, x: Any) -> Any:
        return check(c + x, c > 0), None

    one = jnp.array(1.0)
    runs: dict[str, Callable[[], Any]] = {
        "vmap": lambda: jax.vmap(lambda x: check(x, x > 1))(_X),
        "vmap, compiled": lambda: jit(jax.vmap(lambda x: check(x, x > 1)))(_X),
        "vmap, all false": lambda: jit(jax.vmap(lambda x: check(x, x > 5)))(_X),
        "grad": lambda: jax.grad(lambda x: check(x, x > 0))(1.0),
        "grad, compiled": lambda: jit(jax.grad(lambda x: check(x, x > 0) ** 2))(one),
        "grad that needs no value": lambda: jit(jax.grad(lambda x: check(x, x > 0)))(one),
        "jvp": lambda: jit(lambda x: jax.jvp(lambda x: check(x, x > 1), (x,), (x,)))(_X),
        "checkpoint": lambda: jit(jax.grad(jax.checkpoint(lambda x: check(x, x > 0) ** 2)))(one),
        "scan": lambda: jit(lambda x: lax.scan(body, 0.0, x))(_X),
        "scan, too short": lambda: jit(lambda x: lax.scan(body, 0.0, x))(_X[:2]),
        "while": lambda: jit(
            lambda x: lax.while_loop(lambda c: c < 5, lambda c: check(c + 1, c > 3), x)
        )(0.0),
        "branch taken": lambda: jit(
            lambda x: lax.cond(x[1] > 0, lambda x: check(x, x > 1), lambda x: x, x)
        )(_X),
        "branch not taken": lambda: jit(
            lambda x: lax.cond(x[1] > 5, lambda x: check(x, jnp.array(True)), lambda x: x, x)
        )(_X),
        "branch not taken, eager": lambda: lax.cond(
            False, lambda x: check(x, jnp.array(True)), lambda x: x, _X
        ),
        "branch not taken, known": lambda: jit(
            lambda x: lax.cond(x[1] > 5, lambda x: check(x, True), lambda x: x, x)
        )(_X),
        "filter_vmap": lambda: eqx.filter_vmap(lambda x: check(x, x > 1))(_X),
    }
    return {name: _caught(eqx, run) for name, run in runs.items()}


@_program
def values_and_derivatives(eqx: ModuleType) -> Any:
    def f(x: Any) -> Any:
        return jnp.sum(eqx.error_if(x, x < 0, "negative") ** 3)

    def batched(x: Any) -> Any:
        return eqx.error_if(jnp.ones(2), x > 5, "too large")

    return (
        f(_X),
        eqx.filter_jit(jax.value_and_grad(f))(_X),
        jax.hessian(f)(_X),
        jax.jvp(f, (_X,), (_X,)),
        jax.vmap(jax.grad(f))(_X),
        jax.jit(jax.vmap(batched))(_X),
        lax.scan(lambda c, x: (eqx.error_if(c + x, c > 5, "large"), c), 0.0, _X),
    )


@_program
def through_loops_and_derivatives(eqx: ModuleType) -> Any:
    def scan(limit: float) -> Any:
        check = _check(eqx)
        return lambda x: lax.scan(lambda c, a: (check(c * a, c > limit), c), 1.0, x)[0]

    def double(limit: float) -> Any:
        check = _check(eqx)
        return lambda x: lax.while_loop(lambda c: c < 10, lambda c: check(c * 2, c > limit), x)

    x = _X + 1
    runs: dict[str, Callable[[float], Any]] = {
        "gradient": lambda limit: eqx.filter_jit(jax.grad(scan(limit)))(x),
        "recomputed": lambda limit: eqx.filter_jit(jax.grad(jax.checkpoint(scan(limit))))(x),
        "linearised": lambda limit: eqx.filter_jit(lambda x: jax.linearize(scan(limit), x)[1](x))(
            x
        ),
        "vmapped": lambda limit: eqx.filter_jit(jax.vmap(double(limit)))(x),
    }
    return {
        name: (run(100.0), _caught(eqx, lambda run=run: run(1.2))) for name, run in runs.items()
    }


@_program
def disabled_jit(eqx: ModuleType) -> Any:
    check = _check(eqx)
    with jax.disable_jit():
        return (
            _caught(eqx, lambda: eqx.filter_jit(lambda x: check(x, x > 1))(_X)),
            _caught(eqx, lambda: check(_X, _X > 1)),
            eqx.filter_jit(lambda x: check(x, x > 5))(_X),
        )


@_program
def any_tree_is_returned(eqx: ModuleType) -> Any:
    tree = {
        "x": _X,
        "numpy": np.arange(2),
        "scalar": np.float32(2),
        "number": 1.5,
        "text": "a",
        "none": None,
        "bool": _X > 1,
        "model": eqx.nn.Linear(2, 2, key=jax.random.key(0)),
    }
    weak = jax.jit(lambda x: eqx.error_if(x, x > 5, "large"))(1.0)
    return (
        eqx.error_if(tree, False, "m"),
        eqx.error_if(tree, jnp.array(False), "m"),
        eqx.error_if(tree, jnp.array(True), "m", on_error="off"),
        eqx.filter_jit(lambda t: eqx.error_if(t, t["x"] > 5, "m"))(tree),
        weak,
        eqx.error_if("text", False, "m"),
    )


_DTYPES = ("float16", "float32", "int8", "uint8", "int32", "uint32", "bool", "complex64")


@_program
def going_on_with_nan(eqx: ModuleType) -> Any:
    def spoil(x: Any) -> Any:
        return eqx.error_if((x, "text", 1), jnp.array(True), "m", on_error="nan")

    arrays = {name: jnp.ones(2, name) for name in _DTYPES}
    check = _check(eqx, on_error="nan")
    return (
        {name: eqx.filter_jit(spoil)(x) for name, x in arrays.items()},
        {name: spoil(x) for name, x in arrays.items()},
        eqx.filter_jit(jax.value_and_grad(lambda x: check(x, x > 0) * 2))(jnp.array(1.0)),
        jax.value_and_grad(lambda x: check(x, x > 0) * 2)(1.0),
        eqx.filter_jit(jax.vmap(lambda x: check(x, x > 1)))(_X),
        eqx.filter_jit(jax.vmap(lambda x: check(x, x > 5)))(_X),
    )


@_program
def going_on_with_nan_where_it_is_known(eqx: ModuleType) -> Any:
    return eqx.error_if(_X, True, "m", on_error="nan")


@_program
def branches(eqx: ModuleType) -> Any:
    names = ["first_message", "second_message", "third_message"]

    def which(run: Callable[[], Any]) -> list[Any]:
        try:
            run()
        except RuntimeError as error:
            return [type(error).__name__, *(name for name in names if name in str(error))]
        return []

    def check(x: Any, pred: Any, index: Any) -> Any:
        return eqx.branched_error_if(x, pred, index, names)

    return [
        which(lambda: check(_X, True, 1)),
        which(lambda: check(_X, True, -1)),
        which(lambda: check(_X, False, 1)),
        which(lambda: check(_X, _X > 1, 1)),
        which(lambda: check(_X, True, jnp.array(1))),
        which(lambda: check(_X, True, jnp.array([0, 1]))),
        which(lambda: eqx.filter_jit(check)(_X, _X > 1, jnp.array(2))),
        which(lambda: eqx.filter_jit(check)(_X, _X > 1, jnp.array(-1))),
        which(lambda: eqx.filter_jit(check)(_X, jnp.array(True), np.int8(1))),
        which(lambda: jax.vmap(check)(_X, _X > 1, jnp.array([0, 2, 1]))),
        which(lambda: eqx.filter_jit(jax.vmap(check))(_X, _X > 1, jnp.array([0, 1, 0]))),
    ]


PROGRAMS |= {
    "no array to hold on to": lambda eqx: eqx.error_if("text", jnp.array(False), "m"),
    "no array to hold on to, compiled": lambda eqx: eqx.filter_jit(
        lambda x: eqx.error_if(1, x > 0, "m")
    )(_X),
    "predicate of a wrong type": lambda eqx: eqx.error_if(_X, "text", "m"),
    "predicate is a list": lambda eqx: eqx.error_if(_X, [True], "m"),
    "unknown on_error": lambda eqx: eqx.error_if(_X, True, "m", on_error="zzz"),
    "message out of range": lambda eqx: eqx.branched_error_if(_X, True, 5, ["m"]),
    "raised when called": lambda eqx: eqx.filter_jit(lambda x: eqx.error_if(x, x > 1, "m"))(_X),
    "raised at once": lambda eqx: eqx.error_if(_X, _X > 1, "m"),
    "raised while tracing": lambda eqx: eqx.filter_jit(lambda x: eqx.error_if(x, True, "m"))(_X),
    "raised by jax.jit": lambda eqx: jax.block_until_ready(
        jax.jit(lambda x: eqx.error_if(x, x > 1, "m"))(_X)
    ),
    "raised by a callback": lambda eqx: eqx.filter_jit(
        lambda x: jax.pure_callback(lambda _: 1 / 0, x, x)
    )(_X),
    "classes": lambda eqx: [
        (each.__name__, each.__bases__)
        for each in (eqx.EquinoxRuntimeError, eqx.EquinoxTracetimeError)
    ],
}

_SPOILED_BFLOAT16 = jnp.full(2, jnp.nan, jnp.bfloat16)

DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "bfloat16 can be NaN": (
        lambda eqx: eqx.error_if(jnp.ones(2, jnp.bfloat16), jnp.array(True), "m", on_error="nan"),
        _SPOILED_BFLOAT16,
        "There it is one.",
    ),
    "keys can be checked": (
        lambda eqx: eqx.filter_jit(lambda k: eqx.error_if(k, jnp.array(False), "m"))(
            jax.random.key(0)
        ),
        jax.random.key(0),
        "There it fails while tracing.",
    ),
    "numbers in a tree that goes on with NaN": (
        lambda eqx: eqx.error_if((_X, 1), True, "m", on_error="nan"),
        (_X * jnp.nan, 1),
        "There it raises an AttributeError.",
    ),
}
