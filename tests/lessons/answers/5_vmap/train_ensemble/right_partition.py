import jax
import jax.numpy as jnp

import eqxcore as eqx


def loss_fn(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


def fit_step(model, x, y):
    loss, gradients = eqx.filter_value_and_grad(loss_fn)(model, x, y)
    updates = jax.tree.map(lambda gradient: -0.2 * gradient, gradients)
    return loss, eqx.apply_updates(model, updates)


def ensemble_step(models, x, y):
    arrays, static = eqx.partition(models, eqx.is_array)

    def one(arrays):
        loss, new = fit_step(eqx.combine(arrays, static), x, y)
        return loss, eqx.filter(new, eqx.is_array)

    losses, arrays = jax.vmap(one)(arrays)
    return losses, eqx.combine(arrays, static)
