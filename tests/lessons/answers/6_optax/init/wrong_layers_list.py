# says: failed, an integer array
import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx

optim = optax.adam(0.01)


def start(model):
    if isinstance(model, eqx.nn.MLP):
        return optim.init([[layer.weight, layer.bias] for layer in model.layers])
    return optim.init(model)
