# says: integer array, 3 integer arrays
import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx

optim = optax.adam(0.01)


def start(model):
    return optim.init(eqx.filter(model, eqx.is_array))
