# says: failed, what is scanned over
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
        self.blocks = eqx.filter_vmap(lambda key: Block(width, key))(jr.split(key, depth))

    def __call__(self, x):
        arrays, static = eqx.partition(self.blocks, eqx.is_array)

        return jax.lax.scan(lambda x, block: (block(x), None), x, self.blocks)[0]
