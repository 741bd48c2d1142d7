import jax
import jax.numpy as jnp
import numpy as np


def loss_fn(params, x, y):
    hidden = jax.nn.relu(x @ params["w"] + params["b"])
    return jnp.mean((hidden @ params["v"] - y) ** 2)


@jax.jit
def step(params, velocity, x, y, learning_rate, momentum=0.9):
    grads = jax.grad(loss_fn)(params, x, y)
    velocity = jax.tree.map(lambda v, g: momentum * v - learning_rate * g, velocity, grads)
    return jax.tree.map(jnp.add, params, velocity), velocity


def cosine_rate(i, n, peak):
    return peak * 0.5 * (1 + np.cos(np.pi * i / n).item())


def main():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(80, 4)).astype(np.float32)
    y = np.abs(x).sum(axis=1)
    params = {
        "w": jnp.asarray(rng.normal(size=(4, 16)), dtype=jnp.float32),
        "b": jnp.zeros(16),
        "v": jnp.asarray(rng.normal(size=16) / 4, dtype=jnp.float32),
    }
    velocity = jax.tree.map(jnp.zeros_like, params)
    for i in range(30):
        params, velocity = step(params, velocity, x, y, cosine_rate(i, 30, 0.01))
    print("loss", loss_fn(params, x, y))


main()
