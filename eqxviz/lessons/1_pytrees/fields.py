from collections.abc import Callable

import jax
import jax.numpy as jnp

import eqxcore as eqx


class Model(eqx.Module):
    weight: jax.Array
    order: jax.Array
    activation: Callable
    scale: float
    steps: int
    name: str = eqx.field(static=True)


model = Model(
    weight=jnp.ones((2, 3)),
    order=jnp.arange(3),
    activation=jax.nn.relu,
    scale=2.0,
    steps=4,
    name="fields",
)

print(len(jax.tree.leaves(model)), "leaves")
