"""Normalisation of an input or a weight: what it computes, and what it says when misused."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import eqxcore as eqx
from eqxcore.nn import GroupNorm, LayerNorm, RMSNorm, WeightNorm


@pytest.fixture(scope="module")
def x() -> jax.Array:
    return 3 + 2 * jax.random.normal(jax.random.key(0), (6, 4))


@pytest.fixture(scope="module")
def linear() -> eqx.nn.Linear:
    return eqx.nn.Linear(4, 3, key=jax.random.key(1))


def test_layer_norm_has_mean_0_and_variance_1(x: jax.Array) -> None:
    y = LayerNorm(x.shape)(x)
    np.testing.assert_allclose([y.mean(), y.var()], [0, 1], atol=1e-4)


def test_rms_norm_has_mean_square_1(x: jax.Array) -> None:
    np.testing.assert_allclose(jnp.mean(RMSNorm(x.shape)(x) ** 2), 1, atol=1e-4)


def test_group_norm_is_the_layer_norm_of_each_group(x: jax.Array) -> None:
    groups = [LayerNorm((3, 4))(x[i : i + 3]) for i in (0, 3)]
    np.testing.assert_allclose(GroupNorm(2, 6)(x), jnp.concatenate(groups), atol=1e-6)


@pytest.mark.parametrize("norm", [LayerNorm(4), RMSNorm(4), GroupNorm(2, 4)])
def test_small_floats_are_normalised_in_float32(norm: Callable[..., Any]) -> None:
    x = jnp.array([300.0, 301.0, 299.0, 310.0], jnp.float16)  # squares that overflow
    y = norm(x)
    assert y.dtype == jnp.float16
    np.testing.assert_allclose(y, norm(x.astype(jnp.float32)), atol=2e-3)


def test_a_batch_is_refused_with_the_vmaps_it_needs() -> None:
    with pytest.raises(
        ValueError,
        match=r"shape=\(4,\)` and `x.shape=\(2, 3, 4\)`.*"
        r"jax.vmap\(jax.vmap\(layer_norm\)\)\(x\)",
    ):
        LayerNorm(4)(jnp.ones((2, 3, 4)))


def test_a_wrong_shape_is_refused_with_the_layer_it_needs() -> None:
    with pytest.raises(ValueError, match=r"Make it `RMSNorm\(\(5,\)\)`, or give it .* \(4,\)"):
        RMSNorm(4)(jnp.ones(5))


@pytest.mark.parametrize("norm", [LayerNorm(2), RMSNorm(2), GroupNorm(2, 2)])
def test_a_list_is_refused(norm: Callable[..., Any]) -> None:
    with pytest.raises(AttributeError, match=r"Norm` takes an array as `x`, .* a `list`.*asarray"):
        norm([1.0, 2.0])


def test_a_shape_that_is_none_is_refused() -> None:
    with pytest.raises(TypeError, match=r"`shape` of `LayerNorm` must be .*got 2.0.*`float`"):
        LayerNorm(2.0)  # pyright: ignore[reportArgumentType]


def test_the_deprecated_name_warns_where_it_is_used() -> None:
    with pytest.warns(UserWarning, match=r"LayerNorm\(use_weight=\.\.\.\)") as caught:
        LayerNorm(2, elementwise_affine=False)
    assert caught[0].filename == __file__


def test_group_norm_names_what_does_not_divide() -> None:
    with pytest.raises(ValueError, match=r"groups=4, channels=6.*would leave 2 over"):
        GroupNorm(4, 6)
    with pytest.raises(
        ValueError, match=r"channels should be specified.*`GroupNorm\(4, channels\)"
    ):
        GroupNorm(4)
    with pytest.raises(ValueError, match=r"`GroupNorm\(groups=0\)`: `groups` must be at least 1"):
        GroupNorm(0, 6)


def test_group_norm_names_the_channels_it_takes() -> None:
    with pytest.raises(ValueError, match=r"must be its 4 channels: `x` is of shape \(6, 2\)"):
        GroupNorm(2, 4)(jnp.ones((6, 2)))
    with pytest.raises(ValueError, match=r"a multiple of its 4 groups: `x` is of shape \(6, 2\)"):
        GroupNorm(4, channelwise_affine=False)(jnp.ones((6, 2)))


def test_weight_norm_starts_as_the_layer_itself(linear: eqx.nn.Linear) -> None:
    x = jnp.arange(4.0)
    for axis in (0, 1, None):
        np.testing.assert_allclose(WeightNorm(linear, axis=axis)(x), linear(x), rtol=1e-5)


def test_weight_norm_does_not_depend_on_the_length_of_the_weight(linear: eqx.nn.Linear) -> None:
    norm = WeightNorm(linear)
    longer = eqx.tree_at(lambda n: n.layer.weight, norm, replace_fn=lambda w: 7 * w)
    np.testing.assert_allclose(longer(jnp.ones(4)), norm(jnp.ones(4)), rtol=1e-5)


def test_weight_norms_made_alike_share_compiled_code(linear: eqx.nn.Linear) -> None:
    n_traces = 0

    @eqx.filter_jit
    def call(layer: Any) -> jax.Array:
        nonlocal n_traces
        n_traces += 1
        return layer(jnp.ones(4))

    for _ in range(3):
        call(WeightNorm(linear))
    assert n_traces == 1


def test_weight_norm_names_what_is_no_weight(linear: eqx.nn.Linear) -> None:
    with pytest.raises(AttributeError, match=r"'kernel'.*Those of this `Linear`: `weight`, `bias`"):
        WeightNorm(linear, "kernel")
    with pytest.raises(ValueError, match=r"`in_features` of this `Linear` is `4`"):
        WeightNorm(linear, "in_features")
    with pytest.raises(ValueError, match=r"`axis=2` .* not an axis of `weight`, .* \(3, 4\)"):
        WeightNorm(linear, axis=2)
