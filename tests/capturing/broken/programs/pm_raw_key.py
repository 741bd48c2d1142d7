"""After a restart the key comes from a checkpoint, as two uint32, where a typed key is wanted."""
import jax
import jax.numpy as jnp
import numpy as np


def augment(key, x, fresh):
    key = jnp.where(fresh, jax.random.key(0), key)
    key, use = jax.random.split(key)
    return key, x + 0.1 * jax.random.normal(use, x.shape)


@jax.jit
def step(w, key, x, fresh):
    key, noisy = augment(key, x, fresh)
    loss, g = jax.value_and_grad(lambda w: jnp.mean((noisy @ w - x[:, 0]) ** 2))(w)
    return w - 0.1 * g, key, loss


def save(key):
    return np.asarray(jax.random.key_data(key))


rng = np.random.default_rng(4)
w, key = jnp.zeros(3), jax.random.key(7)
for i in range(20):
    if i == 12:
        key = jnp.asarray(save(key))  # "restored"
    w, key, loss = step(w, key, rng.normal(size=(8, 3)).astype(np.float32), i == 0)
    print(i, loss)
