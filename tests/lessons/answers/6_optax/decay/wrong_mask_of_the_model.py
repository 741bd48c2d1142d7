# says: failed, structure of the parameters
import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx


def make_optimiser(model):
    mask = jax.tree.map(lambda leaf: leaf.ndim >= 2, model)
    return optax.chain(optax.add_decayed_weights(0.1, mask), optax.sgd(0.1))
