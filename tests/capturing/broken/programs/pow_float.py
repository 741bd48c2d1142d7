"""A power law with a learned exponent; a distance of 0 is raised to a negative power."""
import jax
import jax.numpy as jnp
import numpy as np


def intensity(params, r):
    return jnp.exp(params["log_gain"]) * jnp.power(r, params["exponent"])


def loss_fn(params, r, measured):
    return jnp.mean(jnp.log1p(jnp.abs(intensity(params, r) - measured)))


grad_fn = jax.value_and_grad(loss_fn)


@jax.jit
def step(params, velocity, r, measured):
    loss, grads = grad_fn(params, r, measured)
    velocity = jax.tree.map(lambda v, g: 0.9 * v - 0.01 * g, velocity, grads)
    return jax.tree.map(jnp.add, params, velocity), velocity, loss


rng = np.random.default_rng(69)
params = {"log_gain": jnp.zeros(()), "exponent": jnp.array(-1.5)}
velocity = jax.tree.map(jnp.zeros_like, params)
for i in range(30):
    r = rng.uniform(0.5, 3, 20).astype(np.float32)
    measured = 2 * r**-2
    if i == 23:
        r[13] = 0.0
    params, velocity, loss = step(params, velocity, r, measured)
    print(i, loss)
