# says: last weight has shape (2, 5), (7, 5)
import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def new_head(model, n_out, key):
    return model


keys = jr.split(jr.key(0), 3)
old = eqx.nn.Sequential(
    [
        eqx.nn.Linear(4, 8, key=keys[0]),
        eqx.nn.Lambda(jax.nn.relu),
        eqx.nn.Linear(8, 2, key=keys[1]),
    ]
)
model = new_head(old, 10, keys[2])
print(old(jnp.ones(4)).shape, "->", model(jnp.ones(4)).shape)
