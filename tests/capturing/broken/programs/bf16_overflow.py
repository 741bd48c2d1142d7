"""A small network in bfloat16 with a softplus written by hand."""
import jax
import jax.numpy as jnp
import numpy as np

LAYERS = (6, 16, 1)


def init(key):
    keys = jax.random.split(key, len(LAYERS) - 1)
    return [jax.random.normal(k, (m, n), jnp.bfloat16) * 0.3 for k, m, n in zip(keys, LAYERS, LAYERS[1:])]


def softplus(x):
    return jnp.log(1 + jnp.exp(x))


def apply(params, x):
    for w in params:
        x = softplus(x @ w)
    return x[:, 0]


@jax.jit
def step(params, x, y):
    def loss_fn(params):
        return jnp.mean((apply(params, x) - y).astype(jnp.float32) ** 2)

    loss, grads = jax.value_and_grad(loss_fn)(params)
    return jax.tree.map(lambda p, g: p - jnp.bfloat16(0.01) * g, params, grads), loss


rng = np.random.default_rng(10)
params = init(jax.random.PRNGKey(0))
for i in range(24):
    x = rng.normal(size=(8, 6))
    y = np.abs(x).sum(1)
    if i == 13:
        x[4] *= 400
    params, loss = step(params, jnp.asarray(x, jnp.bfloat16), jnp.asarray(y, jnp.bfloat16))
    print(i, loss)
