import jax
import jax.numpy as jnp
import jax.random as jr


def augment(signals, key):
    """Each signal shifted in time, and all scaled by up to a tenth."""
    shift_key, scale_key = jr.split(key)
    shifts = jr.randint(shift_key, (signals.shape[0],), -3, 4)
    scales = jr.uniform(scale_key, (signals.shape[0], 1), minval=0.9, maxval=1.1)
    return jax.vmap(jnp.roll)(signals, shifts) * scales
