"""A normalisation layer whose variance is E[x^2] - E[x]^2."""
import jax
import jax.numpy as jnp
import numpy as np


def normalise(x):
    mean = jnp.mean(x, axis=0)
    variance = jnp.mean(x * x, axis=0) - mean * mean
    scale = jnp.sqrt(variance)
    return (x - mean) / (scale + 1e-5)


def loss_fn(w, x, y):
    return jnp.mean((normalise(x) @ w - y) ** 2)


@jax.jit
def step(w, x, y):
    loss, g = jax.value_and_grad(loss_fn)(w, x, y)
    return w - 0.05 * g, loss


rng = np.random.default_rng(24)
w = jnp.zeros(3)
for i in range(25):
    x = rng.normal(size=(3, 3)).astype(np.float32)
    y = x[:, 0]
    if i == 19:
        x[:, 1] += np.float32(69154)  # seconds since the epoch instead of since noon
    w, loss = step(w, x, y)
    print(i, loss)
