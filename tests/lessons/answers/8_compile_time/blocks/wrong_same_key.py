# says: same initial values, key of its own
from collections.abc import Callable

import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class Block(eqx.Module):
    linear: eqx.nn.Linear
    activation: Callable

    def __init__(self, width, key):
        self.linear = eqx.nn.Linear(width, width, key=key)
        self.activation = jax.nn.tanh

    def __call__(self, x):
        return x + self.activation(self.linear(x))


class Deep(eqx.Module):
    blocks: Block

    def __init__(self, depth, width, key):
        one = Block(width, key)
        self.blocks = jax.tree.map(
            lambda leaf: jnp.stack([leaf] * depth) if eqx.is_array(leaf) else leaf, one
        )

    def __call__(self, x):
        arrays, static = eqx.partition(self.blocks, eqx.is_array)
        return jax.lax.scan(lambda x, part: (eqx.combine(part, static)(x), None), x, arrays)[0]
