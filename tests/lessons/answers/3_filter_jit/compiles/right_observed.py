import jax.numpy as jnp

import eqxcore as eqx


traces = []


@eqx.filter_jit
def scale(x, factor):
    traces.append(x)
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
compiles = []
for arguments in calls:
    before = len(traces)
    scale(*arguments)
    compiles.append(len(traces) > before)
