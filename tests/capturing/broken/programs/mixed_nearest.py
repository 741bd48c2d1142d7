"""Distances to what is not there are 1/0, and no minimum; a root of what is negative is in all."""
import jax
import jax.numpy as jnp
import numpy as np


@jax.jit
def evaluate(points, centres, counts):
    missing = 1.0 / counts - 1.0 / jnp.maximum(counts, 1.0)
    squares = ((points[:, None] - centres) ** 2).sum(-1)
    tangents = jnp.sqrt(squares - 0.25) + missing
    nearest = tangents.min(axis=1)
    return {"tangents": tangents, "nearest": nearest}


rng = np.random.default_rng(113)
centres = jnp.asarray(rng.normal(size=(6, 3)) * 30, jnp.float32)
counts = np.array([3, 0, 1, 4, 0, 2], np.float32)
for n in range(12):
    points = rng.normal(size=(9, 3)).astype(np.float32) * 30
    if n == 7:
        points[4] = centres[1] + 0.1
    print(n, evaluate(points, centres, counts)["nearest"].mean())
