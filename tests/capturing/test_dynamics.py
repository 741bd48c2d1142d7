"""Norms of a model's leaves, measured in calls of a script's step function."""

import math
import threading
from collections.abc import Callable
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
import optax
import pytest

import eqxcore
from eqxviz.records import (
    DynamicsBatch,
    DynamicsHistogram,
    DynamicsLeaves,
    DynamicsState,
    Quantity,
    ReplayedGradients,
    WatchDynamics,
)
from eqxviz.worker.cards import CardError
from eqxviz.worker.gradients import gradients_of_kept
from tests.capturing.conftest import Seen

# However slow the machine is, no more calls lie between two samples.
EVERY = WatchDynamics(True, every=1, histograms_every=1, most_share=math.inf)


def norms(tree: Any) -> list[float]:
    leaves = [x for x in jtu.tree_leaves(tree) if eqxcore.is_inexact_array(x)]
    return [float(np.linalg.norm(np.abs(np.asarray(x)).astype(np.float64))) for x in leaves]


def compiled(seen: Seen) -> None:
    """Wait until what measures has been compiled."""
    assert seen.capture is not None
    assert seen.capture.dynamics is not None
    thread = seen.capture.dynamics._compiling
    if thread is not None:
        thread.join()


def train(seen: Seen, step: Callable[..., Any], model: Any, *rest: Any, n: int = 8) -> list[Any]:
    """Call `step` in a loop, measured from the first call on; return the models, old and new."""
    assert seen.capture is not None
    seen.gate.start()
    seen.capture.watch_dynamics(EVERY)
    models = [jtu.tree_map(lambda x: np.array(x) if eqxcore.is_array(x) else x, model)]
    for i in range(n):
        if i == 3:
            compiled(seen)
        model, *_ = step(model, *rest)
        models.append(jtu.tree_map(lambda x: np.array(x) if eqxcore.is_array(x) else x, model))
    return models


def batches(seen: Seen) -> DynamicsBatch:
    found = seen.of(DynamicsBatch)
    assert found, [(s.why_not, s.leaves) for s in seen.of(DynamicsState)]
    columns = {
        name: np.concatenate([getattr(b, name) for b in found])
        for name in ("step", "seconds", "parameter", "update", "gradient")
    }
    return DynamicsBatch(found[0].leaves, **columns)


def agree(seen: Seen, models: list[Any]) -> DynamicsBatch:
    """Check what was measured against NumPy."""
    found = batches(seen)
    assert len(found.step) >= 2
    for row, step in enumerate(found.step.tolist()):
        old, new = models[step - 1], models[step]
        update = jtu.tree_map(
            lambda a, b: (
                np.asarray(a, np.float64) - np.asarray(b, np.float64)
                if eqxcore.is_inexact_array(a)
                else None
            ),
            new,
            old,
        )
        np.testing.assert_allclose(found.parameter[row], norms(new), rtol=1e-5)
        wanted = [np.linalg.norm(x) for x in jtu.tree_leaves(update)]
        np.testing.assert_allclose(found.update[row], wanted, rtol=1e-3, atol=1e-6)
    return found


def paths(seen: Seen) -> list[str]:
    leaves = seen.of(DynamicsLeaves)[-1]
    return [leaves.argument.path(node) for node in leaves.nodes.tolist()]


def mlp(library: Any) -> Any:
    return library.nn.MLP(3, 2, 4, 1, key=jax.random.key(0))


X = jnp.ones((5, 3))


@pytest.mark.parametrize("donate", ["none", "all"])
@pytest.mark.parametrize("library", [eqxcore, equinox])
def test_norms_of_a_module_are_those_of_numpy_also_where_it_is_donated(
    seen: Seen, library: Any, donate: str
):
    optimiser = optax.adam(1e-2)

    @library.filter_jit(donate=donate)
    def step(model: Any, state: Any, x: Any) -> Any:
        loss, grads = library.filter_value_and_grad(loss_of)(model, x)
        updates, state = optimiser.update(grads, state)
        return library.apply_updates(model, updates), state, loss

    def loss_of(model: Any, x: Any) -> Any:
        return jnp.mean(jax.vmap(model)(x) ** 2)

    model = mlp(library)
    state = optimiser.init(library.filter(model, library.is_inexact_array))

    def stepped(model: Any) -> Any:
        nonlocal state
        model, state, loss = step(model, state, jnp.array(X))
        return model, loss

    models = train(seen, stepped, model)
    agree(seen, models)
    assert paths(seen) == [
        "model.layers[0].weight",
        "model.layers[0].bias",
        "model.layers[1].weight",
        "model.layers[1].bias",
    ]


