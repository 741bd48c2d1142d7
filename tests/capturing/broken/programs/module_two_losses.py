"""The losses that module_two.py trains with."""
import jax.numpy as jnp


def smooth_l1(error):
    return jnp.where(jnp.abs(error) < 1, 0.5 * error**2, jnp.abs(error) - 0.5)


def relative(prediction, truth):
    ratio = prediction / truth
    return jnp.abs(ratio - 1)


def total(prediction, truth, weight=0.1):
    return jnp.mean(smooth_l1(prediction - truth) + weight * relative(prediction, truth))
