"""Compares three optimisers on one problem."""

import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


def make_train(optim):
    @eqx.filter_jit
    def step(model, opt_state, x, y):
        def loss_fn(model):
            return jnp.mean(optax.huber_loss(jax.vmap(model)(x), y))

        loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
        updates, opt_state = optim.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, loss

    def train(model, x, y, n_steps=15):
        opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
        for _ in range(n_steps):
            model, opt_state, loss = step(model, opt_state, x, y)
        return loss

    return train


rng = np.random.default_rng(5)
x = rng.normal(size=(60, 3)).astype(np.float32)
y = (x[:, 0] - 2 * x[:, 1] * x[:, 2]).astype(np.float32)
start = eqx.nn.MLP(3, "scalar", 10, 1, activation=jnp.tanh, key=jax.random.PRNGKey(5))
candidates = {
    "sgd": optax.sgd(0.1),
    "momentum": optax.sgd(0.1, momentum=0.9),
    "rmsprop": optax.rmsprop(0.01),
}
for name, optim in candidates.items():
    print(f"{name:10s}", make_train(optim)(start, x, y))
