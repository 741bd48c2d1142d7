import jax
import jax.numpy as jnp


@jax.jit
def running_max(xs):
    def body(largest, x):
        largest = jnp.maximum(largest, x)
        return largest, largest

    _, rest = jax.lax.scan(body, xs[0], xs[1:])
    return jnp.concatenate([xs[:1], rest])
