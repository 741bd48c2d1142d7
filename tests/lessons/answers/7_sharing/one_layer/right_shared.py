import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class Twice(eqx.Module):
    shared: eqx.nn.Shared

    def __init__(self, key):
        layers = [eqx.nn.Linear(3, 3, key=k) for k in jr.split(key)]
        self.shared = eqx.nn.Shared(layers, where=lambda pair: pair[1], get=lambda pair: pair[0])

    def __call__(self, x):
        first, second = self.shared()
        return second(jnp.tanh(first(x)))
