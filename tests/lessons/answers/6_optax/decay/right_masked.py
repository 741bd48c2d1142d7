import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx


def make_optimiser(model):
    def mask(params):
        nothing = jax.tree.map(lambda _: False, params)
        weights = lambda tree: [layer.weight for layer in tree.layers]
        return eqx.tree_at(weights, nothing, [True] * len(model.layers))

    return optax.chain(optax.masked(optax.add_decayed_weights(0.1), mask), optax.sgd(0.1))
