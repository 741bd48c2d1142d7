from functools import partial

import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class Calibration(eqx.Module):
    """A polynomial of the reading, and a slow drift in temperature."""

    coefficients: jax.Array
    drift: jax.Array

    def __init__(self, degree):
        self.coefficients = jnp.array([0] * degree + [1])
        self.drift = jnp.zeros(2)

    def __call__(self, reading, temperature):
        offset = self.drift[0] * temperature + self.drift[1] * temperature**2
        return jnp.polyval(self.coefficients, reading) + offset


def misfit(model, readings, temperatures, truth):
    return jnp.mean((jax.vmap(model)(readings, temperatures) - truth) ** 2)


@partial(eqx.filter_jit, donate="none")
def step(model, opt_state, data):
    loss, grads = eqx.filter_value_and_grad(misfit)(model, *data)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


rng = np.random.default_rng(6)
readings = rng.uniform(-1, 1, 80).astype(np.float32)
temperatures = rng.uniform(0, 1, 80).astype(np.float32)
data = (readings, temperatures, 1.0 + 0.9 * readings - 0.2 * readings**3 + 0.3 * temperatures)
model = Calibration(degree=3)
optim = optax.adam(2e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(30):
    model, opt_state, loss = step(model, opt_state, data)
print("misfit", loss, "coefficients", model.coefficients)
