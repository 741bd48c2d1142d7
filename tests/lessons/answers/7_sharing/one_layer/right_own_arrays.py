import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class Twice(eqx.Module):
    matrix: jax.Array
    shift: jax.Array

    def __init__(self, key):
        self.matrix = jr.normal(key, (3, 3)) * 0.5
        self.shift = jnp.ones(3)

    def once(self, x):
        return x @ self.matrix + self.shift

    def __call__(self, x):
        return self.once(jnp.tanh(self.once(x)))
