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
        keys = jax.vmap(lambda i: jr.fold_in(key, i))(jnp.arange(depth))
        weights = jax.vmap(lambda key: jr.normal(key, (width, width)) / width)(keys)
        self.blocks = eqx.tree_at(
            lambda block: (block.linear.weight, block.linear.bias),
            one,
            (weights, jnp.zeros((depth, width))),
        )

    def __call__(self, x):
        def body(x, both):
            weight, bias = both
            return x + self.blocks.activation(weight @ x + bias), None

        return jax.lax.scan(body, x, (self.blocks.linear.weight, self.blocks.linear.bias))[0]
