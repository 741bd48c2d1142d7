# says: failed, activation function
import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx

optim = optax.adamw(0.02, weight_decay=0.01)


def loss_fn(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


@jax.jit
def make_step(model, opt_state, x, y):
    loss, gradients = jax.value_and_grad(loss_fn)(model, x, y)
    updates, opt_state = optim.update(gradients, opt_state, model)
    return loss, optax.apply_updates(model, updates), opt_state
