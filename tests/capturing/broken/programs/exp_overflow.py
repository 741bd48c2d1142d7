"""Poisson regression with a log link; one county has a population no one scaled."""
import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax


def forward(params, x):
    hidden = jax.nn.relu(x @ params["hidden"])
    return hidden @ params["out"]


def deviance(params, x, counts):
    eta = forward(params, x)
    rate = jnp.exp(eta)
    return jnp.mean(rate - counts * eta)


@functools.partial(jax.jit, static_argnames="optimizer")
def fit(params, state, x, counts, optimizer):
    loss, grads = jax.value_and_grad(deviance)(params, x, counts)
    updates, state = optimizer.update(grads, state, params)
    return optax.apply_updates(params, updates), state, loss


rng = np.random.default_rng(9)
params = {"hidden": jnp.asarray(rng.normal(size=(3, 8)) * 0.3, jnp.float32), "out": jnp.full(8, 0.2)}
optimizer = optax.sgd(0.01)
state = optimizer.init(params)
for n in range(26):
    x = rng.normal(size=(32, 3)).astype(np.float32)
    if n == 17:
        x[0] = 1500.0
    counts = rng.poisson(2.0, 32).astype(np.float32)
    params, state, loss = fit(params, state, x, counts, optimizer=optimizer)
    print(n, float(loss))
