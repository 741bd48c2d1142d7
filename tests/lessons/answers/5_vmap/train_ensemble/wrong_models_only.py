# says: returned MLP, pair
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
    return eqx.filter_vmap(lambda model: fit_step(model, x, y)[1])(models)