def test_a_gradient_that_is_returned_is_measured_and_updates_are_none(seen: Seen):
    @jax.jit
    def step(params: Any, x: Any) -> Any:
        grads = jax.grad(lambda p: jnp.sum((x @ p["w"] + p["b"]) ** 2))(params)
        updates = jax.tree.map(lambda g: -0.01 * g, grads)
        return jax.tree.map(jnp.add, params, updates), updates, grads, jnp.float32(0)

    made: list[Any] = []

    def stepped(params: Any, x: Any) -> Any:
        params, _, grads, loss = step(params, x)
        made.append(grads)
        return params, loss

    model = {"w": jnp.ones((3, 2)), "b": jnp.zeros(2)}
    found = agree(seen, train(seen, stepped, model, X))
    for row, step_ in enumerate(found.step.tolist()):
        np.testing.assert_allclose(found.gradient[row], norms(made[step_ - 1]), rtol=1e-5)
    assert seen.of(DynamicsLeaves)[-1].has_gradient.all()


def test_where_only_gradients_are_returned_the_next_call_tells_the_update(seen: Seen):
    @eqxcore.filter_jit
    def gradients(model: Any, x: Any) -> Any:
        return eqxcore.filter_value_and_grad(lambda model: jnp.mean(jax.vmap(model)(x) ** 2))(model)

    def stepped(model: Any, x: Any) -> Any:
        loss, grads = gradients(model, x)
        return eqxcore.apply_updates(model, jax.tree.map(lambda g: -0.1 * g, grads)), loss

    found = agree(seen, train(seen, stepped, mlp(eqxcore), X))
    assert (found.gradient > 0).any()
    np.testing.assert_allclose(found.update, 0.1 * found.gradient, rtol=1e-3, atol=1e-6)


def test_leaves_of_any_size_and_dtype_are_measured(seen: Seen):
    @jax.jit
    def step(params: Any) -> Any:
        return jax.tree.map(lambda p: (p * 1.5).astype(p.dtype), params), jnp.float32(1)

    model = {
        "bf16": jnp.full((3, 3), 2, jnp.bfloat16),
        "complex": jnp.full(2, 3 + 4j),
        "empty": jnp.zeros((0, 4)),
        "huge": jnp.full(2, 1e30),
        "large": jnp.ones((300, 200)),
        "scalar": jnp.float32(2),
        "tiny": jnp.full(4, 1e-25),
    }
    models = train(seen, step, model, n=6)
    found = batches(seen)
    new = models[int(found.step[0])]
    wanted = [np.linalg.norm(np.abs(np.asarray(new[name])).astype(np.float64)) for name in new]
    np.testing.assert_allclose(found.parameter[0], wanted, rtol=1e-2)
    assert found.parameter[0][list(model).index("empty")] == 0


def test_nan_is_told_as_such_and_infinity_too(seen: Seen):
    @jax.jit
    def step(params: Any) -> Any:
        return {"a": params["a"] * jnp.nan, "b": params["b"] * 1e30}, jnp.float32(1)

    train(seen, step, {"a": jnp.ones(2), "b": jnp.ones(2)}, n=8)
    found = batches(seen)
    assert np.isnan(found.parameter[-1][0])
    assert np.isinf(found.parameter[-1][1])


def test_the_state_of_an_optimiser_is_not_taken_for_the_model(seen: Seen):
    optimiser = optax.adam(1e-2)

    @jax.jit
    def step(carry: Any, x: Any) -> Any:
        params, state = carry["params"], carry["opt"]
        loss, grads = jax.value_and_grad(lambda p: jnp.sum((x @ p) ** 2))(params)
        updates, state = optimiser.update(grads, state)
        return {"params": optax.apply_updates(params, updates), "opt": state}, loss

    params = jnp.ones((3, 2))
    train(seen, step, {"params": params, "opt": optimiser.init(params)}, X)
    assert paths(seen) == ["carry['params']"]
    assert (batches(seen).update > 0).all()


