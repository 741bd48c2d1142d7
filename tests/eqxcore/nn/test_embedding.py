"""Embeddings, of numbers and of positions."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import eqxcore as eqx

TABLE = eqx.nn.Embedding(weight=jnp.arange(6.0).reshape(3, 2))


def test_an_index_past_the_end_is_the_last() -> None:
    assert TABLE(7).tolist() == eqx.filter_jit(TABLE)(jnp.array(7)).tolist() == [4.0, 5.0]
    assert TABLE(-1).tolist() == [4.0, 5.0]


def test_a_weight_gives_the_sizes() -> None:
    assert (TABLE.num_embeddings, TABLE.embedding_size) == (3, 2)
    assert TABLE.weight.dtype == jnp.float32


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: TABLE(jnp.array([1, 2])), ValueError, r"`x` of shape `\(2,\)`.*`jax\.vmap"),
        (lambda: TABLE([1, 2]), ValueError, r"given a `list`.*`jax\.vmap"),
        (lambda: TABLE(1.5), TypeError, r"whole number.*dtype float32.*`x\.astype\(int\)`"),
        (lambda: eqx.nn.Embedding(3, 4), ValueError, r"neither `weight` nor `key`\. Pass"),
        (lambda: eqx.nn.Embedding(), ValueError, r"nor `num_embeddings`, `embedding_size`, `key`"),
        (
            lambda: eqx.nn.Embedding(3, 5, jnp.ones((3, 4))),
            ValueError,
            r"`\(3, 4\)` where `num_embeddings=3` and `embedding_size=5`",
        ),
        (lambda: eqx.nn.Embedding(weight=jnp.ones(3)), ValueError, r"is of shape `\(3,\)`"),
        (lambda: eqx.nn.Embedding(weight=[1]), TypeError, r"is a `list`\. Pass `jnp\.asarray"),
        (lambda: eqx.nn.Embedding(-3, 4, key=jax.random.key(0)), ValueError, "num_embeddings=-3"),
    ],
)
def test_misuse_is_named(call: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        call()


def turned_product(distance: int, shift: int) -> jax.Array:
    """Return the product of two vectors at positions `shift` and `shift + distance`."""
    rope = eqx.nn.RotaryPositionalEmbedding(6)
    x = jnp.zeros((16, 6)).at[shift].set(jnp.arange(6.0))
    y = jnp.zeros((16, 6)).at[shift + distance].set(jnp.cos(jnp.arange(6.0)))
    return jnp.sum(rope(x)[shift] * rope(y)[shift + distance])


@pytest.mark.parametrize("distance", [0, 5])
def test_products_of_turned_vectors_depend_on_their_distance(distance: int) -> None:
    np.testing.assert_allclose(turned_product(distance, 1), turned_product(distance, 9), rtol=1e-4)


def test_turning_keeps_lengths() -> None:
    x = jnp.sin(jnp.arange(40.0)).reshape(5, 8)
    turned = eqx.nn.RotaryPositionalEmbedding(8)(x)
    np.testing.assert_allclose(
        jnp.linalg.norm(turned, axis=1), jnp.linalg.norm(x, axis=1), rtol=1e-5
    )


def test_angles_made_in_a_trace_serve_outside_of_it() -> None:
    rope, x = eqx.nn.RotaryPositionalEmbedding(4, theta=123.0), jnp.ones((5, 4))
    traced = jax.jit(jax.grad(lambda x: rope(x).sum()))(x)
    np.testing.assert_allclose(traced, jax.grad(lambda x: rope(x).sum())(x), rtol=1e-5)
    np.testing.assert_array_equal(rope(jnp.ones((9, 4)))[:5], rope(x))


def test_layers_of_one_size_have_their_own_angles() -> None:
    x = jnp.ones((3, 4))
    slow, fast = (eqx.nn.RotaryPositionalEmbedding(4, theta)(x) for theta in (1e4, 2.0))
    assert not jnp.allclose(slow, fast)
    cosines, _ = eqx.nn.RotaryPositionalEmbedding.precompute_freqs_cis(4, 3, 2.0, jnp.float32)
    np.testing.assert_allclose(cosines[2], jnp.cos(2 * 2.0 ** -jnp.array([0.0, 0.5])), rtol=1e-6)


def test_angles_follow_the_precision() -> None:
    single = eqx.nn.RotaryPositionalEmbedding(4, dtype=float)(jnp.ones((3, 4)))
    with jax.enable_x64(True):
        layer = eqx.nn.RotaryPositionalEmbedding(4, dtype=float)
        double = layer(jnp.ones((3, 4)))
        assert double.dtype == jnp.float64
        np.testing.assert_allclose(double[1, 0], np.cos(1) - np.sin(1), rtol=1e-14)
        assert eqx.nn.RotaryPositionalEmbedding(4).dtype is jnp.float64
    assert single.dtype == jnp.float32


def test_strict_promotion_is_told_how_to_agree() -> None:
    with (
        jax.numpy_dtype_promotion("strict"),
        pytest.raises(
            ValueError,
            match=r"dtype float32 and was given an `x` of dtype float16.*`dtype=jnp\.float16`",
        ),
    ):
        eqx.nn.RotaryPositionalEmbedding(4)(jnp.ones((3, 4), jnp.float16))


@pytest.mark.parametrize(
    ("size", "kind", "message"),
    [
        (3, ValueError, r"embedding_size=3\).*must be even"),
        (-2, ValueError, r"embedding_size=-2\).*at least 0"),
        (4.0, TypeError, r"embedding_size=4\.0\).*whole number"),
    ],
)
def test_a_size_that_cannot_be_halved_is_named(size: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        eqx.nn.RotaryPositionalEmbedding(size)


def test_a_sequence_of_another_size_is_named() -> None:
    with pytest.raises(ValueError, match=r"with `embedding_size=4` as `x`.*`\(3, 5\)`"):
        eqx.nn.RotaryPositionalEmbedding(4)(jnp.ones((3, 5)))
