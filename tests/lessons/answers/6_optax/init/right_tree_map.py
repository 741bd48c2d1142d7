import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx

optim = optax.adam(0.01)


def start(model):
    def keep(leaf):
        return leaf if eqx.is_array(leaf) and jnp.issubdtype(leaf.dtype, jnp.floating) else None

    return optim.init(jax.tree.map(keep, model))
