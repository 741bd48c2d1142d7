"""Shared nodes: one set of parameters in several places."""

from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
import pytest

import eqxcore as eqx
from eqxcore.nn import Shared


def pair() -> tuple[eqx.nn.Linear, eqx.nn.Linear]:
    one, two = jax.random.split(jax.random.key(0))
    return eqx.nn.Linear(3, 2, key=one), eqx.nn.Linear(2, 3, key=two)


def tied() -> Shared:
    return Shared(pair(), where=second_weight, get=first_weight_transposed)


def second_weight(pair: Any) -> Any:
    return pair[1].weight


def first_weight_transposed(pair: Any) -> Any:
    return pair[0].weight.T


def test_the_shared_node_is_there_once() -> None:
    arrays = eqx.filter(tied(), eqx.is_array)
    assert len(jtu.tree_leaves(arrays)) == 3
    first, second = tied()()
    assert jnp.array_equal(second.weight, first.weight.T)


def test_the_gradient_of_a_shared_node_is_the_sum_over_its_places() -> None:
    x = jnp.arange(3.0)

    def apart(layers: Any) -> jax.Array:
        return jnp.sum(layers[1](layers[0](x)) ** 2)

    gradient = eqx.filter_grad(lambda shared: apart(shared()))(tied())
    each = eqx.filter_grad(apart)(tied()())
    np.testing.assert_allclose(
        gradient.pytree[0].weight, each[0].weight + each[1].weight.T, rtol=1e-5
    )
    assert gradient.pytree[1].weight is None


def test_models_made_alike_share_compiled_code() -> None:
    n_traces = 0

    @eqx.filter_jit
    def call(shared: Any) -> jax.Array:
        nonlocal n_traces
        n_traces += 1
        return shared()[1](jnp.ones(2))

    call(tied())
    call(tied())
    assert n_traces == 1


def test_an_updated_model_shares_the_update() -> None:
    model = tied()
    model = eqx.apply_updates(model, jtu.tree_map(jnp.ones_like, eqx.filter(model, eqx.is_array)))
    first, second = model()
    assert jnp.array_equal(second.weight, first.weight.T)


def test_nodes_that_differ_are_refused_with_both() -> None:
    with pytest.raises(
        ValueError,
        match=r"`get\(pytree\)` is\nf32\[2,3\]\nand `where\(pytree\)` is\nf32\[3,2\](.|\n)*`\.T`",
    ):
        Shared(pair(), second_weight, lambda pair: pair[0].weight)
