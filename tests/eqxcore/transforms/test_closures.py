"""`filter_closure_convert` and `filter_checkpoint`."""

from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import pytest

import eqxcore

X = jnp.arange(3.0)


def make_scale(eqx):
    class Scale(eqx.Module):
        w: Any

        def __call__(self, x):
            return self.w * x

    return Scale


def test_closed_over_tracers_become_children(eqx):
    def f(x):
        z = x + 1
        converted = eqx.filter_closure_convert(lambda a: z * a, 2)
        assert [const is z for const in converted.consts] == [True]
        assert any(leaf is z for leaf in jtu.tree_leaves(converted))
        return converted(2).sum()

    assert jax.grad(f)(X).tolist() == [2.0, 2.0, 2.0]


def test_arrays_of_every_type_are_found():
    integers = jnp.arange(3)

    def f(a):
        return a + integers.astype(a.dtype) + X

    converted = eqxcore.filter_closure_convert(f, X)
    assert {const.dtype.name for const in converted.consts} == {"int32", "float32"}
    assert converted(X).tolist() == [0.0, 3.0, 6.0]


def test_a_model_is_converted_with_its_arrays(eqx):
    converted = eqx.filter_closure_convert(make_scale(eqx)(X), X)
    assert [const.tolist() for const in converted.consts] == [X.tolist()]
    assert converted(X).tolist() == (X * X).tolist()


def test_results_and_arguments_may_hold_anything(eqx):
    z = X + 1

    def f(a, text, *, b):
        return z + a + b, text, 3

    converted = eqx.filter_closure_convert(f, X, "text", b=X)
    value, text, number = converted(X, "text", b=X)
    assert value.tolist() == (3 * X + 1).tolist()
    assert (text, number) == ("text", 3)


def test_arguments_unlike_the_examples_are_refused(eqx):
    z = X + 1
    converted = eqx.filter_closure_convert(lambda a, n: z + a + n, X, 1)
    for args, kind in (
        ((X, 2), "static"),
        ((jnp.ones(()), 1), "dynamic"),
        ((jnp.arange(3), 1), "dynamic"),
        (((X, X), 1), "dynamic"),
    ):
        with pytest.raises(ValueError, match=f"called with different {kind} arguments"):
            converted(*args)


def test_shapes_may_stand_for_the_examples(eqx):
    z = X + 1
    converted = eqx.filter_closure_convert(lambda a: a + z, jax.ShapeDtypeStruct((3,), jnp.float32))
    assert converted(X).tolist() == (2 * X + 1).tolist()


def test_a_converted_function_is_mapped_and_jitted():
    converted = eqxcore.filter_closure_convert(lambda a: a * X, 2.0)
    doubled = jtu.tree_map(lambda const: 2 * const, converted)
    assert doubled(2.0).tolist() == (4 * X).tolist()
    assert eqxcore.filter_jit(lambda g: g(2.0))(converted).tolist() == (2 * X).tolist()


def test_checkpoint_gives_the_same_results_and_gradients(eqx):
    f = eqx.filter_checkpoint(lambda a, b, c: (jnp.sin(a) * 2, b, c, 1.0))
    value, text, number, one = f(X, "text", c=3)
    assert value.tolist() == (jnp.sin(X) * 2).tolist()
    assert (text, number, one) == ("text", 3, 1.0)
    gradient = jax.grad(lambda x: f(x, "text", 3)[0].sum())(X)
    assert jnp.allclose(gradient, 2 * jnp.cos(X))


def test_checkpoint_marks_the_computation(eqx):
    policy = jax.checkpoint_policies.everything_saveable
    f = eqx.filter_checkpoint(prevent_cse=False, policy=policy)(jnp.sin)
    [equation] = jax.make_jaxpr(f)(X).eqns
    assert equation.params["prevent_cse"] is False
    assert equation.params["policy"] is policy


def test_checkpointed_models_are_differentiated(eqx):
    model = make_scale(eqx)(X)
    gradient = eqx.filter_grad(lambda m: eqx.filter_checkpoint(m)(X).sum())(model)
    assert gradient.w.tolist() == X.tolist()


def test_checkpoint_binds_as_a_method_and_looks_like_the_function(eqx):
    class M(eqx.Module):
        w: Any

        @eqx.filter_checkpoint
        def f(self, x):
            """Documented."""
            return self.w * x

    assert M(X).f(X).tolist() == (X * X).tolist()
    assert M.f.__doc__ == "Documented."
