from collections.abc import Callable

import jax
import jax.numpy as jnp

import eqxcore as eqx


class Model(eqx.Module):
    weight: jax.Array
    order: jax.Array
    activation: Callable


model = Model(jnp.ones((2, 3)), jnp.arange(3), jax.nn.relu)
params, static = eqx.partition(model, eqx.is_array)

print("params:", params)
print("static:", static)
