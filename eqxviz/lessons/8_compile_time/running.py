import jax
import jax.numpy as jnp


@jax.jit
def running_max(xs):
    def body(largest, x):
        largest = jnp.maximum(largest, x)
        return largest, largest

    _, result = jax.lax.scan(body, 0.0, xs)
    return result


print(running_max(jnp.array([0.5, 0.2, 1.5, 1.0])))
