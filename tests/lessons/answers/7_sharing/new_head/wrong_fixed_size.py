# says: shape (7, 8), (7, 5)
import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def new_head(model, n_out, key):
    return eqx.tree_at(lambda m: m.layers[-1], model, eqx.nn.Linear(8, n_out, key=key))
