# says: weight, multiplied by 1.0000
import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx


def make_optimiser(model):
    return optax.sgd(0.1)
