"""Layers one after the other, some with a state; switching them to inference."""

from typing import Any

import jax
import jax.numpy as jnp
import pytest

import eqxcore as eqx
from eqxcore import nn


def network(key: jax.Array) -> nn.Sequential:
    return nn.Sequential(
        [
            nn.Linear(2, 3, key=key),
            nn.BatchNorm(3, "batch", mode="batch"),
            nn.Sequential([nn.LayerNorm(3), nn.Lambda(jnp.tanh)]),
            nn.Sequential(
                [nn.Dropout(0.5), nn.SpectralNorm(nn.Linear(3, 2, key=key), "weight", key=key)]
            ),
        ]
    )


@pytest.fixture
def made() -> tuple[nn.Sequential, nn.State]:
    return nn.make_with_state(network)(jax.random.key(0))


def test_the_state_goes_through_all_stateful_layers(made: tuple[nn.Sequential, nn.State]) -> None:
    model, state = made

    @eqx.filter_jit
    def step(model: Any, state: Any, x: Any) -> Any:
        call = lambda x, state: model(x, state, key=jax.random.key(1))  # noqa: E731
        return jax.vmap(call, axis_name="batch", in_axes=(0, None), out_axes=(0, None))(x, state)

    x = jnp.arange(8.0).reshape(4, 2)
    _, state = step(model, state, x)
    y, state = step(model, state, x)
    assert y.shape == (4, 2)
    assert int(state.get(model.layers[1].batch_counter)) == 2


def test_which_are_stateful_is_asked_of_the_layers(made: tuple[nn.Sequential, nn.State]) -> None:
    model, _ = made
    assert [model.is_stateful(), model[2].is_stateful(), model[3].is_stateful()] == [
        True,
        False,
        True,
    ]


def test_in_inference_neither_key_nor_axis_is_needed(made: tuple[nn.Sequential, nn.State]) -> None:
    model, state = made
    y, after = nn.inference_mode(model)(jnp.ones(2), state)
    assert y.shape == (2,)
    assert after is state


def test_a_static_flag_is_named_with_its_place() -> None:
    class Flagged(eqx.Module):
        inference: bool = eqx.field(static=True)

    model = [nn.Dropout(), {"a": Flagged(False)}]
    with pytest.raises(
        TypeError, match=r"of the `Flagged` at \[1\]\['a'\] is False, .*static field"
    ):
        nn.inference_mode(model)


def test_a_flag_that_only_equals_a_child_is_named() -> None:
    class Same(eqx.Module):
        child: bool
        inference: bool = eqx.field(static=True)

    with pytest.raises(TypeError, match=r"of the `Same` at the root is False.*`inference: bool`"):
        nn.inference_mode(Same(False, False))
