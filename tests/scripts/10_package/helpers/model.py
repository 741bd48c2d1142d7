from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp


class EdgeConv(eqx.Module):
    message: eqx.nn.Linear
    update: eqx.nn.Linear
    scale: jax.Array

    def __init__(self, dim_in, dim_out, *, key):
        k1, k2 = jax.random.split(key)
        self.message = eqx.nn.Linear(2 * dim_in, dim_out, key=k1)
        self.update = eqx.nn.Linear(dim_in + dim_out, dim_out, key=k2)
        self.scale = jnp.ones(())

    def __call__(self, x, adj):
        n = x.shape[0]
        pairs = jnp.concatenate([jnp.repeat(x[:, None], n, 1), jnp.repeat(x[None], n, 0)], axis=-1)
        m = jax.nn.relu(jax.vmap(jax.vmap(self.message))(pairs))
        agg = (adj[..., None] * m).sum(1) / jnp.maximum(adj.sum(1, keepdims=True), 1.0)
        return jax.nn.relu(jax.vmap(self.update)(jnp.concatenate([x, self.scale * agg], -1)))


class GraphNet(eqx.Module):
    convs: list[EdgeConv]
    readout: eqx.nn.Linear
    pool: Callable

    def __init__(self, in_dim, hidden, layers, *, key):
        keys = jax.random.split(key, layers + 1)
        dims = [in_dim] + [hidden] * layers
        self.convs = [EdgeConv(i, o, key=k) for i, o, k in zip(dims, dims[1:], keys, strict=False)]
        self.readout = eqx.nn.Linear(hidden, "scalar", key=keys[-1])
        self.pool = jnp.mean

    def __call__(self, x, adj):
        for conv in self.convs:
            x = conv(x, adj)
        return self.readout(self.pool(x, axis=0))
