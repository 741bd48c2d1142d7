"""`filter_make_jaxpr` and `filter_eval_shape`."""

from typing import Any

import jax
import jax.extend
import jax.numpy as jnp
import jax.random as jr
import jax.tree_util as jtu
import numpy as np
import pytest

X = jnp.ones((2, 3))


def make_model(eqx):
    class M(eqx.Module):
        w: Any
        f: Any = jnp.sin

        def __call__(self, x):
            return self.f(self.w * x)

    return M


def test_jaxpr_shapes_and_static_results_are_returned(eqx):
    jaxpr, shapes, static = eqx.filter_make_jaxpr(lambda a, b: (a + 1, b, "a"))(X, 3)
    assert isinstance(jaxpr, jax.extend.core.ClosedJaxpr)
    assert [v.aval.shape for v in jaxpr.jaxpr.invars] == [(2, 3)]
    assert shapes == (jax.ShapeDtypeStruct((2, 3), jnp.float32), None, None)
    assert static == (None, 3, "a")


def test_what_has_shape_and_dtype_stands_for_an_array(eqx):
    shape = jax.ShapeDtypeStruct((2,), jnp.float32)
    jaxpr, shapes, _ = eqx.filter_make_jaxpr(lambda a, *, b: a + b)(shape, b=np.ones(2))
    assert len(jaxpr.jaxpr.invars) == 2
    assert shapes.shape == (2,)


def test_models_go_in_and_out(eqx):
    model = make_model(eqx)(X)
    jaxpr, shapes, static = eqx.filter_make_jaxpr(lambda m, x: (m, m(x)))(model, X)
    assert len(jaxpr.jaxpr.invars) == 2
    assert shapes[0].w.shape == (2, 3)
    assert (static[0].w, static[0].f, static[1]) == (None, jnp.sin, None)


def test_a_model_as_the_function_has_its_arrays_as_constants(eqx):
    jaxpr, _, _ = eqx.filter_make_jaxpr(make_model(eqx)(X))(X)
    assert len(jaxpr.consts) == len(jaxpr.jaxpr.invars) == 1


def test_unhashable_static_arguments_are_allowed(eqx):
    assert eqx.filter_make_jaxpr(lambda a, b: a)(X, {1})[2] is None


def test_the_jaxpr_computes_the_function(eqx):
    jaxpr, _, _ = eqx.filter_make_jaxpr(lambda m, x: m(x))(make_model(eqx)(X), 2 * X)
    [out] = jax.core.eval_jaxpr(jaxpr.jaxpr, jaxpr.consts, X, 2 * X)
    assert jnp.array_equal(out, jnp.sin(2 * X))


def test_the_wrapper_looks_like_the_function(eqx):
    def f(x):
        """Documented."""
        return x

    made = eqx.filter_make_jaxpr(f)
    assert (made.__name__, made.__doc__, made.__wrapped__) == ("f", "Documented.", f)


def test_eval_shape_computes_nothing_and_keeps_the_rest(eqx):
    def f(a, b):
        return a + 1, b, "a", np.ones(2), 1.0

    out = eqx.filter_eval_shape(f, X, b=3)
    assert out[0] == jax.ShapeDtypeStruct((2, 3), jnp.float32)
    assert out[1:3] == (3, "a")
    assert out[3].shape == (2,)
    assert out[4] == 1.0


def test_eval_shape_makes_models_without_arrays(eqx):
    model = eqx.filter_eval_shape(
        lambda key: make_model(eqx)(jr.normal(key, (1000, 1000))), jr.key(0)
    )
    assert isinstance(model.w, jax.ShapeDtypeStruct)
    assert model.f is jnp.sin
    again = eqx.filter_eval_shape(
        lambda m, x: m(x), model, jax.ShapeDtypeStruct((1000, 1000), jnp.float32)
    )
    assert again.shape == (1000, 1000)


def test_eval_shape_of_a_model_as_the_function(eqx):
    assert eqx.filter_eval_shape(make_model(eqx)(X), X).shape == (2, 3)


def test_weak_types_are_kept(eqx):
    assert eqx.filter_eval_shape(lambda x: x, jnp.array(1.0)).weak_type
    assert eqx.filter_make_jaxpr(lambda x: x)(jnp.array(1.0))[1].weak_type


def test_errors_reach_the_caller(eqx):
    def fails(x):
        raise RuntimeError("on purpose")

    for call in (
        lambda: eqx.filter_make_jaxpr(fails)(X),
        lambda: eqx.filter_eval_shape(fails, X),
    ):
        with pytest.raises(RuntimeError, match="on purpose"):
            call()


def test_they_work_under_a_trace(eqx):
    def outer(x):
        shape = eqx.filter_eval_shape(lambda x: (x + 1, "a"), x)
        assert shape[1] == "a"
        jaxpr, _, _ = eqx.filter_make_jaxpr(lambda x: x + 1)(x)
        assert len(jtu.tree_leaves(jaxpr.jaxpr.outvars)) == 1
        return x

    assert jax.jit(outer)(X).shape == (2, 3)
