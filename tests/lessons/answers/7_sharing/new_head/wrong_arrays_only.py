# says: out_features, still 2
import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def new_head(model, n_out, key):
    new = eqx.nn.Linear(model.layers[-1].in_features, n_out, key=key)
    return eqx.tree_at(
        lambda m: (m.layers[-1].weight, m.layers[-1].bias), model, (new.weight, new.bias)
    )
