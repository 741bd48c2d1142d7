import jax.numpy as jnp

import eqxcore as eqx


@eqx.filter_jit
def clip(x, limit):
    norm = jnp.linalg.norm(x)
    if norm > limit:
        return x * (limit / norm)
    return x


print(clip(jnp.asarray([3.0, 4.0]), 1.0))
print(clip(jnp.asarray([0.3, 0.4]), 1.0))
