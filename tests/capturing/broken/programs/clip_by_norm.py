"""Clipping by the global norm, by hand: all gradients are 0 once, and 0/0 scales them."""
import jax
import jax.numpy as jnp
import numpy as np


def global_norm(tree):
    return jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(tree)))


def clip(grads, limit):
    norm = global_norm(grads)
    scale = jnp.minimum(norm, limit) / norm
    return jax.tree.map(lambda g: g * scale, grads)


def hinge(params, x, y):
    margin = y * (x @ params["w"] + params["b"])
    return jnp.mean(jnp.maximum(0.0, 1.0 - margin))


@jax.jit
def step(params, x, y):
    loss, grads = jax.value_and_grad(hinge)(params, x, y)
    grads = clip(grads, 1.0)
    return jax.tree.map(lambda p, g: p - 0.3 * g, params, grads), loss


rng = np.random.default_rng(71)
params = {"w": jnp.zeros(2), "b": jnp.zeros(())}
for n in range(35):
    y = rng.choice([-1.0, 1.0], 10).astype(np.float32)
    x = 0.3 * y[:, None] + 0.2 * rng.normal(size=(10, 2)).astype(np.float32)
    if n == 29:
        x = 100 * y[:, None] * np.ones((1, 2), np.float32)  # all far on the right side
    params, loss = step(params, x, y)
    print(n, loss)
