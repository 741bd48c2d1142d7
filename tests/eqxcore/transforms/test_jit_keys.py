"""Which calls of a jitted function may share what was compiled, and which must not."""

import functools
import gc
import weakref
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import eqxcore

NUMBERS = [1, True, 1.0, 1 + 0j, 0, False, 0.0, -0.0, complex(0.0, -0.0), complex(-0.0, 0.0), "1"]


def describe(value):
    return type(value).__name__, repr(value)


@pytest.mark.parametrize("wrap", [lambda v: v, lambda v: [v, jnp.sin], lambda v: {"k": (v,)}])
def test_equal_numbers_of_different_kinds_are_told_apart(wrap):
    f = eqxcore.filter_jit(lambda tree, x: (tree, x))
    for _ in range(2):
        for number in NUMBERS:
            tree, _ = f(wrap(number), jnp.array(1))
            assert list(map(describe, jtu.tree_leaves(tree))) == list(
                map(describe, jtu.tree_leaves(wrap(number)))
            )


def test_nans_share_a_trace():
    runs = []
    f = eqxcore.filter_jit(lambda n: runs.append(1) or n)
    f(float("nan"))
    f(float("nan"))
    assert len(runs) == 1


def test_functions_are_told_apart_by_identity_and_objects_by_equality(eqx):
    class Point:
        def __init__(self, x):
            self.x = x

        def __eq__(self, other):
            return isinstance(other, Point) and self.x == other.x

        def __hash__(self):
            return hash(self.x)

    runs = []
    f = eqx.filter_jit(lambda static, x: runs.append(1) or x)
    x = jnp.array(1)
    for static in (lambda: 0, lambda: 0, Point(1), Point(1), Point(2)):
        f(static, x)
    assert len(runs) == 4


def test_a_colliding_hash_does_not_confuse(eqx):
    class Same:
        def __hash__(self):
            return 1

    a, b = Same(), Same()
    f = eqx.filter_jit(lambda static: static)
    assert f(a) is a
    assert f(b) is b
    assert f(a) is a


def test_an_array_in_place_of_a_number_is_traced(eqx):
    f = eqx.filter_jit(lambda x, n: (x * n, isinstance(n, jax.core.Tracer)))
    x = jnp.array(2)
    for n, traced in ((3, False), (jnp.array(3), True), (3, False), (jnp.array(4), True)):
        value, was_traced = f(x, n)
        assert (value, was_traced) == (2 * int(n), traced)


def test_none_and_arrays_in_one_place_are_told_apart(eqx):
    f = eqx.filter_jit(lambda x: "none" if x is None else "array")
    assert [f(None), f(jnp.ones(1)), f(None)] == ["none", "array", "none"]


def test_containers_of_equal_leaves_are_told_apart(eqx):
    f = eqx.filter_jit(lambda tree: type(tree).__name__)
    x = jnp.array(1)
    assert [f([x]), f((x,)), f({"a": x})] == ["list", "tuple", "dict"]


def test_tracers_and_arrays_in_turn(eqx):
    f = eqx.filter_jit(lambda x, y: x * y)
    x = jnp.arange(3.0)
    for _ in range(2):
        assert f(x, x).tolist() == [0.0, 1.0, 4.0]
        assert jax.vmap(f, in_axes=(0, None))(x, 2.0).tolist() == [0.0, 2.0, 4.0]
        assert jax.grad(lambda v: f(v, x).sum())(x).tolist() == [0.0, 1.0, 2.0]


def test_many_variants_do_not_pile_up_without_end(monkeypatch):
    from eqxcore._transforms import _plan

    monkeypatch.setattr(_plan, "_LIMIT", 4)
    f = eqxcore.filter_jit(lambda n: n)
    for n in range(20):
        assert f(n) == n
    assert f([0] * 3) == [0] * 3
    for size in range(10):
        assert f([size] * size) == [size] * size


LEAVES = st.one_of(
    st.booleans(),
    st.integers(-2, 2),
    st.floats(allow_nan=False, width=16),
    st.sampled_from(["a", jnp.sin, None]),
    st.integers(0, 2).map(lambda n: jnp.ones(n)),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=6,
)
IDENTITY = eqxcore.filter_jit(lambda *args, **kwargs: (args, kwargs))


@settings(max_examples=60, deadline=None)
@given(st.lists(TREES, max_size=3), st.dictionaries(st.sampled_from("xyz"), TREES, max_size=2))
def test_jit_is_as_no_jit(args, kwargs):
    got = IDENTITY(*args, **kwargs)
    expected = tuple(args), kwargs
    assert jtu.tree_structure(got) == jtu.tree_structure(expected)
    for a, b in zip(jtu.tree_leaves(got), jtu.tree_leaves(expected), strict=True):
        if isinstance(b, jax.Array):
            assert a.tolist() == b.tolist()
        else:
            assert describe(a) == describe(b)


def test_a_wrapper_made_again_compiles_again_only_if_it_must():
    runs = []

    def function(x):
        runs.append(1)
        return x

    for _ in range(3):
        eqxcore.filter_jit(functools.partial(function))(jnp.array(1))
    assert len(runs) == 3


@pytest.mark.parametrize("wrap", ["function", "module", "method", "gradient", "mapped", "partial"])
def test_a_function_wrapped_anew_for_each_call_is_compiled_once(eqx, wrap):
    traces = []

    class Scale(eqx.Module):
        factor: Any

        def __call__(self, x):
            traces.append(None)
            return (self.factor * x).sum()

        def method(self, x):
            return self(x)

    def make(model):
        return {
            "function": called,
            "module": model,
            "method": model.method,
            "gradient": eqx.filter_grad(model),
            "mapped": eqx.filter_vmap(model),
            "partial": eqx.Partial(model),
        }[wrap]

    def called(x):
        traces.append(None)
        return x

    model = Scale(jnp.array(2.0))
    for step in range(3):
        eqx.filter_jit(make(model))(jnp.ones(2))
        model = eqx.tree_at(lambda m: m.factor, model, jnp.array(float(step)))
    assert len(traces) == 1


def test_what_was_compiled_for_a_function_is_forgotten_with_it():
    held = []

    def once():
        large = jnp.ones(3)
        held.append(weakref.ref(large))
        eqxcore.filter_jit(lambda x: x + large)(jnp.ones(3))

    for _ in range(3):
        once()
    gc.collect()
    assert [each() for each in held] == [None] * 3
