"""What other libraries of this kind are built with."""

import operator
import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tests.parity.outcome import Program, adder

PROGRAMS: dict[str, Program] = {}


_program = adder(PROGRAMS)


_X = jnp.arange(3.0)


@_program
def get_key(eqx: ModuleType) -> Any:
    getkey = eqx.internal.GetKey(7)
    keys = [getkey(), getkey(), getkey()]
    return keys, repr(getkey), getkey.seed, getkey.call, getkey.key


@_program
def get_key_with_a_random_seed(eqx: ModuleType) -> Any:
    state = random.getstate()
    try:
        random.seed(0)
        return eqx.internal.GetKey().seed, eqx.internal.GetKey().seed
    finally:
        random.setstate(state)


@_program
def static(eqx: ModuleType) -> Any:
    make = eqx.internal.Static
    values = ((1, "a", [2]), None, {"b": 1, "a": [2]}, jnp.sin, "text")
    return (
        [repr(make(each)) for each in values[:3]],
        [make(each).value for each in values],
        make(value=3).value,
        jax.tree_util.tree_leaves(make([1])),
        make(1) == make(1),
        make(1) == make(2),
        make([1]) == make([1]),
        jax.jit(lambda x: x)(make("text")),
        eqx.filter_jit(lambda x: (x, x.value))(make([1, "text"])),
        [
            jax.tree_util.tree_structure(make(n)) == jax.tree_util.tree_structure(make(1))
            for n in (1, 2)
        ],
    )


@_program
def unvmap(eqx: ModuleType) -> Any:
    out: list[Any] = []
    for name in ("any", "all", "max"):
        f = getattr(eqx.internal, f"unvmap_{name}")
        out += [f(x) for x in (jnp.array([1, 0]), np.array([1.5, 2.0]), True, 3, 2.5, _X > 1)]
        out += [
            jax.vmap(f)(_X > 1),
            jax.vmap(f, out_axes=None)(_X > 1),
            jax.jit(jax.vmap(jax.vmap(f)))(jnp.ones((2, 3), bool)),
            jax.grad(lambda x, f=f: f(x > 0) * x)(2.0),
            jax.vmap(lambda x, y, f=f: f(x) * y)(jnp.arange(3), _X),
            repr(jax.make_jaxpr(jax.vmap(f))(_X)),
        ]
    return out


@_program
def refusing_to_be_differentiated(eqx: ModuleType) -> Any:
    f = eqx.internal.nondifferentiable
    tree = {"a": _X, "b": "text", "c": jnp.arange(2), "d": 1.0}
    return (
        f(tree),
        f("text"),
        f(_X, name="x"),
        jax.jit(f)(_X),
        jax.vmap(f)(_X),
        jax.grad(lambda x: f(2.0) * x)(3.0),
        jax.grad(lambda x: (f(jnp.array(2)) * x).sum())(_X),
        jax.grad(lambda x: (f(jax.lax.stop_gradient(x)) * x).sum())(_X),
    )


PROGRAMS |= {
    "nondifferentiable is differentiated": lambda eqx: jax.grad(
        lambda x: eqx.internal.nondifferentiable(x).sum()
    )(_X),
    "nondifferentiable is differentiated forward": lambda eqx: jax.jvp(
        eqx.internal.nondifferentiable, (_X,), (_X,)
    ),
    "nondifferentiable by position": lambda eqx: eqx.internal.nondifferentiable(_X, "x"),
    "unvmap of text": lambda eqx: eqx.internal.unvmap_any("text"),
    "unvmap of a list": lambda eqx: eqx.internal.unvmap_all([True]),
    "unvmap_max of nothing": lambda eqx: eqx.internal.unvmap_max(jnp.zeros(0)),
    "unvmap is differentiated": lambda eqx: jax.grad(eqx.internal.unvmap_max)(1.0),
    "seed is text": lambda eqx: eqx.internal.GetKey("text"),
    "static is hashed": lambda eqx: hash(eqx.internal.Static([1])),
    "static is assigned to": lambda eqx: setattr(eqx.internal.Static(1), "value", 2),
    "static array": lambda eqx: eqx.internal.Static(_X),
}

