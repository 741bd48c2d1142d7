import jax
import jax.numpy as jnp


@jax.jit
def kalman(state, measurement):
    mean, variance, n = state
    variance = variance + 0.05
    gain = variance / (variance + 0.4)
    mean = mean + gain * (measurement - mean)
    return (mean, (1 - gain) * variance, n + 1)


key = jax.random.PRNGKey(13)
walk_key, noise_key = jax.random.split(key)
truth = jnp.cumsum(0.2 * jax.random.normal(walk_key, (40,)))
measurements = truth + 0.6 * jax.random.normal(noise_key, (40,))

state = (0.0, 1.0, 0)
for measurement in measurements:
    state = kalman(state, measurement)

mean, variance, n = state
print(f"after {n} measurements: {mean:.2f} +- {jnp.sqrt(variance):.2f}, in truth {truth[-1]:.2f}")
