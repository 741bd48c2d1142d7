import jax
import jax.numpy as jnp


def similarity(u, v):
    return jnp.exp(-jnp.sum((u - v) ** 2))


def table(us, vs):
    return jax.lax.map(lambda u: jax.vmap(lambda v: similarity(u, v))(vs), us)
