"""Columns and rows that make a square by accident, and those that are meant to."""

import linecache
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import pytest

from eqxviz.analysis import compat
from eqxviz.analysis.user_code import UserCode
from eqxviz.doctor.finding.broadcasts import AccidentalBroadcast, accidental_broadcasts
from eqxviz.doctor.finding.steps import Steps
from eqxviz.doctor.seen import Operation
from eqxviz.doctor.watching.eager import EagerWatch

X = jnp.linspace(0, 1, 18).reshape(6, 3)
Y = X[:, 0]
WEIGHT = jnp.ones((3, 1))


def found_in(function: Callable[..., Any], *args: Any) -> list[AccidentalBroadcast]:
    jaxpr = compat.open_jaxpr(jax.make_jaxpr(function)(*args))
    assert jaxpr is not None
    steps = Steps(UserCode())
    steps.read(jaxpr)
    return list(accidental_broadcasts(steps.all))


def loss(weight: jax.Array, x: jax.Array, y: jax.Array) -> jax.Array:
    return jnp.mean((x @ weight - y) ** 2)


def loss_by_rows(weight: jax.Array, x: jax.Array, y: jax.Array) -> jax.Array:
    return jnp.sum((x @ weight - y) ** 2, axis=-1).mean()


def loss_of_examples(weight: jax.Array, x: jax.Array, y: jax.Array) -> jax.Array:
    return jax.vmap(lambda each: jnp.mean(((each @ weight)[0] - y) ** 2))(x).mean()


def of_pairs(weight: jax.Array, x: jax.Array, y: jax.Array) -> jax.Array:
    z = x @ weight[:, 0]
    return jnp.mean(jax.nn.softplus((z[:, None] - z) * (y[:, None] - y)))


def squared_distances(weight: jax.Array, x: jax.Array, y: jax.Array) -> jax.Array:
    z = x @ (weight * y[:3])
    norms = jnp.sum(z**2, axis=1, keepdims=True)
    return jnp.mean(norms + jnp.sum(z**2, axis=1) - 2 * z @ z.T)


def density(weight: jax.Array, x: jax.Array, y: jax.Array) -> jax.Array:
    points = (x @ weight)[:, 0]
    return jax.vmap(lambda point: jnp.mean(jnp.exp(-((point - y) ** 2))))(points).mean()


@pytest.mark.parametrize("function", [loss, loss_by_rows, loss_of_examples])
@pytest.mark.parametrize("transform", [lambda f: f, jax.jit, jax.grad, jax.checkpoint])
def test_a_square_by_accident_is_found_within_any_transformation(
    function: Callable[..., Any], transform: Callable[..., Any]
) -> None:
    (found,) = found_in(transform(function), WEIGHT, X, Y)
    assert found.row == (6,)
    assert found.square == (6, 6)
    assert "- y) ** 2" in linecache.getline(*found.at)


@pytest.mark.parametrize("function", [of_pairs, squared_distances, density])
def test_squares_that_are_meant_are_let_be(function: Callable[..., Any]) -> None:
    assert found_in(jax.value_and_grad(function), WEIGHT, X, Y) == []


def test_a_loss_that_is_never_jitted_is_looked_at_as_well() -> None:
    operations: list[Operation] = []
    watch = EagerWatch(UserCode(), lambda: True, operations.append)
    watch.start()
    try:
        jax.value_and_grad(loss)(WEIGHT, X, Y)
    finally:
        watch.stop()
    steps = Steps(UserCode())
    steps.follow(operations)
    (found,) = accidental_broadcasts(steps.all)
    assert (found.column, found.row, found.square) == ((6, 1), (6,), (6, 6))
