"""Working on whole PyTrees."""

from types import ModuleType
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np

from tests.parity.outcome import Program


class _Pair(NamedTuple):
    a: Any
    b: Any


def _is_none(node: Any) -> bool:
    return node is None


def _is_tuple(node: Any) -> bool:
    return isinstance(node, tuple)


def _mlp(eqx: ModuleType, seed: int = 0) -> Any:
    return eqx.nn.MLP(2, 3, 4, 1, key=jax.random.key(seed))


def _linear(eqx: ModuleType, out: int = 3) -> Any:
    return eqx.nn.Linear(2, out, key=jax.random.key(0))


def _at(where: Any, tree: Any, *args: Any, **kwargs: Any) -> Program:
    return lambda eqx: eqx.tree_at(where, tree(eqx) if callable(tree) else tree, *args, **kwargs)


def _on_module(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any
        y: list

        @property
        def first(self) -> Any:
            return self.y[0]

        def method(self) -> Any:
            return self.x

    m = M(1, [2, 3])
    return [
        eqx.tree_at(lambda t: t.first, m, 10),
        eqx.tree_at(lambda t: t.__self__.x, m.method, 10).__self__,
        eqx.tree_at(lambda t: t.x, M(None, [2, 3]), 10),
        eqx.tree_at(lambda t: (t.x, t.y), M(None, [2]), (None, None), is_leaf=_is_none),
        eqx.tree_at(lambda t: (t.x, t.y), m, replace_fn=str),
    ]


def _at_calls(eqx: ModuleType) -> Any:
    eqx.tree_at(lambda t: t[0], [1, (2, None, "s")], replace_fn=lambda x: print("given", x))


def _shared(eqx: ModuleType) -> Any:
    shared = [1, 2]
    array = jnp.ones(2)
    return [
        eqx.tree_at(lambda t: t[0], [shared, shared], 3),
        eqx.tree_at(lambda t: t[0][0], [shared, shared], 3),
        eqx.tree_at(lambda t: (t[0], t[1]), [shared, shared], (3, 4)),
        eqx.tree_at(lambda t: t[0], [array, array], 3),
    ]


_NESTED = [1, [2, {"a": 3, "b": 4}]]

_AT: dict[str, Program] = {
    "a leaf": _at(lambda t: t[1][1]["a"], _NESTED, 5),
    "a leaf by a function": _at(lambda t: t[1][1]["a"], _NESTED, replace_fn=lambda x: x + 1),
    "a node": _at(lambda t: t[1], _NESTED, 5),
    "a node by a function": _at(lambda t: t[1], _NESTED, replace_fn=lambda x: ("wrapped", x)),
    "a leaf by a node": _at(lambda t: t[0], _NESTED, {"new": [1, 2]}),
    "two leaves": _at(lambda t: (t[0], t[1][0]), [1, [2, 3]], (7, 8)),
    "two leaves in a list": _at(lambda t: [t[0], t[1][0]], [1, [2, 3]], [7, 8]),
    "a leaf and a node": _at(lambda t: (t[0], t[1]), [1, [2, 3]], (3, [7, 8, 9])),
    "the root": _at(lambda t: t, [1, 2], 5),
    "the root that is a leaf": _at(lambda t: t, 5, 6),
    "the root that is a tuple": _at(lambda t: t, (1, 2), (3, 4)),
    "a leaf twice": _at(lambda t: (t[0], t[0]), [1, 2], (7, 8)),
    "a leaf twice by a function": _at(lambda t: (t[0], t[0]), [1, 2], replace_fn=lambda x: x + 1),
    "a node twice": _at(lambda t: (t[1], t[1]), [1, [2]], (7, 8)),
    "the only None": _at(lambda t: t[0], [None, 1], 5),
    "None as a leaf": _at(lambda t: t[0], [None, None], 5, is_leaf=_is_none),
    "an empty tuple": _at(lambda t: t[0], [(), 1], 5),
    "an empty tuple of two": _at(lambda t: t[0], [(), ()], 5),
    "an empty list": _at(lambda t: t[0], [[], 1], 5),
    "no node": _at(lambda t: (), [1, 2], ()),
    "a tuple as a leaf": _at(lambda t: t[0], [(1, 2), 3], 3, is_leaf=_is_tuple),
    "a field of a named tuple": _at(lambda t: t.a, _Pair(1, 2), 3),
    "a named tuple": _at(lambda t: t[0], [_Pair(1, 2), 2], 9),
    "all values of a dict": _at(lambda t: list(t.values()), {"a": 1, "b": 2}, [3, 4]),
    "equal leaves": _at(lambda t: t[0], [1, 1], 3),
    "shared nodes": _shared,
    "fields of a Module": _on_module,
    "what the function is given": _at_calls,
    "a weight": _at(lambda m: m.layers[0].weight, _mlp, jnp.zeros((4, 2))),
    "all biases": _at(
        lambda m: [layer.bias for layer in m.layers], _mlp, replace_fn=lambda b: b + 1
    ),
    "a layer": _at(lambda m: m.layers[1], _mlp, "layer"),
    "a weight by None": _at(lambda m: m.layers[0].weight, _mlp, None),
    "a missing bias": lambda eqx: eqx.tree_at(
        lambda m: m.bias,
        eqx.nn.Linear(2, 3, use_bias=False, key=jax.random.key(0)),
        jnp.ones(3),
        is_leaf=_is_none,
    ),
    "a struct": _at(lambda t: t[0], (1,), jax.ShapeDtypeStruct((2,), jnp.float32)),
    "too few replacements": _at(lambda t: (t[0], t[1]), [1, 2], (7,)),
    "no sequence of replacements": _at(lambda t: (t[0], t[1]), [1, 2], 7),
    "a dict of nodes": _at(lambda t: {"x": t[0], "y": t[1]}, [1, 2], {"x": 7, "y": 8}),
    "a node and what is in it": _at(lambda t: (t[1], t[1][0]), [1, [2, 3]], (7, 8)),
    "one of two Nones": _at(lambda t: t[0], [None, None], 5),
    "a static field": _at(lambda t: t.in_features, _linear, 5),
    "a computed attribute": _at(lambda t: t.weight.T, _linear, 5),
    "a computed value": _at(lambda t: t.weight + 1, _linear, 5),
    "a constant": _at(lambda t: 7, [1, 2], 5),
    "a None that is not there": _at(lambda t: None, [1, 2], 5),
    "a bound method": _at(lambda t: t.__call__, _linear, 5),
    "neither replacement": _at(lambda t: t[0], [1, 2]),
    "both replacements": _at(lambda t: t[0], [1, 2], 3, lambda x: x),
    "an index too large": _at(lambda t: t[5], [1, 2], 3),
    "an attribute that is not there": _at(lambda t: t.foo, [1, 2], 3),
    "leaves by their type": _at(
        lambda t: tuple(x for x in t if type(x) is int), [1, 2, "a"], (3, 4)
    ),
    "a leaf chosen by the others": _at(lambda t: t[0] if t[1] else t[1], [True, False], 10),
    "inside a leaf": _at(lambda t: t[0][0], [(1, 2), 3], 3, is_leaf=_is_tuple),
    "nested sequences": _at(lambda t: (t[0], [t[1], t[2]]), [1, 2, 3], (3, [4, 5])),
    "the keys of a dict": _at(lambda t: list(t), {"a": 1, "b": 2}, [3, 4]),
}


def _equal(*trees: Any, **kwargs: Any) -> Program:
    return lambda eqx: eqx.tree_equal(*trees, **kwargs)


class _EqualToAll:
    def __eq__(self, other: object) -> Any:
        return "yes"

    __hash__ = None  # type: ignore[assignment]  (it is not hashable, as its __eq__ is no equality)


def _equal_traced(eqx: ModuleType) -> Any:
    def f(x: Any, y: Any) -> Any:
        known = [eqx.tree_equal((x, 1), (y, 2)), eqx.tree_equal(x, y[None])]
        return eqx.tree_equal((x, 1), (y, 1)), eqx.tree_equal(x, x), known

    return jax.jit(f)(jnp.ones(2), jnp.ones(2))


_ONE, _NAN = np.float32(1), np.array(np.nan)

_EQUAL: dict[str, Program] = {
    "one tree": _equal(1),
    "numbers": _equal(1, 1),
    "numbers of two types": _equal(1, 1.0),
    "numbers of two types, typematch": _equal(1, 1.0, typematch=True),
    "three, the last different": _equal(1, 1, 2),
    "list and tuple": _equal([1], (1,)),
    "lengths": _equal([1], [1, 2]),
    "JAX arrays": _equal(jnp.ones(2), jnp.ones(2)),
    "different JAX arrays": _equal(jnp.ones(2), jnp.zeros(2)),
    "empty arrays": _equal(jnp.zeros(0), jnp.zeros(0)),
    "JAX and NumPy": _equal(jnp.ones(2), np.ones(2, np.float32)),
    "JAX and NumPy, typematch": _equal(jnp.ones(2), np.ones(2, np.float32), typematch=True),
    "NumPy arrays": _equal(np.ones(2), np.ones(2)),
    "NumPy shapes": _equal(np.ones(2), np.ones(3)),
    "NumPy dtypes": _equal(np.ones(2), np.ones(2, np.float32)),
    "NumPy scalars": _equal(_ONE, np.float32(1)),
    "NumPy scalar and number": _equal(_ONE, 1.0),
    "number and JAX scalar": _equal(1.0, jnp.array(1.0)),
    "NumPy scalar and array": _equal(_ONE, np.array(1, np.float32)),
    "NumPy scalar and array, typematch": _equal(_ONE, np.array(1, np.float32), typematch=True),
    "JAX nan": _equal(jnp.array(jnp.nan), jnp.array(jnp.nan)),
    "NumPy nan": _equal(_NAN, _NAN),
    "nan": _equal(float("nan"), float("nan")),
    "rtol": _equal(jnp.ones(2), jnp.ones(2) + 1e-3, rtol=1e-2),
    "atol": _equal(jnp.ones(2), jnp.ones(2) + 1e-3, atol=1e-2),
    "atol too small": _equal(jnp.ones(2), jnp.ones(2) + 1e-3, atol=1e-4),
    "atol of numbers": _equal(1.0, 1.001, atol=1e-2),
    "atol of integers": _equal(jnp.arange(3), jnp.arange(3) + 1, atol=5),
    "atol of NumPy integers": _equal(np.arange(3), np.arange(3) + 1, atol=5),
    "atol of NumPy": _equal(np.ones(3), np.ones(3) + 1e-9, atol=1e-5),
    "atol of nan": _equal(_NAN, _NAN, atol=1e-3),
    "an array as atol": _equal(jnp.ones(2), jnp.ones(2) + 1e-3, atol=jnp.array(1e-2)),
    "keys": _equal(jax.random.key(0), jax.random.key(0)),
    "different keys": _equal(jax.random.key(0), jax.random.key(1)),
    "text and functions": _equal(["a", jnp.sin, None], ["a", jnp.sin, None]),
    "None and a number": _equal(None, 1),
    "NumPy objects": _equal(np.array([None, "a"]), np.array([None, "a"])),
    "dicts in another order": _equal({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    "objects with an odd equality": _equal(_EqualToAll(), _EqualToAll()),
    "an array and text": _equal(jnp.ones(2), "s"),
    "traced": _equal_traced,
    "models": lambda eqx: eqx.tree_equal(_mlp(eqx), _mlp(eqx)),
    "different models": lambda eqx: eqx.tree_equal(_mlp(eqx), _mlp(eqx, 1)),
    "models of two shapes": lambda eqx: eqx.tree_equal(_linear(eqx), _linear(eqx, 4)),
}


def _check_linear_twice(eqx: ModuleType) -> None:
    linear = _linear(eqx)
    eqx.tree_check({"a": {"b": linear}, "c": [linear]})


def _check_method_twice(eqx: ModuleType) -> None:
    linear = _linear(eqx)
    eqx.tree_check([linear, linear.__call__])


def _check_empty_module_twice(eqx: ModuleType) -> None:
    empty = eqx.nn.Identity()
    eqx.tree_check([empty, empty])


_one, _empty, _holds_none, _holds_empty = [1], [], [None], [[]]
_itself: list = [1]
_itself.append(_itself)
_cycle: dict = {"a": [1]}
_cycle["a"].append(_cycle)


def _check(tree: Any) -> Program:
    return lambda eqx: eqx.tree_check(tree)


_CHECK: dict[str, Program] = {
    "leaves": _check([1, 1, None, None]),
    "arrays": lambda eqx: eqx.tree_check([_linear(eqx).weight] * 2),
    "equal nodes": _check([[1], [1]]),
    "an empty node twice": _check([_empty, _empty]),
    "an empty Module twice": _check_empty_module_twice,
    "a node twice": _check([_one, _one]),
    "a node twice, deeper": _check({"a": _one, "b": (2, {"q": _one})}),
    "a Module twice": _check_linear_twice,
    "a method and its Module": _check_method_twice,
    "a node of None twice": _check([_holds_none, _holds_none]),
    "a node of an empty node twice": _check([_holds_empty, _holds_empty]),
    "a node in itself": _check(_itself),
    "a node somewhere in itself": _check(_cycle),
    "a leaf": _check(5),
    "None": _check(None),
}


def _inference_of(eqx: ModuleType, value: Any) -> Any:
    class M(eqx.Module):
        inference: Any
        inner: Any

    tree = [M(None, {"a": M(False, eqx.nn.Dropout(0.5))}), eqx.nn.Dropout(0.2, inference=True)]
    return eqx.tree_inference(tree, value), eqx.nn.inference_mode(tree, value=value)


def _inference_static(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        inference: bool = eqx.field(static=True)

    return eqx.tree_inference(M(False))


def _inference_custom_node(eqx: ModuleType) -> Any:
    class Node:
        def __init__(self, inference: Any) -> None:
            self.inference = inference

    jtu.register_pytree_node(Node, lambda n: ((n.inference,), None), lambda _, c: Node(*c))
    return eqx.tree_inference([Node(False)])[0].inference


def _inference_within_inference(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        inference: Any

    return eqx.tree_inference([M(M(False))])


def _updates(model: Any, updates: Any) -> Program:
    return lambda eqx: eqx.apply_updates(model, updates)


PROGRAMS: dict[str, Program] = {
    **{f"tree_at {name}": program for name, program in _AT.items()},
    **{f"tree_equal {name}": program for name, program in _EQUAL.items()},
    **{f"tree_check {name}": program for name, program in _CHECK.items()},
    "one level of a dict": lambda eqx: eqx.tree_flatten_one_level({"a": 3, "b": (1, 2)}),
    "one level of a leaf": lambda eqx: eqx.tree_flatten_one_level(4),
    "one level of None": lambda eqx: eqx.tree_flatten_one_level(None),
    "one level with None": lambda eqx: eqx.tree_flatten_one_level([None, 1]),
    "one level of a Module": lambda eqx: eqx.tree_flatten_one_level(_mlp(eqx)),
    "one level of a node in itself": lambda eqx: eqx.tree_flatten_one_level(_itself),
    "tree_inference": lambda eqx: _inference_of(eqx, True),
    "tree_inference off": lambda eqx: _inference_of(eqx, False),
    "tree_inference of any value": lambda eqx: _inference_of(eqx, "x"),
    "tree_inference without flags": lambda eqx: eqx.tree_inference({"a": 1}),
    "tree_inference of a static field": _inference_static,
    "tree_inference of a custom node": _inference_custom_node,
    "apply_updates": _updates([1.0, jnp.ones(2), "s", None], [None, jnp.ones(2), None, None]),
    "apply_updates to numbers": _updates([1.0, 2], [0.5, 1]),
    "apply_updates by a prefix": _updates([1.0, (2, 3)], [0.5, None]),
    "apply_updates promotes": _updates(jnp.ones(2, jnp.float16), jnp.ones(2)),
    "apply_updates to NumPy": _updates(np.ones(2), np.ones(2)),
    "apply_updates of None": _updates(None, None),
    "apply_updates too short": _updates([1.0, 2], [0.5]),
    "apply_updates to None": _updates([None, 2], [1.0, 2]),
    "apply_updates to text": _updates(["s", 2], [1.0, 2]),
    "apply_updates of another shape": _updates(jnp.ones(2), jnp.ones(3)),
    "apply_updates to a model": lambda eqx: eqx.apply_updates(
        _mlp(eqx), eqx.filter(_mlp(eqx, 1), eqx.is_array)
    ),
}

# Where eqxcore is meant to do otherwise: what it does, and why.
DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "tree_inference within an inference flag": (
        lambda eqx: _inference_within_inference(eqx)[0].inference,
        True,
        "the flag is replaced as a whole; Equinox raises an error about `where`",
    ),
    "tree_equal of nothing": (
        lambda eqx: eqx.tree_equal(),
        True,
        "all of no trees are equal; Equinox raises IndexError",
    ),
}
