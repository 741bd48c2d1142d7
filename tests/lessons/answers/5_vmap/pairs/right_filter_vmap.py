import jax.numpy as jnp

import eqxcore as eqx


@eqx.filter_jit
def table(us, vs):
    def row(u):
        return eqx.filter_vmap(lambda v: jnp.exp(-jnp.sum((u - v) ** 2)))(vs)

    return eqx.filter_vmap(row)(us)
