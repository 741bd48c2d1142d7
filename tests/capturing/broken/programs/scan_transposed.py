"""Survival analysis by a scan over time: the untaken log(0) of iteration 5 spoils the way back."""
import jax
import jax.numpy as jnp
import numpy as np


def survival(rates, died):
    def month(at_risk, inputs):
        rate, dead = inputs
        at_risk = at_risk * (1 - rate)
        surprise = jnp.where(dead > 0, -dead * jnp.log(rate), 0.0)
        return at_risk, surprise - at_risk * 0.01

    _, terms = jax.lax.scan(month, jnp.ones(()), (rates, died))
    return terms.mean()


@jax.jit
def step(theta, exposure, died):
    loss, g = jax.value_and_grad(lambda t: survival(jnp.exp(t) * exposure, died))(theta)
    return theta - 0.05 * g, loss


rng = np.random.default_rng(56)
theta = jnp.full(12, -2.0)
for n in range(24):
    exposure = rng.uniform(0.2, 1.0, 12).astype(np.float32)
    died = (rng.random(12) < 0.5).astype(np.float32)
    if n == 19:
        exposure[5] = died[5] = 0.0  # the clinic was closed
    theta, loss = step(theta, exposure, died)
    print(n, loss)
