# says: `layers[2]` of the result differs
import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def new_head(model, n_out, key):
    old = model.layers[2]
    return eqx.tree_at(lambda m: m.layers[2], model, eqx.nn.Linear(old.in_features, n_out, key=key))
