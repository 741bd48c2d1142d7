"""A Kalman filter, vmapped over series: one series has no noise and no uncertainty at one time."""
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np


class Filter(eqx.Module):
    transition: jax.Array
    process_noise: jax.Array

    def __call__(self, observations, noises):
        def update(carry, inputs):
            mean, variance = carry
            observation, noise = inputs
            variance = self.transition**2 * variance + jax.nn.relu(self.process_noise) * noise
            gain = variance / (variance + noise)
            mean = self.transition * mean
            innovation = observation - mean
            return (mean + gain * innovation, (1 - gain) * variance), innovation**2

        start = (jnp.zeros(()), jnp.ones(()))
        _, errors = jax.lax.scan(update, start, (observations, noises))
        return errors.mean()


@eqx.filter_jit
def step(model, observations, noises):
    @eqx.filter_value_and_grad
    def loss_fn(model):
        return jax.vmap(model)(observations, noises).mean()

    loss, grads = loss_fn(model)
    return eqx.apply_updates(model, jax.tree.map(lambda g: -0.01 * g, grads)), loss


rng = np.random.default_rng(61)
model = Filter(jnp.array(0.9), jnp.array(0.2))
for n in range(20):
    observations = jnp.asarray(rng.normal(size=(6, 9)), jnp.float32)
    noises = np.full((6, 9), 0.5, np.float32)
    if n == 6:
        noises[4, 3:5] = 0.0  # exact twice
    model, loss = step(model, observations, jnp.asarray(noises))
    print(n, loss)
