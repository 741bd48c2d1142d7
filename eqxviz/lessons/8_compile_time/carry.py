import jax
import jax.numpy as jnp


@jax.jit
def total(xs):
    def body(carry, x):
        carry = carry + x
        return carry, carry

    return jax.lax.scan(body, jnp.int32(0), xs)


xs = jnp.array([0.5, 1.0, 2.5])
try:
    print(total(xs))
except TypeError as error:
    print(error)
