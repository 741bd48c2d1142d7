# says: failed, immutable
import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def new_head(model, n_out, key):
    model.layers[-1] = eqx.nn.Linear(model.layers[-1].in_features, n_out, key=key)
    return model
