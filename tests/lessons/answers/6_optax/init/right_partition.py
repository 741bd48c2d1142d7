import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx

optim = optax.adam(0.01)


def start(model):
    params, static = eqx.partition(model, eqx.is_inexact_array)
    return optim.init(params)
