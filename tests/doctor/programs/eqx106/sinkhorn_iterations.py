import functools

import jax
import jax.numpy as jnp
from jax.scipy.special import logsumexp


@functools.partial(jax.jit, static_argnames=("n_iterations",))
def sinkhorn_cost(x, y, epsilon, n_iterations=25):
    cost = jnp.sum((x[:, None, :] - y[None, :, :]) ** 2, axis=-1)
    log_a = jnp.full(len(x), -jnp.log(len(x)))
    log_b = jnp.full(len(y), -jnp.log(len(y)))
    f = jnp.zeros(len(x))
    g = jnp.zeros(len(y))
    i = 0
    while i < n_iterations:
        f = epsilon * (log_a - logsumexp((g[None, :] - cost) / epsilon, axis=1))
        g = epsilon * (log_b - logsumexp((f[:, None] - cost) / epsilon, axis=0))
        i += 1
    plan = jnp.exp((f[:, None] + g[None, :] - cost) / epsilon)
    return jnp.sum(plan * cost)


key_x, key_y = jax.random.split(jax.random.PRNGKey(3))
x = jax.random.normal(key_x, (20, 2))
clouds = jax.random.normal(key_y, (6, 30, 2)) + jnp.arange(6.0)[:, None, None]

costs = [sinkhorn_cost(x, cloud, 0.5) for cloud in clouds]
print("transport costs", [round(c.item(), 3) for c in costs])
