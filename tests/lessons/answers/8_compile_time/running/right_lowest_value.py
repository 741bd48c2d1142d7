import jax
import jax.numpy as jnp


def running_max(xs):
    if jnp.issubdtype(xs.dtype, jnp.floating):
        lowest = -jnp.inf
    else:
        lowest = jnp.iinfo(xs.dtype).min
    start = jnp.full(xs.shape[1:], lowest, xs.dtype)

    def body(largest, x):
        largest = jnp.where(x > largest, x, largest)
        return largest, largest

    return jax.lax.scan(body, start, xs)[1]
