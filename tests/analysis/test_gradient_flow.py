"""Which inputs the gradient of a function reaches, and what cuts the others off."""

import jax
import jax.numpy as jnp
import pytest

from eqxviz.analysis import compat
from eqxviz.analysis.forwarding import input_variables, unchanged_inputs
from eqxviz.analysis.gradient_flow import Flow, gradient_flow

X = jnp.ones(3)


def _flow(function, *args) -> Flow:
    jaxpr = compat.open_jaxpr(jax.make_jaxpr(function)(*args))
    assert jaxpr is not None
    return gradient_flow(jaxpr)


def _reached(flow: Flow, n_inputs: int) -> list[bool]:
    return [bool(flow.reached >> i & 1) for i in range(n_inputs)]


def _cut(flow: Flow, index: int) -> str:
    cut = flow.cut_of(index)
    return cut.equation.primitive.name if cut is not None else ""


def _scanned(carry, row):
    return jax.lax.scan(lambda c, r: (c * r, jnp.sign(c)), carry, jnp.stack([row, row]))


def _counted(a, b):
    return jax.lax.while_loop(lambda s: s[0] < jnp.sum(b), lambda s: (s[0] + 1, s[1] * 2), (0, a))


@jax.custom_jvp
def _straight_through(x):
    return jnp.round(x)


_straight_through.defjvps(lambda t, _ans, _x: t)


@pytest.mark.parametrize(
    ("function", "reached"),
    [
        (lambda a, b: jnp.sum(a * jnp.sin(b)), [True, True]),
        (lambda a, _b: jnp.sum(a), [True, False]),
        (lambda a, b: jnp.sum(jnp.where(b > 0, a, 2 * a)), [True, False]),
        (lambda a, b: jnp.sum(a[jnp.argmax(b)]), [True, False]),
        (lambda a, b: jnp.sum(a + jax.lax.stop_gradient(jnp.round(b) - b) + b), [True, True]),
        (lambda a, b: jnp.sum(a * _straight_through(b)), [True, True]),
        (lambda a, b: _scanned(a, b)[0].sum(), [True, True]),
        (lambda a, b: _scanned(a, b)[1].sum(), [False, False]),
        (lambda a, b: _counted(a, b)[1].sum(), [True, False]),
        (lambda a, b: jax.lax.cond(b[0] > 0, lambda: a, lambda: 2 * a).sum(), [True, False]),
        (lambda a, b: jax.jit(lambda c, d: (c, jnp.floor(d)))(a, b)[1].sum(), [False, False]),
        (lambda a, b: jax.checkpoint(lambda c: jnp.tanh(c) * b)(a).sum(), [True, True]),
        (lambda a, b: jax.vmap(lambda c: c * b.astype(int)[0])(a).sum(), [True, False]),
    ],
)
def test_a_gradient_reaches_what_the_output_depends_on_by_ways_with_a_slope(function, reached):
    assert _reached(_flow(function, X, X), 2) == reached


@pytest.mark.parametrize(
    ("function", "primitive"),
    [
        (lambda x: jnp.sum(jnp.round(x)), "round"),
        (lambda x: jnp.sum(X * (x > 0.5)), "gt"),
        (lambda x: jnp.sum(jax.nn.one_hot(jnp.argmax(jax.nn.softmax(x)), 3)), "argmax"),
        (lambda x: jnp.sum(jnp.exp(jnp.where(x > 0, x, 0.1 * x).astype(int))), "convert_element_"),
        (lambda x: jnp.sum(X), ""),
    ],
)
def test_the_last_equation_before_which_there_is_a_slope_is_what_cuts(function, primitive):
    assert _cut(_flow(function, X), 0).startswith(primitive)
    assert bool(_cut(_flow(function, X), 0)) is bool(primitive)


def test_what_is_stopped_as_it_is_or_in_part_is_marked_and_what_is_computed_of_it_is_not():
    flow = _flow(
        lambda a, b, c: jnp.sum(
            jax.lax.stop_gradient(a[:2].astype(jnp.float16)).sum()
            + jax.vmap(lambda row: row * jax.lax.stop_gradient(b))(jnp.ones((2, 3))).sum()
            + jax.lax.stop_gradient(2 * c).sum()
        ),
        *(X, X, X),
    )
    assert flow.reached == 0
    assert flow.marked == 0b011


def test_uses_tell_what_is_added_from_what_is_an_index():
    flow = _flow(lambda a, b, i: jnp.sum(a + X) + jnp.sum(X[i]) + jnp.polyval(b, 2.0), X, X, 1)
    assert "add" in flow.uses[0]
    assert flow.uses[1] & {"add", "polynomial"}  # JAX 0.12 has one primitive for all of it
    assert not flow.uses[2] <= {"add", "mul"}


def test_inputs_that_come_out_as_they_are_are_known_through_jit_and_added_zeros():
    def step(a, b, c, d):
        def turn(carry, _):
            return (carry[0], carry[1] * 2), None

        kept, changed = jax.lax.scan(turn, (c, d), None, length=3)[0]
        return a + jnp.zeros_like(a) * 3, b - 0.1 * b, kept, changed

    jaxpr = compat.open_jaxpr(jax.make_jaxpr(jax.jit(step))(X, X, X, X))
    assert jaxpr is not None
    assert unchanged_inputs(jaxpr) == {0, 2}


def test_variables_of_nested_jaxprs_stand_for_the_inputs_that_they_were_made_of():
    @jax.jit
    def step(a, b):
        return jax.lax.fori_loop(0, 3, lambda _, c: c * b.astype(jnp.float16), a)

    jaxpr = compat.open_jaxpr(jax.make_jaxpr(step)(X.astype(jnp.float16), X))
    assert jaxpr is not None
    inner = compat.open_jaxpr(jaxpr.eqns[0].params["jaxpr"])
    assert inner is not None
    found = input_variables(jaxpr)
    assert [found[var] for var in inner.invars] == [0, 1]
    assert {*found.values()} == {0, 1}
