"""Spectral normalisation by power iteration in a fori_loop; a weight matrix that is nilpotent."""
import jax
import jax.numpy as jnp
import numpy as np


def spectral_norm(w, iterations=6):
    def iterate(_, v):
        v = w @ v
        return v / jnp.max(jnp.abs(v))

    v = jax.lax.fori_loop(0, iterations, iterate, jnp.ones(w.shape[1]))
    return jnp.linalg.norm(w @ v) / jnp.linalg.norm(v)


def loss_fn(w, x, y):
    normal = w / jax.lax.stop_gradient(spectral_norm(w))
    return jnp.mean((x @ normal - y) ** 2)


@jax.jit
def step(w, x, y):
    loss, g = jax.value_and_grad(loss_fn)(w, x, y)
    return w - 0.1 * g, loss


rng = np.random.default_rng(62)
w = jnp.asarray(rng.normal(size=(3, 3)), jnp.float32)
for i in range(21):
    x = rng.normal(size=(10, 3)).astype(np.float32)
    if i == 14:
        w = jnp.array([[0.0, 1.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])  # a loaded, pruned matrix
    w, loss = step(w, x, x)
    print(i, loss)
