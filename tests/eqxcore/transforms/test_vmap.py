"""`filter_vmap` and `if_array`."""

import dataclasses
import inspect
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import eqxcore

X = jnp.arange(6.0).reshape(2, 3)


def make_scale(eqx):
    class Scale(eqx.Module):
        w: Any
        name: str = eqx.field(static=True, default="s")

        def __call__(self, x):
            return self.w * x

    return Scale


def test_arrays_are_vectorised_and_the_rest_is_shared(eqx):
    out = eqx.filter_vmap(lambda a, b, c, d: (a * b, c, d, a.ndim))(X, 2, "text", None)
    assert out[0].tolist() == (2 * X).tolist()
    assert out[1:] == ("text", None, 1)


@pytest.mark.parametrize(
    ("in_axes", "shapes"),
    [
        ((0, 1), ((2, 3), (3, 2))),
        ((None, 0), ((3,), (2, 3))),
        ((0, -1), ((2, 3), (3, 2))),
        (0, ((2, 3), (2, 3))),
        ({"b": 1}, ((2, 3), (3, 2))),
        ({"a": None}, ((3,), (2, 3))),
        ({}, ((2, 3), (2, 3))),
    ],
)
def test_in_axes_agree_with_those_of_jax(eqx, in_axes, shapes):
    a, b = (jr.normal(jr.key(i), shape) for i, shape in enumerate(shapes))
    out = eqx.filter_vmap(lambda a, b: a + 2 * b, in_axes=in_axes)(a, b)
    axes = (in_axes.get("a", 0), in_axes.get("b", 0)) if isinstance(in_axes, dict) else in_axes
    assert jnp.array_equal(out, jax.vmap(lambda a, b: a + 2 * b, in_axes=axes)(a, b))


def test_in_axes_may_be_functions_of_leaves(eqx):
    out = eqx.filter_vmap(
        lambda tree, b: tree["big"] + tree["small"] + b,
        in_axes=(lambda leaf: 0 if leaf.ndim == 2 else None, eqx.if_array(1)),
    )({"big": X, "small": jnp.ones(3)}, jnp.ones((3, 2)))
    assert out.tolist() == (X + 2).tolist()


def test_in_axes_may_be_trees_that_begin_the_arguments(eqx):
    scale = make_scale(eqx)
    out = eqx.filter_vmap(lambda m, x: m(x), in_axes=(scale(0), 0))(scale(X), X)
    assert out.tolist() == (X * X).tolist()
    out = eqx.filter_vmap(lambda m, x: m(x), in_axes={"m": scale(None)})(scale(2.0), X)
    assert out.tolist() == (2 * X).tolist()


def test_names_of_variadic_arguments(eqx):
    f = eqx.filter_vmap(lambda a, *rest: a + sum(rest), in_axes={"rest": None})
    if eqx is eqxcore:
        assert f(X, jnp.ones(3), jnp.ones(3)).tolist() == (X + 2).tolist()


def test_in_axes_that_do_not_fit_raise(eqx):
    with pytest.raises(ValueError, match="did not correspond to any argument"):
        eqx.filter_vmap(lambda a: a, in_axes={"c": 0})(X)
    with pytest.raises(ValueError, match="must consist of None, ints, and callables only"):
        eqx.filter_vmap(lambda a: a, in_axes=("a",))(X)
    with pytest.raises(ValueError, match="prefix"):
        eqx.filter_vmap(lambda a, b: a, in_axes=(0,))(X, X)
    with pytest.raises(TypeError, match=r"must be an int|must return an int"):
        eqx.filter_vmap(lambda a: a, in_axes=lambda leaf: "a")(X)


def test_arrays_that_do_not_fit_raise(eqx):
    with pytest.raises(ValueError, match="inconsistent sizes"):
        eqx.filter_vmap(lambda a, b: a)(X, jnp.ones(3))
    for wrong, axis in ((jnp.ones(()), 0), (X, 5)):
        with pytest.raises(ValueError, match="rank should be at least"):
            eqx.filter_vmap(lambda a: a, in_axes=axis)(wrong)


def test_errors_name_the_argument_the_shape_and_the_fix():
    class M(eqxcore.Module):
        w: Any

    f = eqxcore.filter_vmap(lambda m, x: x)
    with pytest.raises(ValueError, match=r"axis 0 of `m\.w`.*\(2, 3\).*`x`.*None"):
        f(M(X), jnp.ones(3))
    with pytest.raises(ValueError, match=r"`m\.w` along axis 0.*shape is \(\)"):
        f(M(jnp.ones(())), X)


def test_keyword_arguments_are_refused(eqx):
    with pytest.raises(RuntimeError, match="keyword arguments cannot be used"):
        eqx.filter_vmap(lambda a, b: a)(X, b=X)
    assert eqx.filter_vmap(lambda a, *, b=1: a + b)(X).tolist() == (X + 1).tolist()


def test_nothing_vectorised_needs_axis_size(eqx):
    for call in (
        lambda: eqx.filter_vmap(lambda a: a, in_axes=None)(X),
        lambda: eqx.filter_vmap(lambda: jnp.ones(2))(),
    ):
        with pytest.raises(ValueError, match="Cannot resolve batch dimension"):
            call()
    out = eqx.filter_vmap(lambda a: (jnp.ones(2), a), axis_size=4)("text")
    assert out[0].shape == (4, 2)
    assert out[1] == "text"
    assert eqx.filter_vmap(lambda: jnp.ones(2), axis_size=4)().shape == (4, 2)