_BINARY = [
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"),
    *("lt", "le", "gt", "ge", "eq", "ne"),
    *("and_", "or_", "xor", "lshift", "rshift"),
]


def _omega(run: Callable[[Any], Any]) -> Program:
    return lambda eqx: run(eqx.internal.ω)


def _operators(w: Any) -> Any:
    a, b = {"x": jnp.array([4, 5]), "n": None}, {"x": jnp.array([2, 3]), "n": None}
    out: dict[str, Any] = {}
    for name in _BINARY:
        apply = getattr(operator, name)
        out[name] = apply(w(a), w(b)).ω, apply(w(a), jnp.array([1, 2])).ω
        if name != "matmul":
            out[f"{name} of numbers"] = apply(w(a), 2).ω, apply(2, w(a)).ω
    for name in ("neg", "pos", "abs", "invert"):
        out[name] = getattr(operator, name)(w({"x": jnp.array([4, -5])})).ω
    return out


def _is_tuple(node: Any) -> bool:
    return isinstance(node, tuple)


def _at(w: Any) -> Any:
    tree, new = {"a": jnp.arange(4.0)}, {"a": 2.0}
    names = ("set", "add", "multiply", "divide", "power", "min", "max")
    return (
        {name: getattr(w(tree).at[1], name)(w(new)).ω for name in names},
        w(tree).at[1:].set(7.0).ω,
        jax.jit(lambda t: w(t).at[0].add(w(new)).ω)(tree),
    )


PROGRAMS |= {
    "omega operators": _omega(_operators),
    "omega at": _omega(_at),
    "omega by power": _omega(
        lambda w: [
            ({"a": _X} ** w + {"a": 2 * _X} ** w).ω,
            ([1, None] ** w * 2).ω,
            (_X**w * 2).ω,
            (2**w).ω,
        ]
    ),
    "omega printed": _omega(lambda w: [repr(w({"a": 1})), str(w(_X)), repr(w(None))]),
    "omega index and call": _omega(
        lambda w: [
            w({"a": _X, "b": jnp.ones((2, 3))})[0].ω,
            w({"a": _X})[1:].ω,
            w({"a": _X, "n": None}).call(jnp.sin).ω,
            w({"a": 1}).call(lambda x: (x, x)).ω,
        ]
    ),
    "omega leaves": _omega(
        lambda w: [
            (w([(1, 2)], is_leaf=_is_tuple) + w([(3, 4)], is_leaf=_is_tuple)).ω,
            (w([(1, 2)], is_leaf=_is_tuple) * 2).ω,
            w([(1, 2)], is_leaf=_is_tuple).call(len).ω,
            w([(1, 2)], _is_tuple).is_leaf is _is_tuple,
            # Two functions, of the same code.
            sum(
                (w([(i,)], is_leaf=lambda n: isinstance(n, tuple)) for i in range(1)),
                w([(7,)], is_leaf=lambda n: isinstance(n, tuple)),
            ).ω,
        ]
    ),
    "omega of another structure": _omega(lambda w: w([1]) + w([1, 2])),
    "omega of another is_leaf": _omega(lambda w: w([1], is_leaf=_is_tuple) + w([1])),
    "omega of two is_leaf": _omega(
        lambda w: w([1], is_leaf=_is_tuple) + w([1], is_leaf=lambda n: False)
    ),
    "omega indexed by text": _omega(lambda w: w({"a": _X})["a"]),
    "omega at with an option": _omega(lambda w: w({"a": _X}).at[0].set(w({"a": 7}), mode="drop")),
    "omega has nothing else": _omega(lambda w: w(1).absent),
    "omega of omega": _omega(lambda w: repr(w(w(1)).ω)),
    "omega jitted": _omega(lambda w: jax.jit(lambda x: (x**w * 2).ω)({"a": _X})),
    "omega is hashable": _omega(lambda w: isinstance(hash(w(1)), int)),
    "omega is a leaf": _omega(lambda w: len(jax.tree_util.tree_leaves(w({"a": 1, "b": 2})))),
}

DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "omega to the right of NumPy": (
        _omega(lambda w: (np.ones(3) * w({"a": _X})).ω),
        {"a": _X},
        "There NumPy's array goes through it element by element.",
    ),
}
