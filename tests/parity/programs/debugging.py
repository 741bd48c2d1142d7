"""Looking at what JAX does with a function."""

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

_TRANSFORMED: dict[str, Callable[[Callable[[Any], Any]], Any]] = {
    "eager": lambda a: a(_X),
    "jit": lambda a: jax.jit(a)(_X),
    "vmap": lambda a: jax.vmap(a)(_X),
    "jit vmap": lambda a: jax.jit(jax.vmap(a))(_X),
    "vmap jit": lambda a: jax.vmap(jax.jit(a))(_X),
    "grad": lambda a: jax.grad(lambda v: a(v).sum())(_X),
    "jit grad": lambda a: jax.jit(jax.grad(lambda v: a(v).sum()))(_X),
    "jvp": lambda a: jax.jvp(a, (_X,), (_X,)),
    "jit jvp": lambda a: jax.jit(lambda x: jax.jvp(a, (x,), (x,)))(_X),
    "linearize": lambda a: jax.linearize(a, _X)[1](_X),
    "hessian": lambda a: jax.hessian(lambda v: a(v).sum())(_X),
    "vmap grad": lambda a: jax.vmap(jax.grad(a))(_X),
    "scan": lambda a: lax.scan(lambda c, _: (a(c), None), _X, None, length=2),
    "grad of checkpoint": lambda a: jax.grad(jax.checkpoint(lambda v: jnp.sin(a(v)).sum()))(_X),
    "part of it vmapped": lambda a: jax.vmap(lambda v: a((v, _X)))(_X),
    "part of it differentiated": lambda a: jax.grad(lambda v: a((v, jnp.arange(2)))[0].sum())(_X),
    "not differentiated": lambda a: jax.grad(lambda y: (a(_X) * y).sum())(2.0),
    "while": lambda a: lax.while_loop(lambda c: c[0] < 3, lambda c: a(c) + 1, _X),
    "cond": lambda a: lax.cond(_X[0] < 3, a, lambda c: c, _X),
}


def _announced(transform: Callable[[Any], Any], **options: Any) -> Program:
    return lambda eqx: transform(lambda x: eqx.debug.announce_transform(x, **options))


PROGRAMS |= {
    **{f"announce {name}": _announced(each) for name, each in _TRANSFORMED.items()},
    **{
        f"announce {name} with intermediates": _announced(each, intermediates=True)
        for name, each in _TRANSFORMED.items()
    },
    "announce with a name": _announced(lambda a: jax.jit(jax.grad(a))(1.0), name="foo"),
    "announce with a number for a name": _announced(lambda a: jax.jit(a)(1.0), name=5),
    "announce a tree": _announced(lambda a: a({"a": _X, "b": 2, "c": "text"})),
    "announce no arrays": _announced(lambda a: a("text")),
}


@_program
def announce_by_a_function(eqx: ModuleType) -> Any:
    said: list[str] = []
    out = eqx.debug.announce_transform(_X, "name", True, said.append)
    return out, said


@_program
def counted_traces(eqx: ModuleType) -> Any:
    def f(x: Any, y: Any = 1) -> Any:
        "Documented."
        return x + y

    counted = eqx.debug.assert_max_traces(f, max_traces=None)
    jitted = eqx.filter_jit(counted)
    count = eqx.debug.get_num_traces
    before = count(counted)
    out = jitted(_X), jitted(_X), jitted(_X[:2]), jitted(_X, y=2)
    return (
        out,
        before,
        count(counted),
        count(jitted),
        count(jax.jit(counted)),
        count(eqx.filter_vmap(jitted)),
        count(eqx.filter_grad(counted)),
        count(jax.vmap(counted)),
        counted.__name__,
        counted.__doc__,
        counted.__wrapped__ is f,
        counted(1),
        count(counted),
    )


@_program
def counts_of_copies_and_of_others(eqx: ModuleType) -> Any:
    def make() -> Any:
        linear = eqx.nn.Linear(2, 2, key=jax.random.key(0))
        return eqx.debug.assert_max_traces(linear, max_traces=None)

    first, second = make(), make()
    copy = jax.tree_util.tree_map(lambda x: x, first)
    copy(jnp.ones(2))
    first(jnp.ones(2))
    second(jnp.ones(2))
    return [eqx.debug.get_num_traces(each) for each in (first, second, copy)], len(
        jax.tree_util.tree_leaves(first)
    )


