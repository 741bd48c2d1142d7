"""A zero-inflated loss: the log is taken where the count is positive, and yet everywhere."""
import jax
import jax.numpy as jnp
import numpy as np


def safe_log(x):
    return jnp.where(x > 0, jnp.log(x), 0.0)


def predict(params, x):
    return x @ jnp.exp(params["w"])


def loss_fn(params, x, y):
    rate = predict(params, x)
    return jnp.mean(rate - y * safe_log(rate))


def sgd(params, grads, rate):
    return {name: value - rate * grads[name] for name, value in params.items()}


@jax.jit
def step(params, x, y):
    loss, grads = jax.value_and_grad(loss_fn)(params, x, y)
    return sgd(params, grads, 0.01), loss


rng = np.random.default_rng(22)
params = {"w": jnp.zeros(4)}
for i in range(30):
    x = rng.uniform(0, 1, (16, 4)).astype(np.float32)
    if i == 24:
        x[3] = 0.0
    params, loss = step(params, x, rng.poisson(1.5, 16).astype(np.float32))
    print(i, float(loss))
