import functools

import eqxcore as eqx
import jax
import jax.numpy as jnp

compiled = functools.partial(jax.jit, donate_argnums=1)


def make_step(optim):
    def step(model, state, x, y):
        @eqx.filter_value_and_grad
        def loss_fn(model):
            return jnp.mean((jax.vmap(model)(x) - y) ** 2)

        loss, grads = loss_fn(model)
        updates, state = optim.update(grads, state)
        return eqx.apply_updates(model, updates), state, loss

    return step
