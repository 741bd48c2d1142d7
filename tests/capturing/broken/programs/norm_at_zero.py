"""Multidimensional scaling: points in the plane are to have given distances."""
import jax
import jax.numpy as jnp
import numpy as np

rng = np.random.default_rng(2)
truth = rng.normal(size=(12, 2))


def distance(a, b):
    difference = a - b
    return jnp.sqrt(jnp.sum(difference**2, axis=-1))


def stress(points, i, j, wanted):
    return jnp.mean((distance(points[i], points[j]) - wanted) ** 2)


@jax.jit
def update(points, i, j, wanted):
    value, gradient = jax.value_and_grad(stress)(points, i, j, wanted)
    return points - 0.8 * gradient, value


points = jnp.asarray(rng.normal(size=(12, 2)), jnp.float32)
for n in range(40):
    i = rng.integers(0, 12, 20)
    j = (i + rng.integers(1, 12, 20)) % 12
    if n == 22:
        j[3] = i[3]  # a pair of a point with itself
    wanted = np.linalg.norm(truth[i] - truth[j], axis=1).astype(np.float32)
    points, value = update(points, i, j, wanted)
    print(n, value)
