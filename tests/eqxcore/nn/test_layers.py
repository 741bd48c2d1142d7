"""Layers: what they compute, under the transformations, and what they say when misused."""

import math
from collections.abc import Callable
from typing import Any

import equinox
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
        "PReLU": lambda key: (nn.PReLU(jnp.array([0.1, 0.2, 0.3])), -jnp.ones(3)),
        "Conv1d": lambda key: (
            nn.Conv1d(3, 2, 3, padding=1, padding_mode="circular", key=key),
            jnp.ones((3, 4)),
        ),
        "ConvTranspose1d": lambda key: (
            nn.ConvTranspose1d(3, 2, 3, 2, padding="same", padding_mode="circular", key=key),
            jnp.ones((3, 4)),
        ),
        "MaxPool1d": lambda key: (nn.MaxPool1d(2, 2, use_ceil=True), jnp.ones((3, 5))),
        "AvgPool1d": lambda key: (nn.AvgPool1d(2), jnp.ones((3, 5))),
        "AdaptiveAvgPool2d": lambda key: (nn.AdaptiveAvgPool2d((2, 3)), jnp.ones((3, 5, 6))),
        "RotaryPositionalEmbedding": lambda key: (
            nn.RotaryPositionalEmbedding(4, dtype=jnp.result_type(float)),
            jnp.ones((3, 4)),
        ),
        "GRUCell": lambda key: (_Steps(nn.GRUCell(3, 3, key=key)), jnp.ones(3)),
        "LSTMCell": lambda key: (_Steps(nn.LSTMCell(3, 3, key=key)), jnp.ones(3)),
        "MultiheadAttention": lambda key: (
            _Attends(nn.MultiheadAttention(2, 4, dropout_p=0.5, key=key)),
            jnp.ones((3, 4)),
        ),
    }


class _Steps(eqx.Module):
    cell: Any

    def __call__(self, x: jax.Array) -> jax.Array:
        if isinstance(self.cell, eqx.nn.GRUCell):
            return self.cell(x, x)
        return self.cell(x, (x, x))[0]


class _Attends(eqx.Module):
    layer: eqx.nn.MultiheadAttention

    def __call__(self, x: jax.Array) -> jax.Array:
        mask = jnp.tril(jnp.ones((3, 3), bool))
        return self.layer(x, x, x, mask, key=jax.random.key(1))


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


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name", sorted(layer_calls().keys() - {"RotaryPositionalEmbedding"}))
def test_no_promotion_of_dtypes_or_ranks_is_needed(name: str, dtype: str, key: jax.Array) -> None:
    layer, x = layer_calls()[name](key)
    as_dtype = lambda leaf: leaf.astype(dtype) if eqx.is_array(leaf) else leaf  # noqa: E731
    layer = jax.tree_util.tree_map(as_dtype, layer)
    x = x.astype(dtype)
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        assert eqx.filter_eval_shape(layer, x).dtype == dtype
        assert eqx.filter_eval_shape(eqx.filter_vmap(layer), x[None]).dtype == dtype


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


def test_a_slope_broadcasts_to_either_side() -> None:
    with jax.numpy_rank_promotion("raise"):
        by_column = eqx.nn.PReLU(jnp.array([0.5, 0.25]))
        assert by_column(-jnp.ones((2, 2))).tolist() == [[-0.5, -0.25]] * 2
        assert by_column(jnp.array(-1.0)).tolist() == [-0.5, -0.25]


def test_the_usual_slope_is_a_quarter() -> None:
    assert eqx.nn.PReLU(None)(jnp.array(-1.0)) == eqx.nn.PReLU()(jnp.array(-1.0)) == -0.25


def test_the_fraction_that_is_dropped_is_not_trained(key: jax.Array) -> None:
    gradient = eqx.filter_grad(lambda layer: jnp.sum(layer(jnp.ones(9), key=key)))
    assert gradient(eqx.nn.Dropout(jnp.array(0.5))).p == 0


DRAWN = {
    "Linear": ((3, 5), {}),
    "MLP": ((3, 2, 4, 2), {}),
    "Conv2d": ((4, 6, (3, 2)), {"groups": 2}),
    "ConvTranspose1d": ((4, 6, 3), {"use_bias": False}),
    "GRUCell": ((2, 3), {}),
    "LSTMCell": ((2, 3), {"use_bias": False}),
    "MultiheadAttention": ((2, 6), {"use_output_bias": True}),
    "Embedding": ((5, 4), {}),
}


