import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx

optim = optax.adamw(0.02, weight_decay=0.01)


def loss_fn(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


def plain_step(model, opt_state, x, y):
    loss, pull_back = eqx.filter_vjp(lambda model: loss_fn(model, x, y), model)
    (gradients,) = pull_back(jnp.ones_like(loss))
    updates, opt_state = optim.update(gradients, opt_state, eqx.filter(model, eqx.is_inexact_array))
    return loss, eqx.apply_updates(model, updates), opt_state


make_step = eqx.filter_jit(plain_step)
