import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax


@dataclasses.dataclass(frozen=True)
class Config:
    points: int = 45
    steps: int = 25
    learning_rate: float = 0.05


def decay(params, t):
    """Two exponentials, as in the discharge of two coupled capacitors."""
    rates = jnp.exp(params["log_rates"])
    return jnp.exp(-t * rates) @ params["amplitudes"]


def weighted_loss(params, t, current, sigma):
    weights = 1.0 / sigma**2
    residuals = optax.huber_loss(decay(params, t), current)
    return jnp.sum(weights * residuals) / jnp.sum(weights)


def fit(config, t, current, sigma):
    optim = optax.adam(config.learning_rate)
    params = {"log_rates": jnp.array([0.0, 1.0]), "amplitudes": jnp.full((2, 1), 0.5)}
    opt_state = optim.init(params)

    @jax.jit
    def step(params, opt_state):
        loss, grads = jax.value_and_grad(weighted_loss)(params, t, current, sigma)
        updates, opt_state = optim.update(grads, opt_state)
        return optax.apply_updates(params, updates), opt_state, loss

    for _ in range(config.steps):
        params, opt_state, loss = step(params, opt_state)
    return params, loss


config = Config()
rng = np.random.default_rng(3)
t = np.linspace(0, 4, config.points, dtype=np.float32)[:, None]
sigma = rng.uniform(0.01, 0.1, size=config.points).astype(np.float32)
current = np.exp(-0.5 * t) + 0.5 * np.exp(-3 * t) + sigma[:, None] * rng.normal(size=t.shape)
params, loss = fit(config, t, current.astype(np.float32), sigma)
print(params, loss)
