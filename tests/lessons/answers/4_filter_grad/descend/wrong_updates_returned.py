# says: model.weight, formula
import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def descend(model, gradients, rate):
    return jax.tree.map(lambda g: -rate * g, gradients)


@eqx.filter_value_and_grad
def loss_and_gradients(model, x):
    return jnp.sum(model(x) ** 2)


model = eqx.nn.MLP(in_size=2, out_size=1, width_size=4, depth=1, key=jr.key(0))
