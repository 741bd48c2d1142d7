"""`filter_grad` and `filter_value_and_grad`."""

import inspect
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import jax.tree_util as jtu
import numpy as np
import pytest

import eqxcore

X = jnp.arange(3.0)


def test_the_gradient_has_the_structure_of_the_first_argument(eqx):
    class M(eqx.Module):
        w: Any
        f: Any
        n: int = eqx.field(static=True)

        def __call__(self, x):
            return self.f(self.w * x).sum() * self.n

    gradient = eqx.filter_grad(lambda m, x: m(x))(M(X, jax.nn.relu, 2), X)
    assert gradient.w.tolist() == [0.0, 2.0, 4.0]
    assert gradient.f is None
    assert gradient.n == 2


def test_leaves_that_cannot_be_differentiated_have_none(eqx):
    tree = [X, jnp.array(1), 3, 2.0, "a", jr.key(0), np.ones(3), None]
    gradient = eqx.filter_grad(lambda t: jnp.sum(t[0] * t[6] * t[3]))(tree)
    assert gradient[0].tolist() == [2.0, 2.0, 2.0]
    assert gradient[6].tolist() == [0.0, 2.0, 4.0]
    assert gradient[1:6] == [None] * 5


def test_nothing_to_differentiate_gives_none(eqx):
    assert eqx.filter_grad(lambda x: x * 1.0)(1) is None
    assert eqx.filter_grad(lambda x: x * 1.0)(1.0) is None


def test_value_and_auxiliary_results(eqx):
    def f(x):
        return x.sum(), (1, "a", x, 2.0, np.array(1), None)

    (value, aux), gradient = eqx.filter_value_and_grad(f, has_aux=True)(X)
    assert value == 3.0
    assert (aux[:2], type(aux[0])) == ((1, "a"), int)
    assert type(aux[3]) is float
    assert aux[2].tolist() == [0.0, 1.0, 2.0]
    assert gradient.tolist() == [1.0, 1.0, 1.0]
    gradient, aux = eqx.filter_grad(f, has_aux=True)(X)
    assert aux[1] == "a"
    value, gradient = eqx.filter_value_and_grad(lambda x: x.sum())(X)
    assert value == 3.0


def test_has_aux_needs_a_pair(eqx):
    with pytest.raises(TypeError, match=r"two-element tuple|pair"):
        eqx.filter_grad(lambda x: x.sum(), has_aux=True)(X)


def test_the_error_for_a_missing_pair_says_what_was_returned():
    for wrong in (lambda x: x.sum(), lambda x: [x.sum()], lambda x: (x.sum(), 1, 2)):
        with pytest.raises(TypeError, match=r"`has_aux=True`.*it returned"):
            eqxcore.filter_grad(wrong, has_aux=True)(X)


def test_other_arguments_pass_untouched(eqx):
    def f(x, text, *, scale):
        assert text == "text"
        return jnp.sum(x * scale)

    assert eqx.filter_grad(f)(X, "text", scale=2).tolist() == [2.0, 2.0, 2.0]


def test_the_first_argument_is_given_by_position(eqx):
    f = eqx.filter_grad(lambda x: x.sum())
    with pytest.raises(TypeError, match=r"positional argument|by position"):
        f()
    with pytest.raises(TypeError, match="by position"):
        f(x=X)


def test_argnums_is_refused_with_the_way_round_it(eqx):
    for transform in (eqx.filter_grad, eqx.filter_value_and_grad):
        with pytest.raises(ValueError, match=r"`argnums.*tuple"):
            transform(lambda x: x, argnums=1)(X)


def test_complex_and_holomorphic(eqx):
    z = jnp.array(1 + 2j)
    assert eqx.filter_grad(lambda z: jnp.real(z * z))(z) == jax.grad(lambda z: jnp.real(z * z))(z)
    assert eqx.filter_grad(lambda z: z * z, holomorphic=True)(z) == 2 + 4j


def test_the_result_must_be_a_scalar(eqx):
    with pytest.raises(TypeError, match="Gradient only defined for scalar-output functions"):
        eqx.filter_grad(lambda x: x)(X)


def test_gradients_nest(eqx):
    second = eqx.filter_grad(eqx.filter_grad(lambda x: x**3))
    assert second(jnp.array(2.0)) == 12.0
    assert eqx.filter_jit(second)(jnp.array(2.0)) == 12.0
    assert eqx.filter_vmap(second)(X).tolist() == [0.0, 6.0, 12.0]


def test_static_auxiliary_results_under_jit(eqx):
    f = eqx.filter_jit(
        eqx.filter_value_and_grad(lambda x: (x.sum(), (1, "a", x.ndim)), has_aux=True)
    )
    assert f(X)[0][1] == (1, "a", 1)


def test_the_function_may_be_a_model_and_is_not_differentiated(eqx):
    class M(eqx.Module):
        w: Any

        def __call__(self, x):
            return (self.w * x).sum()

    assert eqx.filter_grad(M(X))(X).tolist() == [0.0, 1.0, 2.0]


def test_wrappers_look_like_the_function(eqx):
    def f(x, y):
        """Documented."""

    for transform in (eqx.filter_grad, eqx.filter_value_and_grad):
        wrapped = transform(f)
        assert (wrapped.__name__, wrapped.__doc__) == ("f", "Documented.")
        assert wrapped.__wrapped__ is f
        assert list(inspect.signature(wrapped).parameters) == ["x", "y"]
        assert isinstance(wrapped, eqx.Module)


def test_it_can_be_used_as_a_decorator_factory(eqx):
    @eqx.filter_grad(has_aux=True)
    def f(x):
        return x.sum(), "aux"

    assert f(X)[1] == "aux"


def test_gradients_agree_with_differences(eqx):
    class M(eqx.Module):
        w: Any
        b: Any

        def __call__(self, x):
            return jnp.tanh(self.w @ x + self.b)

    key = jr.key(0)
    model = M(jr.normal(key, (2, 3)), jnp.ones(2))

    def loss(m):
        return jnp.sum(m(X / 3) ** 2)

    gradient = eqx.filter_grad(loss)(model)
    direction = jtu.tree_map(lambda leaf: jr.normal(key, leaf.shape), model)
    step = 1e-2
    ahead, behind = (
        loss(jtu.tree_map(lambda leaf, d, s=s: leaf + s * step * d, model, direction))
        for s in (1, -1)
    )
    slope = sum(
        jnp.vdot(g, d)
        for g, d in zip(jtu.tree_leaves(gradient), jtu.tree_leaves(direction), strict=True)
    )
    assert (ahead - behind) / (2 * step) == pytest.approx(float(slope), rel=1e-2)
