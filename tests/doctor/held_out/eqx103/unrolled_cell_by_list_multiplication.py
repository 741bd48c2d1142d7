import jax
import jax.numpy as jnp


def init_cell(key, n_in, n_hidden):
    x_key, h_key = jax.random.split(key)
    return {
        "x": jax.random.normal(x_key, (n_in, n_hidden)),
        "h": jax.random.orthogonal(h_key, n_hidden),
        "b": jnp.zeros(n_hidden),
    }


def forecast(params, window):
    hidden = jnp.zeros(6)
    for cell, value in zip(params["cells"], window):
        hidden = jnp.tanh(value[None] @ cell["x"] + hidden @ cell["h"] + cell["b"])
    return (hidden @ params["readout"])[0]


def loss_fn(params, windows, targets):
    predicted = jax.vmap(forecast, in_axes=(None, 0))(params, windows)
    return jnp.mean((predicted - targets) ** 2)


@jax.jit
def descend(params, windows, targets, rate=0.05):
    loss, grads = jax.value_and_grad(loss_fn)(params, windows, targets)
    return jax.tree.map(lambda p, g: p - rate * g, params, grads), loss


series = jnp.sin(0.4 * jnp.arange(100)) + 0.3 * jnp.sin(1.1 * jnp.arange(100))
windows = jnp.stack([series[i : i + 96] for i in range(4)], axis=1)
targets = series[4:]

cell_key, out_key = jax.random.split(jax.random.key(0))
cells = [init_cell(cell_key, 1, 6)] * 4
params = {"cells": cells, "readout": 0.1 * jax.random.normal(out_key, (6, 1))}
for _ in range(40):
    params, loss = descend(params, windows, targets)
print(loss)
