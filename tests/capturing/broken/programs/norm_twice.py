"""jnp.linalg.norm is called three times with one shape; only the second call is of a zero vector."""
import jax
import jax.numpy as jnp
import numpy as np


def regulariser(w, w0, anchor):
    size = jnp.linalg.norm(w)
    drift = jnp.linalg.norm(w - w0)
    pull = jnp.linalg.norm(w - anchor)
    return 0.1 * size + 0.1 * drift + 0.01 * pull


@jax.jit
def step(w, w0, anchor, x, y):
    def loss_fn(w):
        return jnp.mean((x @ w - y) ** 2) + regulariser(w, w0, anchor)

    loss, g = jax.value_and_grad(loss_fn)(w)
    return w - 0.05 * g, loss


rng = np.random.default_rng(55)
w = jnp.ones(4)
w0, anchor = jnp.zeros(4), 5 * jnp.ones(4)
for i in range(24):
    if i == 12:
        w0 = w  # the reference is refreshed
    x = rng.normal(size=(8, 4)).astype(np.float32)
    w, loss = step(w, w0, anchor, x, x.sum(1))
    print(i, loss)
