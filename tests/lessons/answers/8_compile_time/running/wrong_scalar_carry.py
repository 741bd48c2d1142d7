# says: failed, like the one it gets
import jax
import jax.numpy as jnp


def running_max(xs):
    def body(largest, x):
        largest = jnp.maximum(largest, x)
        return largest, largest

    return jax.lax.scan(body, jnp.array(-100, xs.dtype), xs)[1]
