"""A regression whose learning rate is halved by hand while it trains."""

import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


@eqx.filter_jit
def step(model, state, optim, x, y):
    @eqx.filter_grad
    def grad_fn(model):
        return jnp.mean(jnp.abs(jax.vmap(model)(x)[:, 0] - y))

    updates, state = optim.update(grad_fn(model), state)
    return eqx.apply_updates(model, updates), state


def learning_rate(i):
    return 0.05 * 0.5 ** (i // 3)


def main():
    rng = np.random.default_rng(9)
    x = rng.uniform(-1, 1, size=(48, 2)).astype(np.float32)
    y = (x[:, 0] ** 2 - x[:, 1]).astype(np.float32)
    model = eqx.nn.MLP(2, 1, 12, 1, key=jax.random.PRNGKey(9))
    state = optax.sgd(learning_rate(0)).init(eqx.filter(model, eqx.is_inexact_array))
    for i in range(7):
        optim = optax.sgd(learning_rate(i))
        model, state = step(model, state, optim, x, y)
    print("bias of the last layer", model.layers[-1].bias)


main()
