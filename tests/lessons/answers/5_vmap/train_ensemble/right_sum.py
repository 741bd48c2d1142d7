import jax
import jax.numpy as jnp

import eqxcore as eqx


def loss_fn(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


def fit_step(model, x, y):
    loss, gradients = eqx.filter_value_and_grad(loss_fn)(model, x, y)
    updates = jax.tree.map(lambda gradient: -0.2 * gradient, gradients)
    return loss, eqx.apply_updates(model, updates)


@eqx.filter_jit
def ensemble_step(models, x, y):
    def total(models):
        losses = eqx.filter_vmap(loss_fn, in_axes=(eqx.if_array(0), None, None))(models, x, y)
        return losses.sum(), losses

    gradients, losses = eqx.filter_grad(total, has_aux=True)(models)
    return losses, eqx.apply_updates(models, jax.tree.map(lambda g: -0.2 * g, gradients))
