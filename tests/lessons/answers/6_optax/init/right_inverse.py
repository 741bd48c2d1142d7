import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx

optim = optax.adam(0.01)


def is_other(leaf):
    return not eqx.is_inexact_array(leaf)


@eqx.filter_jit
def start(model):
    return optim.init(eqx.filter(model, is_other, inverse=True))
