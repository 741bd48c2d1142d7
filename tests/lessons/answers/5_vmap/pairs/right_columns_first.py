import jax
import jax.numpy as jnp


def similarity(u, v):
    return jnp.exp(-jnp.sum((u - v) ** 2))


table = jax.vmap(jax.vmap(similarity, in_axes=(0, None)), in_axes=(None, 0), out_axes=1)
