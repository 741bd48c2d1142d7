import jax.numpy as jnp

import eqxcore as eqx


@eqx.filter_jit
def clip(x, limit):
    norm = jnp.sqrt(x @ x)
    factor = jnp.where(norm > limit, limit / norm, 1.0)
    return factor * x


print(clip(jnp.asarray([3.0, 4.0]), 1.0))
print(clip(jnp.asarray([0.3, 0.4]), 1.0))
