from collections.abc import Callable

import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class Model(eqx.Module):
    layers: list
    gain: jax.Array
    activation: Callable


def is_linear(node):
    return isinstance(node, eqx.nn.Linear)


def split(model):
    return eqx.partition(
        model, lambda leaf: eqx.is_array(leaf) and leaf.ndim == 1
    )


first_key, last_key = jr.split(jr.key(0))
layers = [
    eqx.nn.Linear(2, 4, key=first_key),
    eqx.nn.Linear(4, 4, key=last_key),
]
model = Model(layers, jnp.ones(4), jax.nn.relu)
biases, rest = split(model)
print(len(jax.tree.leaves(biases)), "biases")