@_program
def failing_calls_are_counted(eqx: ModuleType) -> Any:
    counted = eqx.debug.assert_max_traces(lambda x: x / 0, max_traces=2)
    seen = []
    for _ in range(4):
        try:
            counted(1)
        except ZeroDivisionError:
            seen.append("division")
        except RuntimeError:
            seen.append("too many")
    return seen, eqx.debug.get_num_traces(counted)


@_program
def counted_method(eqx: ModuleType) -> Any:
    class Model(eqx.Module):
        scale: Any

        @eqx.filter_jit
        @eqx.debug.assert_max_traces(max_traces=1)
        def __call__(self, x: Any) -> Any:
            return self.scale * x

    model = Model(jnp.ones(()))
    return model(_X), model(_X), eqx.debug.get_num_traces(Model.__call__)


def _traced_twice(limit: Any) -> Program:
    def program(eqx: ModuleType) -> Any:
        f = eqx.filter_jit(eqx.debug.assert_max_traces(max_traces=limit)(lambda x: x + 1))
        return f(_X), f(_X), f(_X[:2])

    return program


PROGRAMS |= {
    **{f"traced twice, limit {limit}": _traced_twice(limit) for limit in (0, 1, 2, 3, None, True)},
    "limit is text": _traced_twice("text"),
    "no limit given": lambda eqx: eqx.debug.assert_max_traces(jnp.sin),
    "limit by position": lambda eqx: eqx.debug.assert_max_traces(jnp.sin, 1),
    "counted and no function": lambda eqx: eqx.debug.assert_max_traces(3, max_traces=1)(1),
    "count of what is not counted": lambda eqx: eqx.debug.get_num_traces(jnp.sin),
    "count of a number": lambda eqx: eqx.debug.get_num_traces(3),
    "count of another jitted": lambda eqx: eqx.debug.get_num_traces(eqx.filter_jit(jnp.sin)),
}


def _in_backward(factor: float = 1.0, jit: bool = True, **options: Any) -> Program:
    def program(eqx: ModuleType) -> Any:
        def f(v: Any) -> Any:
            return (eqx.debug.backward_nan(v, **options) * factor).sum()

        gradient = jax.grad(f)
        return (eqx.filter_jit(gradient) if jit else gradient)(_X)

    return program


@_program
def backward_nan_of_a_tree(eqx: ModuleType) -> Any:
    def f(v: Any) -> Any:
        tree = {"a": v, "b": v * 2, "c": jnp.arange(2), "d": "text"}
        return eqx.debug.backward_nan(tree)["a"].sum()

    return eqx.filter_jit(jax.grad(f))(_X)


@_program
def backward_nan_vmapped(eqx: ModuleType) -> Any:
    def f(v: Any) -> Any:
        return eqx.debug.backward_nan(v) ** 2

    return (
        eqx.filter_jit(jax.vmap(jax.grad(f)))(_X),
        eqx.filter_jit(jax.grad(lambda x: jax.vmap(f)(x).sum()))(_X),
    )


@_program
def backward_nan_forward(eqx: ModuleType) -> Any:
    bn = eqx.debug.backward_nan
    return bn(_X), jax.jit(bn)(_X), bn(_X, "name"), bn(("text", 1, _X))


PROGRAMS |= {
    "backward nan without NaN": _in_backward(),
    "backward nan without NaN, eager": _in_backward(jit=False),
    "backward nan with a name": _in_backward(name="foo"),
    "backward nan that stops": _in_backward(np.nan),
    "backward nan that stops, eager": _in_backward(np.nan, jit=False),
    "backward nan that goes on": _in_backward(np.nan, terminate=False, name="foo"),
    "backward nan that is infinity": _in_backward(np.inf),
}


def _left_out(run: Callable[[Any], Any], **options: Any) -> Program:
    def program(eqx: ModuleType) -> Any:
        name = object()
        out = run(lambda x: eqx.debug.store_dce(x, name=name))
        eqx.debug.inspect_dce(name)
        return out

    return program


