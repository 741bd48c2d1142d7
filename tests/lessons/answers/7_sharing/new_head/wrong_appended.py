# says: returned 4 layers, place
import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def new_head(model, n_out, key):
    return eqx.nn.Sequential([*model.layers, eqx.nn.Linear(2, n_out, key=key)])
