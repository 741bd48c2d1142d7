"""Jitted helpers that call jitted helpers: a geometric mean two levels down."""
import jax
import jax.numpy as jnp
import numpy as np


@jax.jit
def log_mean(x):
    logs = jnp.log(x)
    return logs.mean(axis=-1)


@jax.jit
def geometric_mean(x):
    return jnp.exp(log_mean(x))


def loss_fn(w, x, y):
    return jnp.mean((geometric_mean(x * w**2) - y) ** 2)


@jax.jit
def update(w, x, y):
    loss, g = jax.value_and_grad(loss_fn)(w, x, y)
    return w - 0.05 * g, loss


rng = np.random.default_rng(42)
w = jnp.ones(4)
for n in range(21):
    x = rng.uniform(0.5, 2, (9, 4)).astype(np.float32)
    y = geometric_mean(x)
    if n == 16:
        x[1, 2] = -0.5
    w, loss = update(w, x, y)
    print(n, loss)
