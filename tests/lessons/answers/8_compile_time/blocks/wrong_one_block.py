# says: (5, 5), (4, 5, 5)
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
    depth: int

    def __init__(self, depth, width, key):
        self.blocks = Block(width, key)
        self.depth = depth

    def __call__(self, x):
        return jax.lax.fori_loop(0, self.depth, lambda _, x: self.blocks(x), x)
