import jax.numpy as jnp


def table(us, vs):
    return jnp.exp(-((us[:, None, :] - vs[None, :, :]) ** 2).sum(-1))
