"""The loss is one number per example: the mean was forgotten."""
import jax
import jax.numpy as jnp
import numpy as np
import optax

optimizer = optax.sgd(0.1)


def loss_fn(params, x, y):
    logits = x @ params
    return optax.sigmoid_binary_cross_entropy(logits, y)


@jax.jit
def train_step(params, state, x, y):
    loss, grads = jax.value_and_grad(loss_fn)(params, x, y)
    updates, state = optimizer.update(grads, state)
    return optax.apply_updates(params, updates), state, loss


rng = np.random.default_rng(3)
params = jnp.zeros(5)
state = optimizer.init(params)
for i in range(20):
    x = rng.normal(size=(8, 5)).astype(np.float32)
    params, state, loss = train_step(params, state, x, (x[:, 0] > 0).astype(np.float32))
