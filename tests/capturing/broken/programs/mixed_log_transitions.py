"""Transitions that cannot be have a log of -inf; a variance that turns negative has none at all."""
import jax
import jax.numpy as jnp
import numpy as np


def log_likelihood(params, chances, observed):
    transition = jnp.log(chances)
    begin = jnp.log(jnp.array([1.0, 0.0, 0.0, 0.0]))

    def forward(alpha, x):
        spread = params["spread"]
        emission = -0.5 * (x - params["mean"]) ** 2 / spread - 0.5 * jnp.log(spread)
        reached = jnp.max(alpha[:, None] + transition, axis=0)
        return reached + emission, None

    alpha, _ = jax.lax.scan(forward, begin, observed)
    return jnp.max(alpha)


@jax.jit
def update(params, chances, observed):
    loss, grads = jax.value_and_grad(lambda p: -log_likelihood(p, chances, observed))(params)
    return loss, jax.tree.map(lambda p, g: p - 0.02 * g, params, grads)


rng = np.random.default_rng(112)
params = {"mean": jnp.arange(4.0), "spread": jnp.full(4, 0.4)}
chances = np.array([[0.5, 0.5, 0, 0], [0, 0.5, 0.5, 0], [0, 0, 0.5, 0.5], [0, 0, 0, 1]], np.float32)
for n in range(40):
    observed = np.sort(rng.uniform(-0.2, 3.2, 12)).astype(np.float32)
    loss, params = update(params, chances, observed)
    print(n, loss, params["spread"])
