import jax
import jax.numpy as jnp

import eqxcore as eqx


class Affine(eqx.Module):
    weight: jax.Array
    bias: jax.Array

    def __init__(self, in_size, width):
        self.weight = jnp.ones((width, in_size))
        self.bias = jnp.zeros(width)

    def __call__(self, x):
        return self.weight @ x + self.bias


width = 3
model = Affine(2, width)

print([leaf.shape for leaf in jax.tree.leaves(model)])
