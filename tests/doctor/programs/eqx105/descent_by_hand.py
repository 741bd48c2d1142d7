import jax
import jax.numpy as jnp

LEARNING_RATE = 0.1


def init(key, sizes):
    params = {}
    for i, (n_in, n_out) in enumerate(zip(sizes[:-1], sizes[1:])):
        key, sub = jax.random.split(key)
        params[f"layer{i}"] = {
            "w": jax.random.normal(sub, (n_in, n_out)) / jnp.sqrt(n_in),
            "b": jnp.zeros(n_out),
        }
    return params


def predict(params, x):
    x = jnp.tanh(x @ params["layer0"]["w"] + params["layer0"]["b"])
    x = jnp.tanh(x @ params["layer1"]["w"] + params["layer1"]["b"])
    return x @ params["layer2"]["w"] + params["layer2"]["b"]


def loss(params, x, y):
    return jnp.mean((predict(params, x) - y) ** 2)


def fit(params, x, y, n_steps):
    grad = jax.jit(jax.grad(loss))
    for _ in range(n_steps):
        g = grad(params, x, y)
        params = jax.tree_util.tree_map(lambda p, d: p - LEARNING_RATE * d, params, g)
    return params


x = jnp.linspace(-2, 2, 64)[:, None]
y = x**3 - x
params = fit(init(jax.random.PRNGKey(2), [1, 24, 24, 1]), x, y, 40)
print("mean squared error", loss(params, x, y))
