"""Fit a rotation to noisy rotations by the geodesic angle between them."""
import jax
import jax.numpy as jnp
import numpy as np


def rotation(w):
    angle = jnp.sqrt(w @ w)
    x, y, z = w / angle
    k = jnp.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return jnp.eye(3) + jnp.sin(angle) * k + (1 - jnp.cos(angle)) * k @ k


def geodesic(a, b):
    cosine = (jnp.trace(a.T @ b) - 1) / 2
    return jnp.arccos(cosine)


def loss_fn(w, targets):
    return jnp.mean(jax.vmap(lambda t: geodesic(rotation(w), t))(targets))


value_and_grad = jax.value_and_grad(loss_fn)
step = jax.jit(lambda w, targets: (lambda v, g: (w - 0.01 * g, v))(*value_and_grad(w, targets)))

rng = np.random.default_rng(7)
w = jnp.array([0.1, -0.2, 0.3])
for n in range(22):
    noise = 0.5 * rng.normal(size=(6, 3)) + np.array([0.8, 0.1, -0.4])
    targets = np.array(jax.vmap(rotation)(noise.astype(np.float32)))
    if n == 14:
        targets[2] = 1.01 * np.asarray(rotation(w))  # read from a file with few digits
    w, loss = step(w, targets)
print(w, loss)
