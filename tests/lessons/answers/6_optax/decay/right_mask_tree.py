import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx


def make_optimiser(model):
    params = eqx.filter(model, eqx.is_inexact_array)
    mask = jax.tree.map(lambda leaf: leaf.ndim > 1, params)
    return optax.chain(optax.add_decayed_weights(0.1, mask), optax.sgd(0.1))
