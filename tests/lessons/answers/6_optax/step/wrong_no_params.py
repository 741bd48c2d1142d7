# says: failed, params
import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx

optim = optax.adamw(0.02, weight_decay=0.01)


def loss_fn(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


@eqx.filter_jit
def make_step(model, opt_state, x, y):
    loss, gradients = eqx.filter_value_and_grad(loss_fn)(model, x, y)
    updates, opt_state = optim.update(gradients, opt_state)
    return loss, eqx.apply_updates(model, updates), opt_state
