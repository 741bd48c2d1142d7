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
        made = [Block(width, each) for each in jr.split(key, depth)]
        self.blocks = jax.tree.map(
            lambda *leaves: jnp.stack(leaves) if eqx.is_array(leaves[0]) else leaves[0], *made
        )

    @eqx.filter_jit
    def __call__(self, x):
        arrays, static = eqx.partition(self.blocks, eqx.is_array)
        return jax.lax.scan(lambda x, part: (eqx.combine(part, static)(x), None), x, arrays)[0]
