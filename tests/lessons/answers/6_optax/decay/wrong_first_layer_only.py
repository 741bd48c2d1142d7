# says: weight, layers[1], every layer
import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx


def make_optimiser(model):
    def mask(params):
        nothing = jax.tree.map(lambda _: False, params)
        return eqx.tree_at(lambda tree: tree.layers[0].weight, nothing, True)

    return optax.chain(optax.add_decayed_weights(0.1, mask), optax.sgd(0.1))
