# says: changed the model that it was given
import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def new_head(model, n_out, key):
    head = eqx.nn.Linear(model.layers[-1].in_features, n_out, key=key)
    object.__setattr__(model, "layers", (*model.layers[:-1], head))
    return model
