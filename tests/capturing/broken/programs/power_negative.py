"""Inverse distance weighting with a learned scale; one query lies on a data point."""
import jax
import jax.numpy as jnp
import numpy as np

rng = np.random.default_rng(23)
sites = rng.uniform(size=(15, 2)).astype(np.float32)
heights = np.sin(4 * sites[:, 0]) + sites[:, 1]


def interpolate(params, query):
    squared = jnp.sum((query - sites) ** 2, axis=-1)
    weights = squared**-2
    return jnp.sum(weights * params["height"]) / jnp.sum(weights)


def loss_fn(params, queries, values):
    predictions = jax.vmap(interpolate, in_axes=(None, 0))(params, queries)
    return jnp.mean((predictions - values) ** 2)


@jax.jit
def update(params, queries, values):
    loss, grads = jax.value_and_grad(loss_fn)(params, queries, values)
    return jax.tree.map(lambda p, g: p - 0.2 * g, params, grads), loss


params = {"height": jnp.zeros(15)}
for i in range(40):
    queries = rng.uniform(size=(10, 2)).astype(np.float32)
    if i == 30:
        queries[7] = sites[4]
    params, loss = update(params, queries, np.sin(4 * queries[:, 0]) + queries[:, 1])
    print(i, loss)
