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
    blocks: list

    def __init__(self, depth, width, key):
        self.blocks = [
            Block(width, key) for key in jr.split(key, depth)
        ]

    def __call__(self, x):
        for block in self.blocks:
            x = block(x)
        return x


model = Deep(6, 8, jr.key(0))
jaxpr = jax.make_jaxpr(model)(jnp.ones(8))
print("equations:", len(jaxpr.eqns))
