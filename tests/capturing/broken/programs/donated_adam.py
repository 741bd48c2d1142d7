"""Parameters and optimiser state are donated to the step; log of a negative number in step 14."""
import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax

optimizer = optax.adam(1e-2)


def loss_fn(params, x, y):
    scale = x @ params["scale"]
    error = x @ params["mean"] - y
    return jnp.mean(jnp.log(scale) + (error / scale) ** 2)


@functools.partial(jax.jit, donate_argnums=(0, 1))
def step(params, opt_state, x, y):
    loss, grads = jax.value_and_grad(loss_fn)(params, x, y)
    updates, opt_state = optimizer.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, loss


rng = np.random.default_rng(110)
params = {"mean": jnp.zeros(4), "scale": jnp.ones(4)}
opt_state = optimizer.init(params)
for n in range(300):
    x = rng.uniform(0.5, 1.5, (16, 4)).astype(np.float32)
    y = x[:, 0].copy()
    if n == 13:
        x[9] *= -1
    params, opt_state, loss = step(params, opt_state, x, y)
    print(n, loss)
