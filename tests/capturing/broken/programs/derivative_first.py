"""The gradient is taken before the value: arccos' derivative is the first to go wrong."""
import jax
import jax.numpy as jnp
import numpy as np


def angle(a, b):
    return jnp.arccos(a @ b)


def mean_angle(direction, others):
    return jnp.mean(jax.vmap(angle, in_axes=(None, 0))(direction, others))


@jax.jit
def turn(direction, others):
    gradient = jax.grad(mean_angle)(direction, others)
    direction = direction - 0.05 * gradient
    direction = direction / jnp.sqrt(direction @ direction)
    return direction, mean_angle(direction, others)


rng = np.random.default_rng(7)
direction = jnp.array([0.6, 0.8])
for n in range(20):
    others = rng.normal(size=(8, 2))
    others /= np.linalg.norm(others, axis=1, keepdims=True) * 1.001
    if n == 7:
        others[1] = 1.05 * np.asarray(direction)
    direction, loss = turn(direction, others.astype(np.float32))
    print(n, loss)
