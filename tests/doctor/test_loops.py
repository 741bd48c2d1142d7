"""Python loops that a traced function holds turn by turn, and how they are written anew."""

import linecache
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import pytest

from eqxviz.analysis import compat
from eqxviz.analysis.user_code import UserCode
from eqxviz.doctor.finding.loop_code import rolled_up
from eqxviz.doctor.finding.loops import UnrolledLoop, UnrolledLoops


def loops_of(function: Callable[..., Any], *args: Any) -> list[UnrolledLoop]:
    jaxpr = compat.open_jaxpr(jax.make_jaxpr(function)(*args))
    assert jaxpr is not None
    return UnrolledLoops(UserCode()).of(jaxpr)


def line(loop: UnrolledLoop) -> str:
    return linecache.getline(*loop.at).strip()


def orbit(state: jax.Array) -> tuple[jax.Array, jax.Array]:
    states = []
    for _ in range(12):
        force = -state / (1 + jnp.sum(state**2) ** 1.5)
        state = state + 0.1 * jnp.tanh(force) + 0.01 * jnp.cos(state)
        states.append(state)
    return state, jnp.stack(states)


def within_and_without(x: jax.Array) -> jax.Array:
    for _ in range(10):
        x = x / (1 + jnp.abs(x).max())
        for _ in range(3):
            x = jnp.sin(x) * jnp.cos(x) + jnp.exp(-x * x)
    return x.sum()


def dilated(x: jax.Array, kernels: list[jax.Array]) -> jax.Array:
    for i, kernel in enumerate(kernels):
        y = jax.lax.conv_general_dilated(x, kernel, (1,), [(2**i, 0)], rhs_dilation=(2**i,))
        x = x + jnp.tanh(y) * jax.nn.sigmoid(y) + jnp.cos(y) * jnp.exp(-jnp.abs(y))
    return x.sum()


def descend(params: dict[str, jax.Array], grads: dict[str, jax.Array]) -> dict[str, jax.Array]:
    changed = {}
    for name, value in params.items():
        mean = 0.9 * value + 0.1 * grads[name]
        square = 0.99 * value + 0.01 * grads[name] ** 2
        changed[name] = value - 0.1 * (mean / 0.5) / (jnp.sqrt(square / 0.3) + 1e-6)
    return changed


def test_the_turns_of_a_loop_are_counted_whatever_its_body_is_differentiated_for() -> None:
    for function in (orbit, jax.grad(lambda state: orbit(state)[1].sum())):
        (loop,) = loops_of(function, jnp.ones(3))
        assert loop.n_turns == 12
        assert loop.is_carried
        assert line(loop).startswith(("force = -state", "state = state"))


def test_a_short_loop_within_a_long_one_is_a_part_of_its_turns() -> None:
    (loop,) = loops_of(jax.grad(within_and_without), jnp.ones(3))
    assert loop.n_turns == 10


@pytest.mark.parametrize(
    ("function", "args"),
    [
        pytest.param(
            dilated, (jnp.ones((1, 2, 9)), [jnp.ones((2, 2, 2))] * 9), id="of other parameters"
        ),
        pytest.param(
            descend,
            ({str(i): jnp.ones((2, 2)) for i in range(12)},) * 2,
            id="an optimiser's arithmetic",
        ),
    ],
)
def test_loops_that_a_scan_cannot_run_or_gains_nothing_from_are_let_be(
    function: Callable[..., Any], args: tuple[Any, ...]
) -> None:
    assert loops_of(function, *args) == []


def test_the_loop_as_a_scan_computes_the_same() -> None:
    (loop,) = loops_of(orbit, jnp.ones(3))
    names: dict[str, Any] = {"jax": jax, "jnp": jnp, "state": jnp.ones(3)}
    exec(rolled_up(loop, ""), names)
    state, states = orbit(jnp.ones(3))
    assert jnp.allclose(names["state"], state)
    assert jnp.allclose(names["states"], states)
