# says: floating-point numbers, which leaves
import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx

optim = optax.adam(0.01)


def start(model):
    return optim.init(jax.tree.map(lambda leaf: leaf if eqx.is_inexact_array(leaf) and leaf.ndim == 2 else None, model))
