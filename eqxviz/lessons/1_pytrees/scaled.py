from collections.abc import Callable

import jax
import jax.numpy as jnp

import eqxcore as eqx


class Model(eqx.Module):
    weight: jax.Array
    order: jax.Array
    activation: Callable


def double(leaf):
    return 2 * leaf if eqx.is_array(leaf) else leaf


model = Model(jnp.ones(3), jnp.arange(3), jax.nn.relu)
doubled = jax.tree.map(double, model)

print(doubled.weight, doubled.order)
