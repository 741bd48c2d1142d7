# says: integer arrays
import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx

optim = optax.adam(0.01)


def start(model):
    return optim.init(jax.tree.map(lambda leaf: jnp.asarray(leaf) if eqx.is_array(leaf) else None, model))
