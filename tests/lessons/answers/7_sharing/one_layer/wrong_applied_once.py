# says: After 0 updates, used twice
import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class Twice(eqx.Module):
    layer: eqx.nn.Linear

    def __init__(self, key):
        self.layer = eqx.nn.Linear(3, 3, key=key)

    def __call__(self, x):
        return self.layer(x)
