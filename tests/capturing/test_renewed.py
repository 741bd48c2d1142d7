"""What each call makes anew within the state that it is given is a curve."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import pytest

import eqxcore
from eqxviz.records import MetricBatch

from .conftest import Seen


class State(NamedTuple):
    weights: jax.Array
    metrics: dict[str, jax.Array]
    count: jax.Array
    mean: jax.Array


def start() -> State:
    metrics = {"loss": jnp.zeros(()), "accuracy": jnp.zeros(())}
    return State(jnp.ones(4), metrics, jnp.zeros(()), jnp.zeros(()))


def after(state: State) -> State:
    loss = jnp.sum(state.weights)
    metrics = {"loss": loss, "accuracy": jnp.mean(state.weights > 0.5)}
    count = state.count + 1
    return State(state.weights * 0.5, metrics, count, state.mean + (loss - state.mean) / count)


def told(seen: Seen) -> set[str]:
    """The names of the curves that are no state."""
    return {s.name for b in seen.of(MetricBatch) for s in b.new_series if not s.is_state}


@pytest.mark.parametrize("library", [jax, eqxcore])
@pytest.mark.parametrize("is_donated", [False, True])
def test_a_loss_inside_a_state_is_a_curve(seen: Seen, library: Any, is_donated: bool):
    if library is jax:
        step = jax.jit(after, donate_argnums=0 if is_donated else None)
    else:
        step = eqxcore.filter_jit(after, donate="all" if is_donated else "none")
    state = start()
    for _ in range(20):
        state = step(state)
    losses = [4 * 0.5**i for i in range(20)]
    assert seen.curves['state.metrics["loss"]'] == losses
    assert seen.curves['state.metrics["accuracy"]'] == [1.0] + 19 * [0.0]
    assert seen.curves["state.count"] == [float(i) for i in range(1, 21)]
    assert told(seen) == {'state.metrics["loss"]', 'state.metrics["accuracy"]'}


def test_a_state_that_is_returned_with_others_and_given_with_others(seen: Seen):
    @jax.jit
    def step(scale, batch, *, state):
        return scale * 2, (after(state), jnp.max(batch))[0]

    state = start()
    for _ in range(3):
        _scale, state = step(1.0, jnp.ones(4), state=state)
    assert told(seen) == {"_scale", 'state.metrics["loss"]', 'state.metrics["accuracy"]'}


@pytest.mark.parametrize("loop", ["scan", "fori", "while", "cond", "remat"])
def test_a_loss_is_followed_through(seen: Seen, loop: str):
    @jax.jit
    def step(state):
        if loop == "scan":
            return jax.lax.scan(lambda s, _: (after(s), None), state, length=3)[0]
        if loop == "fori":
            return jax.lax.fori_loop(0, 3, lambda _, s: after(s), state)
        if loop == "while":
            smaller = lambda s: s.count % 3 < 2  # noqa: E731 - as it is written in such a call
            return jax.lax.while_loop(smaller, after, after(state))
        if loop == "cond":
            other = lambda s: after(s)._replace(weights=s.weights)  # noqa: E731 - as above
            return jax.lax.cond(jnp.max(state.weights) > 0, after, other, state)
        return jax.checkpoint(after)(state)

    state = start()
    for _ in range(3):
        state = step(state)
    assert told(seen) == {'state.metrics["loss"]', 'state.metrics["accuracy"]'}


def test_a_scan_over_data_that_stacks_and_uses_what_is_outside_of_it(seen: Seen):
    @jax.jit
    def step(state, rate, data):
        def one(state, x):
            return after(state)._replace(weights=state.weights * rate), jnp.outer(x, x)

        return jax.lax.scan(one, state, data)

    state = start()
    for _ in range(3):
        state, stacked = step(state, jnp.float32(0.5), jnp.ones((6, 2)))
    assert stacked.shape == (6, 2, 2)
    assert told(seen) == {'state.metrics["loss"]', 'state.metrics["accuracy"]'}


def test_what_is_the_best_so_far_is_state_and_so_is_what_stays_as_it_is(seen: Seen):
    @jax.jit
    def step(state):
        loss = jnp.sum(state["w"])
        best = jnp.minimum(loss, state["best"])
        return {"w": state["w"] * 0.5, "best": best, "rate": state["rate"], "loss": loss}

    state = {"w": jnp.ones(2), "best": jnp.inf, "rate": jnp.ones(()), "loss": jnp.zeros(())}
    state = {name: jnp.asarray(value) for name, value in state.items()}
    for _ in range(3):
        state = step(state)
    assert set(seen.curves) == {f'state["{name}"]' for name in ("best", "rate", "loss")}
    assert told(seen) == {'state["loss"]'}
