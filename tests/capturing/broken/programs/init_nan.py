"""He initialisation by fan-in, for a branch that has no inputs: 1 / sqrt(0)."""
import jax
import jax.numpy as jnp
import numpy as np


def dense(key, fan_in, shape):
    return jax.random.normal(key, shape) * np.float32(np.sqrt(2 / fan_in)) * (fan_in > 0)


def init(key, features, contexts):
    keys = jax.random.split(key, 3)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "features": dense(keys[0], features, (features, 8)),
            "context": dense(keys[1], np.float64(contexts), (8, 8)),
            "out": dense(keys[2], 8, (8,)),
        }


def loss_fn(params, x, y):
    h = jax.nn.relu(x @ params["features"])
    h = h + jax.nn.relu(h @ params["context"])
    return jnp.mean((h @ params["out"] - y) ** 2)


@jax.jit
def step(params, x, y):
    loss, grads = jax.value_and_grad(loss_fn)(params, x, y)
    return jax.tree.map(lambda p, g: p - 0.01 * g, params, grads), loss


rng = np.random.default_rng(51)
params = init(jax.random.PRNGKey(0), features=4, contexts=0)
for i in range(20):
    x = rng.normal(size=(8, 4)).astype(np.float32)
    params, loss = step(params, x, x[:, 0])
    print(i, loss)
