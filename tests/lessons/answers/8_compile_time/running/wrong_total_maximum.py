# says: result has shape (), hands out
import jax
import jax.numpy as jnp


def running_max(xs):
    return jax.lax.scan(lambda largest, x: (jnp.maximum(largest, x), None), xs[0], xs)[0]
