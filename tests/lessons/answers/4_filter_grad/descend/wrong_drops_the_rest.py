# says: is gone, activation
import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def descend(model, gradients, rate):
    params = eqx.filter(model, eqx.is_inexact_array)
    return jax.tree.map(lambda p, g: p - rate * g, params, gradients)


@eqx.filter_value_and_grad
def loss_and_gradients(model, x):
    return jnp.sum(model(x) ** 2)


model = eqx.nn.MLP(in_size=2, out_size=1, width_size=4, depth=1, key=jr.key(0))
