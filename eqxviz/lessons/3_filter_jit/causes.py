import jax.numpy as jnp

import eqxcore as eqx


@eqx.filter_jit
def shift(x, by):
    return x + by


x = jnp.ones(3)
shift(x, 1.5)
shift(2 * x, 1.5)
shift(x, 2.5)
shift(jnp.ones(5), 1.5)
shift(jnp.arange(3), 1.5)
shift(x, jnp.asarray(1.5))
shift(x, jnp.asarray(2.5))
