import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx


def decay(updates, params):
    return jax.tree.map(
        lambda update, leaf: update + 0.1 * leaf if jnp.ndim(leaf) > 1 else update, updates, params
    )


def make_optimiser(model):
    return optax.chain(optax.stateless(decay), optax.scale(-0.1))
