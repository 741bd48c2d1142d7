import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class Twice(eqx.Module):
    layers: dict

    def __init__(self, key):
        self.layers = {"only": eqx.nn.Linear(3, 3, key=key)}

    def __call__(self, x):
        layer = self.layers["only"]
        first, _ = jax.lax.scan(lambda x, _: (jnp.tanh(layer(x)), None), x, None, length=1)
        return layer(first)
