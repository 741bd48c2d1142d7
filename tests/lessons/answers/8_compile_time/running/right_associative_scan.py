import jax
import jax.numpy as jnp


def running_max(xs):
    return jax.lax.associative_scan(jnp.maximum, xs)
