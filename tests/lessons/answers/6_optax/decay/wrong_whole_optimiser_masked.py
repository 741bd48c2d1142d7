# says: gradient 0.5, bias
import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx


def make_optimiser(model):
    mask = lambda params: jax.tree.map(lambda leaf: leaf.ndim >= 2, params)
    both = optax.chain(optax.add_decayed_weights(0.1), optax.sgd(0.1))
    return optax.masked(both, mask)
