"""A square root with a gradient of our own, to have it clipped; the clipping comes too late."""
import jax
import jax.numpy as jnp
import numpy as np


@jax.custom_vjp
def root(x):
    return jnp.sqrt(x)


def root_forward(x):
    y = jnp.sqrt(x)
    return y, (x, y)


def root_backward(kept, g):
    x, y = kept
    slope = y / (2 * x)
    return (jnp.clip(g * slope, -1.0, 1.0),)


root.defvjp(root_forward, root_backward)


def loss_fn(scale, x, y):
    return jnp.mean((root(scale * x) - y) ** 2)


@jax.jit
def fit(scale, x, y):
    loss, g = jax.value_and_grad(loss_fn)(scale, x, y)
    return scale - 0.1 * g, loss


rng = np.random.default_rng(26)
scale = jnp.full(4, 0.5)
for n in range(30):
    x = rng.uniform(0.5, 1.5, (8, 4)).astype(np.float32)
    if n == 25:
        x[2, 1] = 0.0
    scale, loss = fit(scale, x, np.sqrt(np.abs(x)))
print(loss)