PROGRAMS |= {
    "left out": _left_out(lambda store: jax.jit(lambda x: store((x**2, x + 1))[0])(1)),
    "left out by filter_jit": lambda eqx: _left_out(
        lambda store: eqx.filter_jit(lambda x: store((x**2, x + 1))[0])(jnp.array(1))
    )(eqx),
    "left out of a tree": _left_out(
        lambda store: jax.jit(lambda x: store({"a": x, "b": x + 1, "c": "text"})["b"])(1.0)
    ),
    "left out of a model": lambda eqx: _left_out(
        lambda store: jax.jit(
            lambda x: store(eqx.nn.Linear(2, 2, key=jax.random.key(0))).weight + x
        )(1.0)
    )(eqx),
    "all left out": _left_out(lambda store: jax.jit(lambda x: (store(x + 1), x)[1])(1.0)),
    "nothing to leave out": _left_out(lambda store: jax.jit(lambda x: (store("s"), x)[1])(1.0)),
    "left out, vmapped": _left_out(
        lambda store: jax.jit(jax.vmap(lambda x: store((x + 1, x + 2))[0]))(_X)
    ),
    "left out of a scan": _left_out(
        lambda store: jax.jit(
            lambda x: lax.scan(lambda c, _: (store((c + 1, c + 2))[0], None), x, None, length=3)
        )(1.0)
    ),
    "left out of an inner function": _left_out(
        lambda store: jax.jit(lambda x: jax.jit(lambda x: store((x, x + 1)))(x)[0])(1.0)
    ),
    "left out, lowered only": _left_out(
        lambda store: jax.jit(lambda x: store((x, x + 1))[0]).lower(1.0) and None
    ),
    "never stored": lambda eqx: eqx.debug.inspect_dce("never stored"),
    "stored outside of jit": lambda eqx: eqx.debug.store_dce(_X),
    "inspected inside of jit": lambda eqx: jax.jit(lambda x: eqx.debug.inspect_dce() or x)(1.0),
    "stored under a name that is not hashable": lambda eqx: jax.jit(
        lambda x: eqx.debug.store_dce(x, name=[1])
    )(1.0),
    # One frame: JAX flattens whatever the test runner holds in every frame that it is given.
    "breakpoint not reached": lambda eqx: (
        eqx.debug.breakpoint_if(False, num_frames=1),
        eqx.debug.breakpoint_if(_X > 5, num_frames=1),
        eqx.filter_jit(lambda x: (eqx.debug.breakpoint_if(x > 5, num_frames=1), x)[1])(_X),
        jax.vmap(lambda x: (eqx.debug.breakpoint_if(x > 5, num_frames=1), x)[1])(_X),
        jax.grad(lambda x: (eqx.debug.breakpoint_if(x > 5, num_frames=1), x)[1])(1.0),
    ),
    "breakpoint on text": lambda eqx: eqx.debug.breakpoint_if("text"),
    "breakpoint with an unknown option": lambda eqx: eqx.debug.breakpoint_if(True, absent=1),
}

DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "stored while differentiated": (
        _left_out(
            lambda store: jax.jit(jax.grad(lambda x: store((x**3, x + 2))[0]))(jnp.float32(2))
        ),
        jnp.float32(12),
        "There callbacks have no derivative.",
    ),
    "stored and traced twice": (
        lambda eqx: _stored_and_traced_twice(eqx),
        [jnp.int32(1), jnp.float32(1)],
        "There printing it fails.",
    ),
    "methods are counted too": (
        lambda eqx: _counted_bare_method(eqx),
        [jnp.float32(3), 1],
        "There the wrapped function does not become a method.",
    ),
}


def _stored_and_traced_twice(eqx: ModuleType) -> Any:
    name = object()
    f = jax.jit(lambda x: eqx.debug.store_dce((x**2, x + 1), name=name)[0])
    out = [f(jnp.int32(1)), f(jnp.float32(1))]
    eqx.debug.inspect_dce(name)
    return out


def _counted_bare_method(eqx: ModuleType) -> Any:
    class Model(eqx.Module):
        scale: Any

        @eqx.debug.assert_max_traces(max_traces=None)
        def times(self, x: Any) -> Any:
            return self.scale * x

    model = Model(jnp.float32(1))
    return [model.times(jnp.float32(3)), eqx.debug.get_num_traces(model.times)]
