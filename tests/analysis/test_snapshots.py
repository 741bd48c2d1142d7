"""A snapshot holds what was there, whatever becomes of the original."""

import jax
import jax.numpy as jnp
import numpy as np

from eqxviz.analysis import snapshot_of


def test_donating_or_changing_the_original_leaves_the_copy():
    host = np.arange(3.0)
    model = {"w": jnp.arange(4.0), "host": host, "key": jax.random.key(3), "n": 5}
    copy, n_bytes = snapshot_of(model)
    assert n_bytes == 16 + 24 + 8
    jax.jit(lambda w: w + 1, donate_argnums=0)(model["w"])
    host[0] = 9
    assert model["w"].is_deleted()
    assert copy["w"].tolist() == [0, 1, 2, 3]
    assert copy["host"].tolist() == [0, 1, 2]
    assert jax.random.key_data(copy["key"]).tolist() == [0, 3]
    assert copy["n"] == 5


def test_what_is_shared_is_copied_once_and_what_is_gone_stays_gone():
    shared, gone = jnp.ones(3), jnp.ones(3)
    gone.delete()
    struct = jax.ShapeDtypeStruct((2,), jnp.float32)
    copy, n_bytes = snapshot_of([shared, shared, gone, struct])
    assert copy[0] is copy[1]
    assert copy[0] is not shared
    assert copy[2] is gone
    assert copy[3] is struct
    assert n_bytes == 12


def test_weak_types_and_dtypes_are_kept_on_the_device_and_in_the_host():
    leaves = [jnp.asarray(1.0), jnp.ones(2, jnp.bfloat16), jnp.ones((), bool)]
    assert leaves[0].weak_type
    copy, _ = snapshot_of(leaves)
    assert [(c.dtype, c.weak_type) for c in copy] == [(x.dtype, x.weak_type) for x in leaves]
    host, _ = snapshot_of(leaves, on_host=True)
    assert [(type(h), h.dtype) for h in host] == [(np.ndarray, x.dtype) for x in leaves]
