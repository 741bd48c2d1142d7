"""Losses of masked sequences are NaN on purpose and averaged with nanmean."""
import jax
import jax.numpy as jnp
import numpy as np


def errors(w, x, y, valid):
    error = (x @ w - y) ** 2
    return jnp.where(valid, error, jnp.nan)


@jax.jit
def step(w, x, y, valid):
    loss, g = jax.value_and_grad(lambda w: jnp.nanmean(errors(w, x, y, valid)))(w)
    return w - 0.1 * g, loss, jnp.nanmax(errors(w, x, y, valid))


rng = np.random.default_rng(85)
w = jnp.zeros(3)
for i in range(25):
    x = rng.normal(size=(10, 3)).astype(np.float32)
    w, loss, worst = step(w, x, x[:, 1], rng.random(10) < 0.6)
    print(i, loss, worst)
