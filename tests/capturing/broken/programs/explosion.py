"""Gradient descent with twice the stable rate: the weights grow until a square overflows."""
import jax
import jax.numpy as jnp
import numpy as np


def energy(w, stiffness):
    return 0.5 * jnp.sum(stiffness * w**2)


def make_update(rate):
    def update(w, stiffness):
        value, g = jax.value_and_grad(energy)(w, stiffness)
        return w - rate * g, value

    return jax.jit(update)


stiffness = np.array([1.0, 4.0, 16.0], np.float32)
update = make_update(rate=1.0625)
w = jnp.ones(3)
for step in range(60):
    w, value = update(w, stiffness)
    print(step, value)