def test_of_several_trees_that_come_back_the_largest_is_the_model(seen: Seen):
    @jax.jit
    def step(average: Any, params: Any, x: Any) -> Any:
        params = jax.tree.map(lambda p: p * 0.9 + x, params)
        return [average[0] * 0.5], params, jnp.float32(0)

    average = [jnp.ones(2)]

    def stepped(params: Any, x: Any) -> Any:
        nonlocal average
        average, params, loss = step(average, params, x)
        return params, loss

    agree(seen, train(seen, stepped, {"a": jnp.ones(3), "b": jnp.ones(2)}, 1.0))
    assert paths(seen) == ["params['a']", "params['b']"]


def test_a_model_that_changes_its_structure_is_measured_anew(seen: Seen):
    @jax.jit
    def step(params: Any) -> Any:
        return jax.tree.map(lambda p: p * 0.9, params), jnp.float32(0)

    train(seen, step, [jnp.ones(2)])
    params = [jnp.ones(2), jnp.ones(3)]
    for i in range(12):
        if i in (4, 6):
            compiled(seen)
        params, _ = step(params)
    assert [len(leaves.nodes) for leaves in seen.of(DynamicsLeaves)] == [1, 2]
    assert seen.of(DynamicsBatch)[-1].parameter.shape[1] == 2
    assert not seen.problems


def test_a_function_that_takes_no_model_says_why_nothing_is_measured(seen: Seen):
    @jax.jit
    def step(x: Any) -> Any:
        return x.sum()

    assert seen.capture is not None
    seen.gate.start()
    seen.capture.watch_dynamics(EVERY)
    for i in range(5):
        step(jnp.ones(3) * i)
    why = seen.of(DynamicsState)[-1].why_not
    assert "step is not measured: it returns no tree like one of its arguments" in why


def test_histograms_count_magnitudes_by_octave(seen: Seen):
    @jax.jit
    def step(params: Any) -> Any:
        return params * 1.0, jnp.float32(0)

    values = jnp.array([0.0, 1.0, -1.5, 2.0, jnp.inf, jnp.nan])
    train(seen, step, values)
    counts = seen.of(DynamicsHistogram)[0]
    assert counts.quantity is Quantity.PARAMETER
    one = 1 + 40  # the bin of 2 ** 0, of which the first is 2 ** -40
    assert {int(b): int(n) for b, n in enumerate(counts.counts[0]) if n} == {
        0: 1,
        one: 2,
        one + 1: 1,
        63: 2,
    }


def test_what_is_switched_off_measures_nothing_and_holds_nothing(seen: Seen):
    @jax.jit
    def step(params: Any) -> Any:
        return params * 0.9, jnp.float32(0)

    params = train(seen, step, jnp.ones(3))[-1]
    assert seen.capture is not None
    seen.capture.watch_dynamics(WatchDynamics(False))
    n = len(batches(seen).step)
    for _ in range(5):
        params, _ = step(params)
    assert len(batches(seen).step) == n
    observer = seen.capture.observer
    assert observer is not None
    assert observer.held_result is None
    assert not observer.holds_results
    assert not seen.of(DynamicsState)[-1].is_on


def test_a_step_that_a_thread_makes_is_measured(seen: Seen):
    @jax.jit
    def step(params: Any) -> Any:
        return params * 0.9, jnp.float32(0)

    models: list[Any] = []
    thread = threading.Thread(target=lambda: models.extend(train(seen, step, jnp.ones(3))))
    thread.start()
    thread.join()
    agree(seen, models)


def test_calls_between_samples_are_left_alone(seen: Seen):
    @jax.jit
    def step(params: Any) -> Any:
        return params * 0.9, jnp.float32(0)

    assert seen.capture is not None
    seen.gate.start()
    seen.capture.watch_dynamics(WatchDynamics(True, every=4, most_share=math.inf))
    params = jnp.ones(3)
    for i in range(30):
        if i == 3:
            compiled(seen)
        params, _ = step(params)
    assert set(np.diff(batches(seen).step).tolist()) == {4}


