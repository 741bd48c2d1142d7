import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx

optim = optax.adamw(0.02, weight_decay=0.01)


def loss_fn(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


import functools


@functools.partial(jax.jit, static_argnums=1)
def step(params, static, opt_state, x, y):
    def loss_of(params):
        return loss_fn(eqx.combine(params, static), x, y)

    loss, gradients = jax.value_and_grad(loss_of)(params)
    updates, opt_state = optim.update(gradients, opt_state, params)
    return loss, optax.apply_updates(params, updates), opt_state


def make_step(model, opt_state, x, y):
    params, static = eqx.partition(model, eqx.is_inexact_array)
    loss, params, opt_state = step(params, static, opt_state, x, y)
    return loss, eqx.combine(params, static), opt_state
