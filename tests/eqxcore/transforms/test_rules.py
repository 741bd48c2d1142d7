"""Rules of one's own for derivatives: what the errors say, and what Equinox cannot do."""

import re
import warnings

import jax
import jax.numpy as jnp
import pytest

import eqxcore

X = jnp.arange(3.0)
ONE = jnp.ones(())


def custom_vjp(forward, backward):
    @eqxcore.filter_custom_vjp
    def scaled(tree):
        return tree

    scaled.def_fwd(forward)
    scaled.def_bwd(backward)
    return scaled


def custom_jvp(rule):
    @eqxcore.filter_custom_jvp
    def scaled(x, *, n=1):
        return x

    scaled.def_jvp(rule)
    return scaled


def test_functions_with_rules_look_like_the_functions():
    def documented(x):
        "Documented."
        return x

    for transform in (eqxcore.filter_custom_jvp, eqxcore.filter_custom_vjp):
        wrapped = transform(documented)
        assert wrapped.__name__ == "documented"
        assert wrapped.__doc__ == "Documented."
        assert wrapped.__wrapped__ is documented
        assert re.match(rf"{transform.__name__}\(<function .*documented", repr(wrapped))


def test_a_missing_rule_is_named():
    with pytest.raises(AttributeError, match=r"`scaled`.*@scaled\.def_jvp"):
        eqxcore.filter_custom_jvp(custom_jvp(None).__wrapped__)(X)
    with pytest.raises(RuntimeError, match=r"scaled.*@scaled\.def_fwd"):
        custom_vjp(None, None)(X)


@pytest.mark.parametrize("number", [2.0, 2])
def test_python_numbers_have_gradients(number):
    triple = custom_vjp(lambda p, x: (x, x), lambda r, g, p, x: 3 * g + 0 * r)
    assert jax.grad(lambda x: triple(x * 1.0))(float(number)) == 3.0
    assert jax.grad(triple)(float(number)) == 3.0
    jvp = custom_jvp(lambda p, t: (p[0], 3 * t[0]))
    assert jax.grad(jvp)(float(number)) == 3.0


def test_rules_are_given_arrays():
    seen = []
    forward = lambda p, x: (seen.append(x) or x, None)  # noqa: E731 - one of two rules
    jax.grad(custom_vjp(forward, lambda r, g, p, x: g))(2.0)
    jax.grad(custom_jvp(lambda p, t: (seen.append(p[0]) or p[0], t[0])))(2.0)
    assert [eqxcore.is_inexact_array(each) for each in seen] == [True, True]


def test_a_forward_rule_may_return_what_jax_does_not_know():
    @eqxcore.filter_custom_jvp
    def f(x):
        return x, "text", jnp.sin

    f.def_jvp(lambda p, t: ((p[0], "text", jnp.sin), (5 * t[0], None, None)))
    assert f(ONE)[1] == "text"
    assert eqxcore.filter_grad(lambda x: f(x)[0])(ONE) == 5.0
    value, tangent = eqxcore.filter_jvp(f, (ONE,), (ONE,))
    assert value[1:] == ("text", jnp.sin)
    assert tangent == (5.0, None, None)


def test_none_is_the_tangent_of_all_that_is_below():
    @eqxcore.filter_custom_jvp
    def f(x):
        return {"a": (x, x), "b": x}

    f.def_jvp(lambda p, t: ({"a": (p[0], p[0]), "b": p[0]}, {"a": None, "b": t[0]}))
    assert eqxcore.filter_jvp(f, (ONE,), (ONE,))[1] == {"a": (None, None), "b": 1.0}


def test_the_tangent_of_the_wrong_structure_is_shown():
    f = custom_jvp(lambda p, t: (p[0], (t[0], t[0])))
    with pytest.raises(ValueError, match=r"`tangents_out`.*a tuple of 2"):
        eqxcore.filter_grad(f)(ONE)


def test_differentiated_arguments_that_cannot_be_are_named():
    f = custom_jvp(lambda p, t, *, n: (p[0], t[0]))
    with pytest.raises(ValueError, match=r"`scaled`.*\['n'\].*by position"):
        eqxcore.filter_grad(lambda n: f(ONE, n=n))(ONE)

    @eqxcore.filter_custom_vjp
    def g(x, tree, *, scale):
        return x

    g.def_fwd(lambda perturbed, x, tree, *, scale: (x, None))
    g.def_bwd(lambda residuals, gradient, perturbed, x, tree, *, scale: gradient)
    with pytest.raises(RuntimeError, match=r"`g`.*args\[0\]\['a'\]\[1\].*first argument"):
        eqxcore.filter_grad(lambda y: g(ONE, {"a": [ONE, y]}, scale=1))(ONE)
    with pytest.raises(RuntimeError, match=r"`g`.*kwargs\['scale'\]"):
        eqxcore.filter_grad(lambda y: g(ONE, {}, scale=y))(ONE)


def test_the_gradient_of_the_wrong_structure_or_shape_is_shown():
    tree = {"a": X, "b": "text"}
    forward = lambda p, tree: (tree, None)  # noqa: E731 - used twice
    loss = lambda f: eqxcore.filter_grad(lambda tree: f(tree)["a"].sum())(tree)  # noqa: E731
    with pytest.raises(RuntimeError, match=r"(?s)`scaled`.*'a': f32\[3\].*\(f32\[3\], None\)"):
        loss(custom_vjp(forward, lambda r, g, p, tree: (g["a"], None)))
    with pytest.raises(ValueError, match=r"`vjp_arg\['a'\]`.*\(3,\)"):
        loss(custom_vjp(forward, lambda r, g, p, tree: {"a": jnp.ones(2), "b": None}))


def test_rules_that_return_no_pair_are_shown_what_they_returned():
    with pytest.raises(TypeError, match=r"forward rule of `scaled`.*float32\[\]"):
        eqxcore.filter_grad(custom_vjp(lambda p, x: x, lambda r, g, p, x: g))(ONE)
    with pytest.raises(TypeError, match=r"rule of `scaled`.*float32\[\]"):
        eqxcore.filter_grad(custom_jvp(lambda p, t: t[0]))(ONE)


def test_the_rules_run_once_for_a_gradient_and_the_function_does_not():
    calls = []

    @eqxcore.filter_custom_vjp
    def f(x):
        calls.append("function")
        return x

    f.def_fwd(lambda p, x: (calls.append("forward") or x, None))
    f.def_bwd(lambda r, g, p, x: calls.append("backward") or g)
    eqxcore.filter_grad(f)(ONE)
    assert calls == ["forward", "backward"]


def test_deprecated_forms_say_where_they_were_used():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        eqxcore.filter_custom_jvp(lambda x: x).defjvp(lambda p, t: (p[0], t[0]))
        eqxcore.filter_custom_vjp(lambda x: x).defvjp(lambda x: (x, None), lambda r, g, x: g)
    assert [each.filename for each in caught] == [__file__] * 2
    assert "`.def_jvp`" in str(caught[0].message)
    assert "`.def_fwd` and `.def_bwd`" in str(caught[1].message)
