"""Attention: what it averages, and what it says when misused."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import eqxcore as eqx

KEY = jax.random.key(0)
LAYER = eqx.nn.MultiheadAttention(2, 4, key=KEY)
DROPS = eqx.nn.MultiheadAttention(2, 4, dropout_p=0.5, key=KEY)
X = jnp.sin(jnp.arange(12.0)).reshape(3, 4)
CAUSAL = jnp.tril(jnp.ones((3, 3), bool))


def by_definition(mask: Any) -> np.ndarray:
    weight = {name: np.asarray(getattr(LAYER, f"{name}_proj").weight) for name in
              ("query", "key", "value", "output")}  # fmt: skip
    x, found = np.asarray(X), []
    for rows in (slice(0, 2), slice(2, 4)):
        query, key, value = (x @ weight[name][rows].T for name in ("query", "key", "value"))
        alike = np.where(mask, query @ key.T / np.sqrt(2), -np.inf)
        share = np.exp(alike) / np.exp(alike).sum(1, keepdims=True)
        found.append(share @ value)
    return np.concatenate(found, 1) @ weight["output"].T


@pytest.mark.parametrize("mask", [None, CAUSAL], ids=["all", "causal"])
def test_attention_is_a_weighted_mean_for_each_head(mask: Any) -> None:
    expected = by_definition(True if mask is None else mask)
    np.testing.assert_allclose(LAYER(X, X, X, mask), expected, rtol=1e-4, atol=1e-6)


def test_what_is_masked_has_no_influence() -> None:
    other = X.at[2].set(100.0)
    np.testing.assert_allclose(LAYER(X, X, X, CAUSAL)[:2], LAYER(other, other, other, CAUSAL)[:2])


def test_each_head_may_have_its_own_mask() -> None:
    both = LAYER(X, X, X, jnp.stack([CAUSAL, CAUSAL]))
    np.testing.assert_array_equal(both, LAYER(X, X, X, CAUSAL))


def test_half_precision_sums_in_single() -> None:
    long = jnp.zeros((5000, 4), jnp.bfloat16)
    values = jnp.ones((5000, 4), jnp.bfloat16)
    layer = jax.tree_util.tree_map(
        lambda leaf: leaf.astype(jnp.bfloat16) if eqx.is_array(leaf) else leaf, LAYER
    )
    out = layer(long[:1], long, values).astype(jnp.float32)
    expected = LAYER(jnp.zeros((1, 4)), jnp.zeros((1, 4)), jnp.ones((1, 4)))
    np.testing.assert_allclose(out, expected, rtol=0.05, atol=0.01)


def test_dropout_needs_a_key_and_is_off_in_inference() -> None:
    with pytest.raises(RuntimeError, match=r"requires a key.*`inference_mode\(model\)`"):
        DROPS(X, X, X)
    off = eqx.nn.inference_mode(DROPS)
    np.testing.assert_array_equal(off(X, X, X), LAYER(X, X, X))
    assert not jnp.allclose(DROPS(X, X, X, key=KEY), LAYER(X, X, X))
    assert not jnp.allclose(off(X, X, X, key=KEY, inference=False), LAYER(X, X, X))


def test_the_deprecated_name_warns_where_it_is_used() -> None:
    with pytest.warns(UserWarning, match=r"MultiheadAttention\(\)\(inference=") as caught:
        DROPS(X, X, X, deterministic=True)
    assert caught[0].filename == __file__


def test_attention_to_nothing_is_nothing() -> None:
    assert LAYER(X, X[:0], X[:0]).tolist() == [[0.0] * 4] * 3
    assert LAYER(X[:0], X, X).shape == (0, 4)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: LAYER(X[None], X[None], X[None]), ValueError,
         r"with `query_size=4` as `query`.*`\(1, 3, 4\)`.*`jax\.vmap\(layer\)"),
        (lambda: LAYER(X, X[:, :3], X), TypeError, r"`key_size=4` as `key_`.*`\(3, 3\)`"),
        (lambda: LAYER(X, X, X[:, :3]), TypeError, r"`value_size=4` as `value`.*`\(3, 3\)`"),
        (lambda: LAYER(X, X, X[:2]), ValueError, r"`\(3, 4\)`.*`\(2, 4\)`.*equal length"),
        (lambda: LAYER(X, X, X, jnp.ones((1, 3, 3), bool)), ValueError,
         r"`mask`.*`\(3, 3\)`, or.*`\(2, 3, 3\)`.*`\(1, 3, 3\)`.*broadcast_to"),
        (lambda: LAYER(X, X, X, True), TypeError, r"`mask`.*was given a `bool`"),
        (lambda: LAYER(X, X, X, process_heads=lambda q, k, v: (q, k, v[:2])), ValueError,
         r"`process_heads` must not change.*the value.*`\(3, 2, 2\)`.*`\(2, 2, 2\)`"),
        (lambda: LAYER(X, X, X, process_heads=lambda q, k, v: (q, k)), ValueError,
         r"`process_heads` must return a tuple of three.*f32\[3,2,2\], f32\[3,2,2\]"),
        (lambda: LAYER(X, X, X, process_heads=lambda q, k, v: None), TypeError, "returned None"),
        (lambda: eqx.nn.MultiheadAttention(0, 4, key=KEY), ValueError, r"num_heads=0.*at least 1"),
        (lambda: eqx.nn.MultiheadAttention(2, 4.0, key=KEY), TypeError, r"query_size=4\.0"),
        (lambda: eqx.nn.MultiheadAttention(2, 4, key=None), TypeError,
         r"`MultiheadAttention\(key=None\)`.*`key=jax\.random\.key\(0\)`"),
    ],
)  # fmt: skip
def test_misuse_is_named(call: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        call()
