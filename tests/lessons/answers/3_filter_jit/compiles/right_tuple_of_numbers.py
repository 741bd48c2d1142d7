import jax.numpy as jnp

import eqxcore as eqx


@eqx.filter_jit
def scale(x, factor):
    return factor * x


x = jnp.ones(3)
calls = [
    (x, 2.0),
    (x + 1, 2.0),
    (x, 3.0),
    (jnp.ones(4), 3.0),
    (x, jnp.asarray(3.0)),
    (x, jnp.asarray(4.0)),
    (jnp.arange(3), 2.0),
    (jnp.zeros(4), 3.0),
]
compiles = (1, 0, 1, 1, 1, 0, 1, 0)

for arguments in calls:
    scale(*arguments)
