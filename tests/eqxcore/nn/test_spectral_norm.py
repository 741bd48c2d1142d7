"""Spectral normalisation: the largest singular value, and its gradient."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import eqxcore as eqx
from eqxcore.nn import SpectralNorm, make_with_state


@pytest.fixture(scope="module")
def linear() -> eqx.nn.Linear:
    return eqx.nn.Linear(4, 3, use_bias=False, key=jax.random.key(1))


def made(layer: Any, **kwargs: Any) -> tuple[SpectralNorm, eqx.nn.State]:
    return make_with_state(SpectralNorm)(layer, "weight", key=jax.random.key(2), **kwargs)


def test_the_weight_is_divided_by_its_largest_singular_value(linear: eqx.nn.Linear) -> None:
    norm, state = made(linear, num_power_iterations=20)
    y, _ = jax.vmap(norm, in_axes=(0, None), out_axes=(0, None))(jnp.eye(4), state)
    np.testing.assert_allclose(jnp.linalg.norm(y.T, 2), 1, rtol=1e-4)


def test_training_changes_the_state_and_inference_does_not(linear: eqx.nn.Linear) -> None:
    norm, state = made(eqx.tree_at(lambda layer: layer.weight, linear, replace_fn=jnp.sin))
    changed = eqx.tree_at(lambda n: n.layer.weight, norm, replace_fn=jnp.cos)
    _, same = changed(jnp.ones(4), state, inference=True)
    assert same is state
    before = state.get(norm.uv_index)
    _, after = changed(jnp.ones(4), state)
    assert not jnp.allclose(after.get(norm.uv_index)[0], before[0])


def test_the_gradient_is_that_of_the_normalised_weight(linear: eqx.nn.Linear) -> None:
    norm, state = made(linear, num_power_iterations=20)

    def loss(norm: Any) -> jax.Array:
        return jnp.sum(norm(jnp.arange(4.0), state)[0] ** 2)

    def expected(linear: Any) -> jax.Array:
        return jnp.sum((linear(jnp.arange(4.0)) / jnp.linalg.norm(linear.weight, 2)) ** 2)

    np.testing.assert_allclose(
        eqx.filter_grad(loss)(norm).layer.weight,
        eqx.filter_grad(expected)(linear).weight,
        atol=1e-3,
    )


def test_what_has_no_singular_values_is_refused() -> None:
    linear = eqx.nn.Linear(4, 3, key=jax.random.key(1))
    with pytest.raises(ValueError, match=r"two-dimensional: `bias` of this `Linear` is .* \(3,\)"):
        SpectralNorm(linear, "bias", key=jax.random.key(0))
    with pytest.raises(AttributeError, match=r"'kernel'.*Those of this `Linear`: `weight`, `bias`"):
        SpectralNorm(linear, "kernel", key=jax.random.key(0))
    with pytest.raises(ValueError, match=r"`in_features` of this `Linear` is `4`"):
        SpectralNorm(linear, "in_features", key=jax.random.key(0))


def test_what_is_no_state_is_refused(linear: eqx.nn.Linear) -> None:
    norm, _ = made(linear)
    with pytest.raises(TypeError, match=r"`SpectralNorm` must be given a `State`: got `5`"):
        norm(jnp.ones(4), 5)  # pyright: ignore[reportArgumentType]
