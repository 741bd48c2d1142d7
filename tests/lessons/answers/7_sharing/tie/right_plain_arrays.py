import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class Autoencoder(eqx.Module):
    parameters: dict

    def __init__(self, key):
        self.parameters = {"w": jr.normal(key, (8, 3)) / 3, "a": jnp.zeros(3), "b": jnp.zeros(8)}

    def __call__(self, x):
        w, a, b = (self.parameters[name] for name in "wab")
        return w @ jnp.tanh(x @ w + a) + b
