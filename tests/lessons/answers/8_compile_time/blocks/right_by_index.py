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
    depth: int = eqx.field(static=True)

    def __init__(self, depth, width, key):
        self.depth = depth
        self.blocks = eqx.filter_vmap(Block, in_axes=(None, 0))(width, jr.split(key, depth))

    def __call__(self, x):
        def body(i, x):
            block = jax.tree.map(lambda leaf: leaf[i] if eqx.is_array(leaf) else leaf, self.blocks)
            return block(x)

        return jax.lax.fori_loop(0, self.depth, body, x)