def test_out_axes(eqx):
    assert eqx.filter_vmap(lambda a: a, out_axes=1)(X).shape == (3, 2)
    assert eqx.filter_vmap(lambda a: a, out_axes=-1)(X).shape == (3, 2)
    both = eqx.filter_vmap(lambda a: (a, {"k": (a, 1)}), out_axes=(0, eqx.if_array(1)))(X)
    assert (both[0].shape, both[1]["k"][0].shape, both[1]["k"][1]) == ((2, 3), (3, 2), 1)
    single = eqx.filter_vmap(lambda a: (jnp.ones(2), a), out_axes=(None, 0))(X)
    assert single[0].shape == (2,)
    assert eqx.filter_vmap(lambda a: 3, out_axes=None)(X) == 3


def test_out_axes_that_do_not_fit_raise(eqx):
    with pytest.raises(ValueError, match=r"out_axes|axis spec"):
        eqx.filter_vmap(lambda a: a, out_axes=None)(X)
    with pytest.raises(ValueError, match="prefix"):
        eqx.filter_vmap(lambda a: (a, a), out_axes=(0, 0, 0))(X)
    with pytest.raises(TypeError, match="not a valid JAX type"):
        eqx.filter_vmap(lambda a: "text", out_axes=0)(X)


def test_results_that_do_not_depend_on_the_axis_are_repeated(eqx):
    out = eqx.filter_vmap(lambda a: (jnp.ones(2), np.ones(2), 1.0))(X)
    assert out[0].shape == out[1].shape == (2, 2)
    assert out[2] == 1.0
    assert eqx.filter_vmap(lambda a: 1.0, out_axes=0)(X).shape == (2,)


def test_collectives_along_a_named_axis(eqx):
    f = eqx.filter_vmap(lambda a: a - jax.lax.pmean(a, "batch"), axis_name="batch")
    assert (
        f(X).tolist()
        == jax.vmap(lambda a: a - jax.lax.pmean(a, "batch"), axis_name="batch")(X).tolist()
    )


def test_ensembles_are_made_and_called(eqx):
    scale = make_scale(eqx)
    ensemble = eqx.filter_vmap(lambda key: scale(jr.normal(key, (3,)), "n"))(jr.split(jr.key(0), 4))
    assert ensemble.w.shape == (4, 3)
    assert ensemble.name == "n"
    each = eqx.filter_vmap(lambda m, x: m(x), in_axes=(eqx.if_array(0), None))(
        ensemble, jnp.ones(3)
    )
    assert jnp.array_equal(each, ensemble.w)


def test_the_arrays_of_the_function_itself_are_shared(eqx):
    scale = make_scale(eqx)
    assert eqx.filter_vmap(scale(jnp.ones(3)))(X).shape == (2, 3)
    pairs = eqx.filter_vmap(eqx.Partial(lambda w, x: (w, x), X))(X)
    assert (pairs[0].shape, pairs[1].shape) == ((2, 2, 3), (2, 3))


def test_it_nests(eqx):
    f = eqx.filter_vmap(eqx.filter_vmap(lambda a: (a, "s")))
    out = eqx.filter_jit(f)(X)
    assert out[0].shape == (2, 3)
    assert out[1] == "s"
    gradient = eqx.filter_grad(lambda x: eqx.filter_vmap(lambda a: a * a)(x).sum())(X)
    assert gradient.tolist() == (2 * X).tolist()


def test_it_looks_like_the_function_and_can_be_a_decorator_factory(eqx):
    @eqx.filter_vmap(in_axes=(None, 0))
    def f(a, b):
        """Documented."""
        return a + b

    assert (f.__name__, f.__doc__) == ("f", "Documented.")
    assert list(inspect.signature(f).parameters) == ["a", "b"]
    assert f(X[0], X).shape == (2, 3)


def test_arguments_that_vmap_does_not_know_are_refused(eqx):
    with pytest.raises(TypeError, match="unexpected keyword argument 'foo'"):
        eqx.filter_vmap(lambda a: a, foo=1)(X)


def test_if_array(eqx):
    rule = eqx.if_array(1)
    assert (rule(X), rule(np.ones(2)), rule(1), rule("a")) == (1, 1, None, None)
    assert rule == eqx.if_array(axis=1)
    assert repr(rule) == "if_array(axis=1)"
    assert [f.name for f in dataclasses.fields(rule)] == ["axis"]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2), st.integers(-2, 1), st.integers(1, 3))
def test_vmap_is_a_loop(axis, out_axis, size):
    shape = [2, 3]
    shape.insert(axis, size)
    x = jnp.arange(6.0 * size).reshape(shape)
    f = eqxcore.filter_vmap(lambda a, n: jnp.sin(a) * n, in_axes=(axis, None), out_axes=out_axis)
    loop = jnp.stack([jnp.sin(jnp.take(x, i, axis)) * 2 for i in range(size)], out_axis)
    assert jnp.allclose(f(x, 2), loop)
