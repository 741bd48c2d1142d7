import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


@eqx.filter_jit
def new_head(model, n_out, key):
    head = eqx.nn.Linear(model[-1].in_features, n_out, key=key)
    layers = tuple(model[i] for i in range(len(model) - 1))
    return eqx.nn.Sequential(layers + (head,))
