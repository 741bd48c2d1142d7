# says: could not be called, (5, 3)
import jax
import jax.numpy as jnp


def similarity(u, v):
    return jnp.exp(-jnp.sum((u - v) ** 2))


def table(us, vs):
    return jax.vmap(similarity)(us, vs)
