import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def loss_fn(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


def fit_step(model, x, y):
    """Take one step for one model."""
    loss, gradients = eqx.filter_value_and_grad(loss_fn)(model, x, y)
    updates = jax.tree.map(
        lambda gradient: -0.2 * gradient, gradients
    )
    return loss, eqx.apply_updates(model, updates)


@eqx.filter_vmap(in_axes=(eqx.if_array(0), None, None))
def ensemble_step(models, x, y):
    """Take one step for all members."""
    return fit_step(models, x, y)


@eqx.filter_jit
def step(models, x, y):
    losses, models = ensemble_step(models, x, y)
    return {"mean": losses.mean(), "worst": losses.max()}, models


MEMBERS = 4
make = eqx.filter_vmap(lambda key: eqx.nn.MLP(1, 1, 16, 1, key=key))
models = make(jr.split(jr.key(0), MEMBERS))
x = jnp.linspace(-1, 1, 32)[:, None]
for i in range(101):
    metrics, models = step(models, x, x**2)
    if i % 25 == 0:
        mean, worst = metrics["mean"], metrics["worst"]
        print(i, f"mean {mean:.4f}, worst {worst:.4f}")
