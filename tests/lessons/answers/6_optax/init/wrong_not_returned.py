# says: holds 0 floating-point numbers
import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx

optim = optax.adam(0.01)


def start(model):
    optim.init(eqx.filter(model, eqx.is_inexact_array))
