# says: norm of `x`
import jax.numpy as jnp

import eqxcore as eqx


@eqx.filter_jit
def clip(x, limit):
    norm = jnp.sum(x**2)
    return jnp.where(norm > limit, x * (limit / norm), x)


print(clip(jnp.asarray([3.0, 4.0]), 1.0))
print(clip(jnp.asarray([0.3, 0.4]), 1.0))
