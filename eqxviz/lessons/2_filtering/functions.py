import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

import eqxcore as eqx

FILTERS = [
    eqx.is_array,
    eqx.is_inexact_array,
    eqx.is_array_like,
    eqx.is_inexact_array_like,
]
LEAVES = {
    "jnp.ones(2)": jnp.ones(2),
    "np.ones(2)": np.ones(2),
    "jnp.arange(2)": jnp.arange(2),
    "jr.key(0)": jr.key(0),
    "2.0": 2.0,
    "2": 2,
    "'name'": "name",
    "jax.nn.relu": jax.nn.relu,
}

for name, leaf in LEAVES.items():
    print(
        f"{name:>14}", *(f"{found(leaf)!s:>6}" for found in FILTERS)
    )
