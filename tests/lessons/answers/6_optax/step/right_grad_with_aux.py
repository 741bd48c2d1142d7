import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx

optim = optax.adamw(0.02, weight_decay=0.01)


def loss_fn(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


def loss_twice(model, x, y):
    loss = loss_fn(model, x, y)
    return loss, loss


@eqx.filter_jit
def make_step(model, opt_state, x, y):
    gradients, loss = eqx.filter_grad(loss_twice, has_aux=True)(model, x, y)
    updates, new_state = optim.update(gradients, opt_state, eqx.filter(model, eqx.is_array))
    model = jax.tree.map(lambda leaf, update: leaf if update is None else leaf + update, model, updates,
                         is_leaf=lambda leaf: leaf is None)
    return [loss, model, new_state]
