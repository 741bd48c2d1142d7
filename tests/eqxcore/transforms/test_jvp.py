"""`filter_jvp` and `filter_vjp`."""

from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
import pytest

X = jnp.arange(3.0)
ONES = jnp.ones(3)


def make_scale(eqx):
    class Scale(eqx.Module):
        w: Any
        name: str = "s"

        def __call__(self, x):
            return self.w * x

    return Scale


def test_jvp_of_arrays(eqx):
    for wrap in (tuple, list):
        value, tangent = eqx.filter_jvp(lambda a: a * a, wrap([X]), wrap([ONES]))
        assert value.tolist() == [0.0, 1.0, 4.0]
        assert tangent.tolist() == [0.0, 2.0, 4.0]


def test_tangents_are_none_where_nothing_moves(eqx):
    def f(a, b, text):
        return a * a, b, text, a * b, 3.0, jnp.ones(2), a.astype(int), jax.lax.stop_gradient(a)

    value, tangent = eqx.filter_jvp(f, (X, X, "text"), (ONES, None, None))
    assert value[2] == "text"
    assert type(value[4]) is float
    assert [t is None for t in tangent] == [False, True, True, False, True, True, True, True]
    assert tangent[3].tolist() == X.tolist()


def test_python_numbers_may_be_differentiated_or_not(eqx):
    value, tangent = eqx.filter_jvp(lambda a, b: a * b, (X, 2.0), (ONES, 1.0))
    assert tangent.tolist() == [2.0, 3.0, 4.0]
    value, tangent = eqx.filter_jvp(lambda a: (a * 2, type(a)), (2.0,), (None,))
    assert value == (4.0, float)
    assert tangent == (None, None)


def test_jvp_in_models_and_through_models(eqx):
    scale = make_scale(eqx)
    value, tangent = eqx.filter_jvp(lambda m, x: m, (scale(X), X), (scale(ONES, None), None))
    assert (value.w.tolist(), value.name) == (X.tolist(), "s")
    assert (tangent.w.tolist(), tangent.name) == ([1.0, 1.0, 1.0], None)
    assert eqx.filter_jvp(scale(X), (X,), (ONES,))[1].tolist() == X.tolist()


def test_keyword_arguments_are_not_differentiated(eqx):
    assert eqx.filter_jvp(lambda a, b: a * b, (X,), (ONES,), b=X)[1].tolist() == X.tolist()


def test_structures_must_agree(eqx):
    for tangents in ((ONES, ONES), ({"a": ONES},)):
        with pytest.raises(ValueError, match="must have the same pytree structure"):
            eqx.filter_jvp(lambda a: a, (X,), tangents)


def test_shapes_and_types_must_agree(eqx):
    with pytest.raises(ValueError, match="shape"):
        eqx.filter_jvp(lambda a: a, (X,), (jnp.ones(4),))
    with pytest.raises(TypeError, match="dtype"):
        eqx.filter_jvp(lambda a: a, (X,), (1,))


def test_jvps_nest_and_each_sees_its_own_zeros(eqx):
    def inner(x, y):
        value, tangent = eqx.filter_jvp(lambda a: (a * a * y, y), (x,), (ONES,))
        assert tangent[1] is None
        return tangent[0], value[1]

    value, tangent = eqx.filter_jvp(inner, (X, X), (ONES, None))
    assert value[0].tolist() == (2 * X * X).tolist()
    assert tangent[0].tolist() == (2 * X).tolist()
    assert tangent[1] is None
    value, tangent = eqx.filter_jvp(inner, (X, X), (None, ONES))
    assert tangent[1].tolist() == [1.0, 1.0, 1.0]


def test_jvps_go_through_other_transformations(eqx):
    def f(x, t):
        _value, tangent = eqx.filter_jvp(lambda a: (a * a, "s"), (x,), (t,))
        assert tangent[1] is None
        return tangent[0]

    assert jax.jit(f)(X, ONES).tolist() == (2 * X).tolist()
    assert jax.vmap(f)(X, ONES).tolist() == (2 * X).tolist()
    assert jax.grad(lambda x: f(x, ONES).sum())(X).tolist() == [2.0, 2.0, 2.0]
    text = str(jax.make_jaxpr(f)(X, ONES))
    assert "custom_jvp" not in text


def test_vjp_gives_cotangents_with_the_structure_of_the_arguments(eqx):
    value, pull = eqx.filter_vjp(lambda a, b: (a * a, b), X, "text")
    assert value[1] == "text"
    assert pull((ONES, None))[0].tolist() == (2 * X).tolist()
    assert pull((ONES, None))[1] is None
    scale = make_scale(eqx)
    value, pull = eqx.filter_vjp(lambda m, x: m(x), scale(X), X)
    model, x = pull(ONES)
    assert (model.w.tolist(), model.name, x.tolist()) == (X.tolist(), None, X.tolist())


def test_vjp_of_results_that_are_no_floats(eqx):
    value, pull = eqx.filter_vjp(lambda a: (a * a, a.astype(int), 2.0), X)
    assert value[1].tolist() == [0, 1, 2]
    assert type(value[2]) is float
    assert pull((ONES, None, None))[0].tolist() == (2 * X).tolist()


def test_vjp_leaves_python_numbers_alone(eqx):
    _, pull = eqx.filter_vjp(lambda a, b: a * a * b, X, 2.0)
    assert pull(ONES)[1] is None


def test_vjp_with_auxiliary_results(eqx):
    value, pull, aux = eqx.filter_vjp(
        lambda a: (a * a, ("aux", a, 1.0, np.ones(2))), X, has_aux=True
    )
    assert value.tolist() == [0.0, 1.0, 4.0]
    assert (aux[0], aux[1].tolist(), type(aux[2])) == ("aux", [0.0, 1.0, 2.0], float)
    assert pull(ONES)[0].tolist() == (2 * X).tolist()


def test_vjp_refuses_cotangents_that_do_not_fit(eqx):
    _, pull = eqx.filter_vjp(lambda a: a * a, X)
    for wrong in (jnp.ones(4), (ONES,), None):
        with pytest.raises(ValueError, match=r"tree structure|shape/dtype"):
            pull(wrong)


def test_the_pullback_is_a_tree_that_leaves_a_jit(eqx):
    _value, pull = eqx.filter_jit(lambda x: eqx.filter_vjp(lambda a: a * a, x))(X)
    assert pull(ONES)[0].tolist() == (2 * X).tolist()
    assert jtu.tree_leaves(pull)


def test_vjp_takes_no_keyword_arguments(eqx):
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        eqx.filter_vjp(lambda a: a, a=X)
