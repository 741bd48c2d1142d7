"""The parameters were donated, and are used again for an average."""
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np


@partial(jax.jit, donate_argnums=0)
def step(params, x, y):
    loss, grads = jax.value_and_grad(lambda p: jnp.mean((x @ p["w"] + p["b"] - y) ** 2))(params)
    return jax.tree.map(lambda p, g: p - 0.1 * g, params, grads), loss


params = {"w": jnp.zeros(3), "b": jnp.zeros(())}
best = params
best_loss = np.inf
for i in range(20):
    x = np.random.default_rng(i).normal(size=(8, 3)).astype(np.float32)
    before = params
    params, loss = step(params, x, x[:, 0])
    if i == 7:
        best = jax.tree.map(lambda a, b: (a + b) / 2, before, params)
    print(i, loss)
