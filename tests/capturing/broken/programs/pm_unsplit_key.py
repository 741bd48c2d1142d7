"""One old-style key is vmapped over as if it were a batch of keys."""
import jax
import jax.numpy as jnp
import numpy as np


def sample(params, x, key):
    noise = jax.random.normal(key, x.shape)
    return jnp.dot(params, x + 0.1 * noise)


@jax.jit
def step(params, x, y, key):
    def loss_fn(params):
        out = jax.vmap(sample, in_axes=(None, 0, 0))(params, x, key)
        return jnp.mean((out - y) ** 2)

    loss, g = jax.value_and_grad(loss_fn)(params)
    return params - 0.1 * g, loss


key = jax.random.PRNGKey(0)
params = jnp.zeros(3)
for i in range(25):
    key, use = jax.random.split(key)
    x = np.random.default_rng(i).normal(size=(8, 3)).astype(np.float32)
    keys = jax.random.split(use, len(x))
    if i >= 6:
        keys = use  # the "faster" path
    params, loss = step(params, x, x[:, 0], keys)
    print(i, loss)
