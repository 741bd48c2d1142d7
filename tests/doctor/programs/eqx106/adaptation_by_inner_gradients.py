"""Learns an initialisation from which a few gradient steps fit any sine wave."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

INNER_STEPS = 10
INNER_RATE = 0.05


def mse(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


def adapt(model, x, y):
    for _ in range(INNER_STEPS):
        grads = eqx.filter_grad(mse)(model, x, y)
        model = eqx.apply_updates(model, jax.tree.map(lambda g: -INNER_RATE * g, grads))
    return model


def meta_loss(model, tasks):
    def of_task(x, y):
        half = x.shape[0] // 2
        adapted = adapt(model, x[:half], y[:half])
        return mse(adapted, x[half:], y[half:])

    return jnp.mean(jax.vmap(of_task)(*tasks))


@eqx.filter_jit
def meta_step(model, opt_state, tasks):
    loss, grads = eqx.filter_value_and_grad(meta_loss)(model, tasks)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


def sample_tasks(rng, n=4):
    x = rng.uniform(-3, 3, size=(n, 20))
    amplitude, phase = rng.uniform(0.5, 2, size=(n, 1)), rng.uniform(0, 3, size=(n, 1))
    return x.astype(np.float32), (amplitude * np.sin(x + phase)).astype(np.float32)


rng = np.random.default_rng(0)
model = eqx.nn.MLP("scalar", "scalar", 16, 1, activation=jnp.tanh, key=jax.random.PRNGKey(0))
optim = optax.sgd(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(8):
    model, opt_state, loss = meta_step(model, opt_state, sample_tasks(rng))
print("meta loss", loss)
