import jax
import jax.numpy as jnp
import jax.random as jr


def similarity(u, v):
    """Return 1 for equal vectors, and less the further apart."""
    return jnp.exp(-jnp.sum((u - v) ** 2))


@jax.jit
def table(us, vs):
    return jnp.stack(
        [jnp.stack([similarity(u, v) for v in vs]) for u in us]
    )


us = jr.normal(jr.key(0), (3, 2))
vs = jr.normal(jr.key(1), (4, 2))
print(table(us, vs).shape)