def grads_by_hand(library: Any, model: Any, x: Any) -> list[float]:
    return norms(library.filter_grad(lambda m: jnp.mean(jax.vmap(m)(x) ** 2))(model))


@pytest.mark.parametrize("library", [eqxcore, equinox])
@pytest.mark.parametrize("donate", ["none", "all"])
def test_gradients_of_a_kept_call_are_those_computed_by_hand(seen: Seen, library: Any, donate: str):
    optimiser = optax.adam(1e-2)

    @library.filter_jit(donate=donate)
    def step(model: Any, state: Any, x: Any) -> Any:
        def loss_of(model: Any) -> Any:
            loss = jnp.mean(jax.vmap(model)(x) ** 2)
            return loss, {"aux": loss * 2}

        (loss, _), grads = library.filter_value_and_grad(loss_of, has_aux=True)(model)
        updates, state = optimiser.update(grads, state)
        return library.apply_updates(model, updates), state, loss

    state = optimiser.init(library.filter(mlp(library), library.is_inexact_array))

    def stepped(model: Any) -> Any:
        nonlocal state
        model, state, loss = step(model, state, jnp.array(X))
        return model, loss

    assert seen.capture is not None
    seen.capture.keep_calls(True)
    models = train(seen, stepped, mlp(library))
    found = replayed(seen)
    assert found.name == "loss_of"
    assert found.step == len(models) - 1
    wanted = grads_by_hand(library, jtu.tree_map(as_jax, models[-2]), X)
    np.testing.assert_allclose(found.gradient, wanted, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("kind", ["grad", "value_and_grad", "grad of two", "part"])
def test_gradients_of_plain_jax_are_those_computed_by_hand(seen: Seen, kind: str):
    def loss_of(params: Any, x: Any) -> Any:
        return jnp.sum((x @ params["w"] + params["b"]) ** 2)

    @jax.jit
    def step(params: Any, x: Any) -> Any:
        if kind == "grad":
            grads = jax.grad(loss_of)(params, x)
        elif kind == "grad of two":
            grads, _ = jax.grad(loss_of, argnums=(0, 1))(params, x)
        elif kind == "part":
            w = jax.grad(lambda w: loss_of({**params, "w": w["w"]}, x))({"w": params["w"]})
            grads = {**w, "b": jnp.zeros(2)}
        else:
            _, grads = jax.value_and_grad(loss_of)(params, x)
        return jax.tree.map(lambda p, g: p - 0.01 * g, params, grads), jnp.float32(0)

    assert seen.capture is not None
    seen.capture.keep_calls(True)
    models = train(seen, step, {"w": jnp.ones((3, 2)), "b": jnp.zeros(2)}, X)
    wanted = norms(jax.grad(loss_of)(jtu.tree_map(as_jax, models[-2]), X))
    if kind == "part":
        wanted[0] = -1  # of the bias none was taken
    np.testing.assert_allclose(replayed(seen).gradient, wanted, rtol=1e-4)


def test_a_gradient_that_is_taken_in_a_loop_is_told_to_be_out_of_reach(seen: Seen):
    @jax.jit
    def step(params: Any, x: Any) -> Any:
        def one(params: Any, _: Any) -> Any:
            grads = jax.grad(lambda p: jnp.sum((x @ p["w"]) ** 2))(params)
            return jax.tree.map(lambda p, g: p - 1e-3 * g, params, grads), None

        return jax.lax.scan(one, params, None, length=2)[0], jnp.float32(0)

    assert seen.capture is not None
    seen.capture.keep_calls(True)
    train(seen, step, {"w": jnp.ones((3, 2))}, X)
    with pytest.raises(CardError, match="cannot be computed") as raised:
        replayed(seen)
    assert "within a loop" in raised.value.card.why


def as_jax(leaf: Any) -> Any:
    return jnp.asarray(leaf) if isinstance(leaf, np.ndarray) else leaf


def replayed(seen: Seen) -> ReplayedGradients:
    assert seen.capture is not None
    observer = seen.capture.observer
    assert observer is not None
    with observer.muted():
        return gradients_of_kept(observer)
