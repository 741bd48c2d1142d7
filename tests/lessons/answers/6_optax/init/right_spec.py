import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx

optim = optax.adam(0.01)


def start(model):
    spec = jax.tree.map(eqx.is_inexact_array, model)
    return optax.adam(0.01).init(eqx.filter(model, spec))
