"""Patches are cut for a batch of eight; the last batch of the epoch has five images."""
import jax
import jax.numpy as jnp
import numpy as np

images = np.random.default_rng(1).normal(size=(61, 8, 8)).astype(np.float32)


def patches(x):
    return x.reshape(8, 4, 16)


def loss_fn(w, x):
    tokens = patches(x)
    return jnp.mean((tokens @ w @ w.T - tokens) ** 2)


@jax.jit
def step(w, x):
    loss, g = jax.value_and_grad(loss_fn)(w, x)
    return w - 0.1 * g, loss


w = 0.1 * jnp.ones((16, 4))
for start in range(0, len(images), 8):
    w, loss = step(w, images[start : start + 8])
    print(start, loss)
