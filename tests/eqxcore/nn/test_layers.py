"""Layers: what they compute, under the transformations, and what they say when misused."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import eqxcore as eqx
from tests.eqxcore.pytrees import law


@pytest.fixture(scope="module")
def key() -> jax.Array:
    return jax.random.key(0)


@pytest.fixture(scope="module")
def mlp(key: jax.Array) -> eqx.nn.MLP:
    return eqx.nn.MLP(2, 3, 4, 2, activation=jnp.tanh, key=key)


def layer_calls() -> dict[str, Callable[[jax.Array], tuple[Any, jax.Array]]]:
    nn = eqx.nn
    return {
        "Linear": lambda key: (nn.Linear(3, 2, key=key), jnp.ones(3)),
        "Linear, scalar": lambda key: (nn.Linear("scalar", "scalar", key=key), jnp.array(2.0)),
        "MLP": lambda key: (nn.MLP(3, 2, 4, 3, key=key), jnp.ones(3)),
        "MLP, scanned": lambda key: (nn.MLP(3, 2, 4, 3, scan=True, key=key), jnp.ones(3)),
        "Sequential": lambda key: (
            nn.Sequential([nn.Linear(3, 2, key=key), nn.Lambda(jnp.tanh), nn.Identity()]),
            jnp.ones(3),
        ),
        "Dropout in inference": lambda key: (nn.Dropout(0.5, inference=True), jnp.ones(3)),
    }


@pytest.mark.parametrize("name", layer_calls())
def test_jit_changes_nothing(name: str, key: jax.Array) -> None:
    layer, x = layer_calls()[name](key)
    np.testing.assert_allclose(eqx.filter_jit(layer)(x), layer(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", layer_calls())
def test_vmap_is_a_loop(name: str, key: jax.Array) -> None:
    layer, x = layer_calls()[name](key)
    batch = jnp.stack([x, 2 * x, -x])
    loop = jnp.stack([layer(each) for each in batch])
    np.testing.assert_allclose(eqx.filter_vmap(layer)(batch), loop, rtol=1e-5, atol=1e-6)


@settings(law, max_examples=5)
@given(st.integers(0, 1000))
def test_the_gradient_is_the_finite_difference(mlp: eqx.nn.MLP, seed: int) -> None:
    params, static = eqx.partition(mlp, eqx.is_inexact_array)
    x = jnp.array([0.3, -0.7])

    @jax.jit
    def loss(params: Any) -> jax.Array:
        return jnp.sum(eqx.combine(params, static)(x) ** 2)

    keys = jax.random.split(jax.random.key(seed), len(jtu.tree_leaves(params)))
    leaves, structure = jtu.tree_flatten(params)
    direction = structure.unflatten(
        jax.random.normal(k, leaf.shape) for k, leaf in zip(keys, leaves, strict=True)
    )

    def at(step: float) -> jax.Array:
        return loss(jtu.tree_map(lambda p, d: p + step * d, params, direction))

    gradient = eqx.filter_grad(loss)(params)
    slope = sum(
        jnp.sum(g * d)
        for g, d in zip(jtu.tree_leaves(gradient), jtu.tree_leaves(direction), strict=True)
    )
    difference = (at(1e-2) - at(-1e-2)) / 2e-2
    np.testing.assert_allclose(difference, slope, rtol=2e-2, atol=2e-2)


def test_initial_values_are_within_their_bound(key: jax.Array) -> None:
    layer = eqx.nn.Linear(16, 200, key=key)
    assert float(jnp.abs(layer.weight).max()) <= 1 / math.sqrt(16)
    assert float(jnp.abs(layer.weight).max()) > 0.95 / math.sqrt(16)
    assert abs(float(layer.weight.mean())) < 0.02
    assert layer.bias.shape == (200,)


def test_a_scanned_mlp_has_the_values_of_a_plain_one(key: jax.Array) -> None:
    plain, scanned = (eqx.nn.MLP(2, 3, 4, 4, scan=scan, key=key) for scan in (False, True))
    assert jnp.array_equal(
        scanned.layers[1].weight, jnp.stack([layer.weight for layer in plain.layers[1:-1]])
    )
    np.testing.assert_allclose(scanned(jnp.ones(2)), plain(jnp.ones(2)), rtol=1e-5)


def test_each_unit_trains_its_own_activation(key: jax.Array) -> None:
    class Scale(eqx.Module):
        by: Any

        def __call__(self, x: jax.Array) -> jax.Array:
            return self.by * x

    mlp = eqx.nn.MLP(2, 3, 4, 2, activation=Scale(jnp.array(1.0)), key=key)
    assert mlp.activation.by.shape == (2, 4)
    gradient = eqx.filter_grad(lambda m: jnp.sum(m(jnp.ones(2))))(mlp).activation.by
    assert gradient.shape == (2, 4)
    assert jnp.unique(gradient).size == 8


def test_a_linear_layer_from_a_scalar_refuses_a_vector(key: jax.Array) -> None:
    with pytest.raises(ValueError, match=r'`in_features="scalar"`, and `x` is of shape \(2,\)'):
        eqx.nn.Linear("scalar", 2, key=key)(jnp.ones(2))


def test_dropout_keeps_the_mean(key: jax.Array) -> None:
    dropped = eqx.nn.Dropout(0.3)(jnp.ones(10_000), key=key)
    assert abs(float(dropped.mean()) - 1) < 0.02
    assert abs(float((dropped == 0).mean()) - 0.3) < 0.02


def test_dropout_without_a_key_says_what_to_do() -> None:
    with pytest.raises(RuntimeError, match=r"requires a key.*`key=\.\.\.`.*inference_mode"):
        eqx.nn.Dropout(0.5)(jnp.ones(2))


def test_inference_mode_turns_dropout_off_and_on(key: jax.Array) -> None:
    model = eqx.nn.Sequential([eqx.nn.Dropout(0.5), eqx.nn.Lambda(jnp.abs)])
    off = eqx.nn.inference_mode(model)
    assert jnp.array_equal(off(jnp.ones(4)), jnp.ones(4))
    on = eqx.nn.inference_mode(off, value=False)
    assert jnp.array_equal(on(jnp.ones(99), key=key), model(jnp.ones(99), key=key))


def test_deprecated_names_warn_where_they_are_used() -> None:
    with pytest.warns(UserWarning, match=r"Dropout\(inference=\.\.\.\)") as caught:
        layer = eqx.nn.Dropout(deterministic=True)
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match=r"Dropout\(\)\(inference=\.\.\.\)") as caught:
        layer(jnp.ones(2), deterministic=True)
    assert caught[0].filename == __file__


def test_a_stateful_layer_without_a_state_is_named() -> None:
    class Counts(eqx.nn.StatefulLayer):
        def __call__(self, x: Any, state: Any, *, key: Any = None) -> Any:
            return x, state + 1

    model = eqx.nn.Sequential([eqx.nn.Identity(), Counts()])
    assert model(1, 0) == (1, 1)
    with pytest.raises(TypeError, match=r"`layers\[1\]`.*`Counts`.*`x, state = sequential"):
        model(1)