def assert_drawn_alike(name: str, key: jax.Array, dtype: Any) -> None:
    args, options = DRAWN[name]
    ours, theirs = (
        jtu.tree_leaves(getattr(each.nn, name)(*args, dtype=dtype, key=key, **options))
        for each in (eqx, equinox)
    )
    for a, b in zip(ours, theirs, strict=True):
        if eqx.is_array(a):
            assert (a.dtype, np.asarray(a).tobytes()) == (b.dtype, np.asarray(b).tobytes())


def test_initial_values_are_those_of_equinox_bit_for_bit(key: jax.Array) -> None:
    assert_drawn_alike("Linear", key, None)
    assert_drawn_alike("Conv2d", key, jnp.bfloat16)


@pytest.mark.full
@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("partitionable", [True, False])
def test_initial_values_are_those_of_equinox_in_all_dtypes(
    name: str, dtype: str, partitionable: bool
) -> None:
    with jax.enable_x64(True), jax.threefry_partitionable(partitionable):
        assert_drawn_alike(name, jax.random.key(7), dtype)
        assert_drawn_alike(name, jax.random.PRNGKey(7), dtype)


LINEAR, MLP = (
    eqx.nn.Linear(2, 3, key=jax.random.key(0)),
    eqx.nn.MLP(2, 3, 4, 1, key=jax.random.key(0)),
)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: LINEAR(jnp.ones((32, 2))), TypeError,
         r"`Linear` takes an array of shape `\(in_features,\)` with `in_features=2` as `x`, and "
         r"was given one of shape `\(32, 2\)`.*`jax\.vmap\(layer\)\(\.\.\.\)`"),
        (lambda: LINEAR(jnp.ones((5, 32, 2))), TypeError, r"2 axes by `jax\.vmap\(jax\.vmap"),
        (lambda: LINEAR(jnp.ones(3)), TypeError, r"`\(3,\)`.*make the layer for this one"),
        (lambda: LINEAR(jnp.array(1.0)), ValueError, r"`\(\)`"),
        (lambda: LINEAR([1.0, 2.0]), TypeError, r"was given a `list`\. Pass `jnp\.asarray"),
        (lambda: MLP(jnp.ones((32, 2))), TypeError, r"`MLP` takes.*`in_size=2`.*`\(32, 2\)`.*vmap"),
        (lambda: eqx.nn.MLP(2, 3, 4, 1, "relu", key=jax.random.key(0))(jnp.ones(2)), TypeError,
         r"'relu', of type `str`.*`jax\.nn\.relu`"),
        (lambda: eqx.nn.Linear(2.5, 3, key=jax.random.key(0)), TypeError,
         r"`Linear\(in_features=2\.5\)`.*whole number.*`//`"),
        (lambda: eqx.nn.Linear(2, -3, key=jax.random.key(0)), ValueError,
         r"`Linear\(out_features=-3\)`.*at least 0"),
        (lambda: eqx.nn.Linear(2, 3, key=None), TypeError,
         r"`Linear\(key=None\)`.*`key=jax\.random\.key\(0\)`"),
        (lambda: eqx.nn.MLP(2, 3, 4.0, 1, key=jax.random.key(0)), TypeError, r"width_size=4\.0"),
        (lambda: eqx.nn.MLP(2, 3, 4, -1, key=jax.random.key(0)), ValueError, r"depth=-1"),
    ],
)  # fmt: skip
def test_misuse_is_named(call: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        call()


def test_a_linear_layer_to_a_scalar_refuses_a_matrix(key: jax.Array) -> None:
    with pytest.raises(AssertionError, match=r"`in_features=2`.*`\(2, 4\)`"):
        eqx.nn.Linear(2, "scalar", key=key)(jnp.ones((2, 4)))


def test_a_layer_whose_weight_was_replaced_takes_what_fits(key: jax.Array) -> None:
    wide = eqx.tree_at(lambda m: m.weight, LINEAR, jnp.ones((3, 7)))
    assert wide(jnp.ones(7)).shape == (3,)
