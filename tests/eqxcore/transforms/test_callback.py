"""Callbacks from compiled functions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import eqxcore

X = jnp.arange(3.0)
LIKE_X = jax.ShapeDtypeStruct((3,), jnp.float32)


def call(result, expected, x=X, **options):
    def given(x):
        return result

    return eqxcore.filter_jit(
        lambda x: eqxcore.filter_pure_callback(given, x, result_shape_dtypes=expected, **options)
    )(x)


def test_a_result_of_another_structure_is_shown():
    with pytest.raises(RuntimeError, match=r"(?s)`given` returned.*\[.*'a': f32\[3\]"):
        call([np.ones(3)], {"a": LIKE_X}).block_until_ready()


def test_a_static_result_that_differs_is_named():
    with pytest.raises(RuntimeError, match=r"`given` returned 'other'.*\['name'\]` is 'text'"):
        jax.block_until_ready(
            call({"a": np.ones(3, np.float32), "name": "other"}, {"a": LIKE_X, "name": "text"})
        )


def test_a_number_will_do_for_an_array_without_axes():
    assert call(3.0, jax.ShapeDtypeStruct((), jnp.float32)) == 3.0


def test_the_old_name_of_the_vmap_method_still_says_it():
    shapes = []

    def double(x):
        shapes.append(x.shape)
        return 2 * np.asarray(x)

    def one(vectorized):
        return lambda x: eqxcore.filter_pure_callback(
            double,
            x,
            result_shape_dtypes=jax.ShapeDtypeStruct((), jnp.float32),
            vectorized=vectorized,
        )

    for vectorized in (True, False):
        assert jax.vmap(one(vectorized))(X).tolist() == [0.0, 2.0, 4.0]
    assert shapes == [(3,), (), (), ()]
    with pytest.raises(ValueError, match="vmap_method='sequential' and vectorized=True"):
        call(1, LIKE_X, vmap_method="sequential", vectorized=True)
