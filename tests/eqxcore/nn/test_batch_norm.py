"""Batch normalisation: statistics over mapped axes, and what is said where there are none."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
import pytest

import eqxcore as eqx
from eqxcore.nn import BatchNorm, make_with_state


@pytest.fixture(scope="module")
def x() -> jax.Array:
    return 3 + 2 * jax.random.normal(jax.random.key(0), (8, 3, 4))


def over(norm: Any, name: Any = "batch") -> Callable[..., Any]:
    return jax.jit(jax.vmap(norm, axis_name=name, in_axes=(0, None), out_axes=(0, None)))


def made(**kwargs: Any) -> tuple[BatchNorm, eqx.nn.State]:
    return make_with_state(BatchNorm)(3, **{"axis_name": "batch", "mode": "batch", **kwargs})


def test_each_channel_has_mean_0_and_variance_1(x: jax.Array) -> None:
    norm, state = made()
    y, _ = over(norm)(x, state)
    np.testing.assert_allclose(y.mean((0, 2)), np.zeros(3), atol=1e-5)
    np.testing.assert_allclose(y.var((0, 2)), np.ones(3), atol=1e-4)


@pytest.mark.parametrize(("mode", "n_steps"), [("batch", 1000), ("ema", 1)])
def test_inference_after_training_is_what_training_was(
    x: jax.Array, mode: str, n_steps: int
) -> None:
    norm, state = made(mode=mode)
    step = over(norm)
    for _ in range(n_steps):
        y, state = step(x, state)
    z, after = over(eqx.nn.inference_mode(norm))(x, state)
    np.testing.assert_allclose(z, y, atol=1e-3)
    assert eqx.tree_equal(after, state)


def test_the_running_statistics_are_exponential_means(x: jax.Array) -> None:
    norm, state = made(mode="ema", momentum=0.75)
    _, state = over(norm)(x, state)
    _, state = over(norm)(2 * x, state)
    mean = x.mean((0, 2))
    assert norm.ema_state_index is not None
    np.testing.assert_allclose(
        state.get(norm.ema_state_index)[0], 0.75 * mean + 0.25 * 2 * mean, rtol=1e-5
    )


def test_nested_maps_share_their_statistics(x: jax.Array) -> None:
    norm, state = made()
    flat, _ = over(norm)(x, jtu.tree_map(lambda leaf: leaf, state))
    norm, state = made(axis_name=("outer", "inner"))
    nested, _ = over(over(norm, "inner"), "outer")(x.reshape(2, 4, 3, 4), state)
    np.testing.assert_allclose(nested.reshape(x.shape), flat, atol=1e-5)


@pytest.mark.parametrize("mode", ["batch", "ema"])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("of_layer", ["bfloat16", "float32"])
def test_input_and_layer_may_differ_in_dtype(
    x: jax.Array, mode: str, dtype: str, of_layer: str
) -> None:
    norm, state = made(mode=mode, dtype=of_layer)
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        shapes = jax.eval_shape(over(norm), x.astype(dtype), state)
    y, after = shapes
    with jax.numpy_dtype_promotion("standard"):
        assert y.dtype == jnp.promote_types(dtype, of_layer)
    assert [leaf.dtype for leaf in jtu.tree_leaves(after)] == [
        leaf.dtype for leaf in jtu.tree_leaves(state)
    ]


def test_the_gradient_flows_through_the_statistics(x: jax.Array) -> None:
    norm, state = made()
    # The output does not change when all inputs are moved alike, nor then does what is made of it.
    gradient = jax.grad(lambda x: jnp.sum(jnp.sin(over(norm)(x, state)[0])))(x)
    np.testing.assert_allclose(gradient.sum((0, 2)), np.zeros(3), atol=1e-4)


def test_outside_of_a_map_the_axis_and_the_fix_are_named(x: jax.Array) -> None:
    norm, state = made()
    message = (
        r"axis_name='batch'\)` was called in training(.|\n)*axis_name='batch', in_axes=\(0, None"
    )
    with pytest.raises(NameError, match=message):
        norm(x[0], state)
    with pytest.raises(NameError, match=r"inference_mode\(model\)"):
        over(norm, "other")(x, state)
    assert norm(x[0], state, inference=True)[1] is state  # usable after the errors, and unchanged


def test_a_state_with_a_copy_for_each_element_is_refused(x: jax.Array) -> None:
    norm, state = made()
    _, copied = jax.vmap(norm, axis_name="batch", in_axes=(0, None))(x, state)
    with pytest.raises(
        ValueError, match=r"\(3,\): that .* of shape \(8, 3\).*out_axes=\(0, None\)"
    ):
        over(norm)(x, copied)


def test_wrong_channels_are_named(x: jax.Array) -> None:
    norm, state = made()
    with pytest.raises(TypeError, match=r"`BatchNorm\(input_size=3\)`.*is of shape \(2, 4\)"):
        over(norm)(x[:, :2], state)
    with pytest.raises(ValueError, match=r"`BatchNorm\(input_size=3\)`.*is of shape \(8, 3, 4\)"):
        norm(x, state, inference=True)


def test_complex_input_of_a_real_layer_is_refused(x: jax.Array) -> None:
    norm, state = made()
    with pytest.raises(ValueError, match=r"complex64, .* float32: make it with `dtype=complex64`"):
        over(norm)(x.astype(jnp.complex64), state)


def test_what_is_no_state_is_refused(x: jax.Array) -> None:
    norm, _ = made()
    with pytest.raises(
        TypeError, match=r"`BatchNorm` must be given a `State`: got `None`.*make_with"
    ):
        norm(x[0], None, inference=True)  # pyright: ignore[reportArgumentType]


def test_the_legacy_mode_warns_where_it_is_used() -> None:
    with pytest.warns(UserWarning, match=r'`mode="batch"`, or write `mode="ema"`') as caught:
        norm = BatchNorm(3, "batch")
    assert norm.mode == "ema"
    assert caught[0].filename == __file__


def test_a_wrong_mode_is_named() -> None:
    with pytest.raises(ValueError, match=r"must be 'ema' or 'batch': `BatchNorm\(mode='group'\)`"):
        BatchNorm(3, "batch", mode="group")  # pyright: ignore[reportArgumentType]
