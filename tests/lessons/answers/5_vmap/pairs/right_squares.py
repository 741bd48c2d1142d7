import jax.numpy as jnp


def table(us, vs):
    squares = (us**2).sum(1)[:, None] + (vs**2).sum(1) - 2 * us @ vs.T
    return jnp.exp(-squares)
