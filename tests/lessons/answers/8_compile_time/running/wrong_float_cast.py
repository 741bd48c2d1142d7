# says: dtype float32
import jax
import jax.numpy as jnp


def running_max(xs):
    xs = xs.astype("float32")

    def body(largest, x):
        largest = jnp.maximum(largest, x)
        return largest, largest

    return jax.lax.scan(body, xs[0], xs)[1]
