"""What a scan stacked is a stretch of a curve; what has the shape of a batch is not."""

from typing import Any

import equinox
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import eqxcore
from eqxviz.capturing.stretches import steps_in
from eqxviz.records import MetricBatch

from .conftest import Seen


def train_epoch(state: Any, batches: Any) -> Any:
    def step(state: Any, batch: Any) -> Any:
        return state + jnp.sum(batch), jnp.mean(batch) * 2

    return jax.lax.scan(step, state, batches)


@pytest.mark.parametrize("library", [jax, eqxcore, equinox])
def test_each_call_of_an_epoch_adds_its_steps_to_the_curve(seen: Seen, library: Any):
    jit = library.jit if library is jax else library.filter_jit
    epoch = jit(train_epoch)
    state = jnp.zeros(2)
    for k in range(3):
        state, losses = epoch(state, jnp.full((4, 5), float(k)))
    assert losses.shape == (4,)
    assert seen.curves == {"losses": [0.0] * 4 + [2.0] * 4 + [4.0] * 4}
    assert seen.steps == list(range(12))


def test_the_points_of_a_stretch_lie_between_begin_and_end_of_the_call(seen: Seen):
    epoch = jax.jit(train_epoch)
    for _ in range(2):
        _, losses = epoch(jnp.zeros(2), jnp.ones((4, 5)))
    del losses
    seconds = np.concatenate([batch.seconds for batch in seen.of(MetricBatch)])
    assert np.all(np.diff(seconds) > 0)


def test_an_item_of_a_dict_is_named_by_its_path(seen: Seen):
    @jax.jit
    def epoch(state, batches):
        state, losses = train_epoch(state, batches)
        return state, {"loss": losses.astype(jnp.bfloat16), "mean": losses.mean()}

    _, metrics = epoch(jnp.zeros(2), jnp.ones((3, 5)))
    assert metrics
    assert seen.curves == {'metrics["loss"]': [2.0] * 3, 'metrics["mean"]': [2.0]}


def test_an_epoch_of_another_length_goes_on_where_the_one_before_ended(seen: Seen):
    epoch = jax.jit(train_epoch)
    for n in (3, 2, 3):
        _, losses = epoch(jnp.zeros(2), jnp.ones((n, 5)))
    del losses
    assert seen.steps == list(range(8))
    assert len(seen.curves["losses"]) == 8


def test_predictions_and_rows_of_state_are_no_curves(seen: Seen):
    @jax.jit
    def step(state, x, y):
        predictions = jnp.tanh(x @ state["w"])
        state = {"w": state["w"] - 0.1 * (x.T @ (predictions - y))}
        return state, predictions, (predictions - y) ** 2

    state = {"w": jnp.ones(3)}
    for _ in range(2):
        state, predictions, errors = step(state, jnp.ones((5, 3)), jnp.zeros(5))
    assert predictions.shape == errors.shape == (5,)
    assert seen.curves == {}


def test_a_function_that_is_a_scan_for_one_static_value_only_gives_no_curve(seen: Seen):
    from functools import partial

    @partial(jax.jit, static_argnums=1)
    def f(x, scans):
        return jax.lax.scan(lambda c, x: (c, x * 2), 0.0, x)[1] if scans else x * 2

    out = f(jnp.ones(3), False)
    out = f(jnp.ones(3), True)
    assert out.shape == (3,)
    assert seen.curves == {}


def steps(function: Any, *args: Any) -> list[bool]:
    """Whether each array that `function` returns counts the steps of a scan."""
    made = jax.jit(function).trace(*args)
    leaves = jax.tree.leaves(jax.eval_shape(function, *args))
    found = steps_in(leaves, made.jaxpr)
    return [i in found for i in range(len(leaves))]


def scanned(xs: Any) -> Any:
    return jax.lax.scan(lambda c, x: (c + x.sum(), x * c), 0.0, xs)[1]


@pytest.mark.parametrize(
    "derived",
    [
        lambda ys: jnp.mean(ys, axis=1),
        lambda ys: jnp.log(ys.max(axis=1) + 1e-3),
        lambda ys: ys[:, 0],
        lambda ys: ys[:, :1].reshape(-1),
        lambda ys: ys.sum(1).astype(jnp.float16),
        lambda ys: jnp.where(ys.sum(1) > 0, ys.sum(1), 0.0),
        lambda ys: jax.nn.relu(ys.sum(1)) / 3,
        lambda ys: jax.jit(lambda y: y.mean(1) + 1)(ys),
        lambda ys: jax.checkpoint(lambda y: y.mean(1) + 1)(ys),
    ],
)
def test_what_is_computed_step_by_step_stays_a_curve(derived: Any):
    assert steps(lambda xs: derived(scanned(xs)), jnp.ones((6, 3))) == [True]


@pytest.mark.parametrize(
    "derived",
    [
        lambda ys: ys.mean(axis=0),
        lambda ys: ys[0],
        lambda ys: ys.T.sum(1),
        lambda ys: ys[:3].sum(1),
        lambda ys: ys.reshape(-1),
        lambda ys: ys.sum(1)[::-1],
        lambda ys: jnp.sort(ys.sum(1)),
    ],
)
def test_what_mixes_the_steps_is_no_curve(derived: Any):
    assert steps(lambda xs: derived(scanned(xs)), jnp.ones((6, 3))) == [False]


def test_what_a_scan_carries_and_what_other_loops_make_are_no_curves():
    def carried(xs):
        return jax.lax.scan(lambda c, x: (c + x, None), jnp.zeros(3), xs)[0]

    def looped(x):
        return jax.lax.fori_loop(0, 4, lambda i, x: x * 2, x)

    assert steps(carried, jnp.ones((6, 3))) == [False]
    assert steps(looped, jnp.ones(4)) == [False]


def test_the_steps_of_nested_scans_are_one_row_once_they_are_put_in_one():
    def epochs(xs):
        return jax.lax.scan(lambda c, x: (c, scanned(x).sum(1)), 0.0, xs)[1].reshape(-1)

    assert steps(epochs, jnp.ones((2, 6, 3))) == [True]
