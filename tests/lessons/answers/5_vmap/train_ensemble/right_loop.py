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
    losses, parts = [], []
    for i in range(jax.tree.leaves(arrays)[0].shape[0]):
        loss, new = fit_step(eqx.combine(jax.tree.map(lambda leaf: leaf[i], arrays), static), x, y)
        losses.append(loss)
        parts.append(eqx.filter(new, eqx.is_array))
    return jnp.stack(losses), eqx.combine(jax.tree.map(lambda *p: jnp.stack(p), *parts), static)
