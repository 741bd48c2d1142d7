import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx


def label(params):
    return jax.tree.map(lambda leaf: "decayed" if leaf.ndim >= 2 else "plain", params)


def make_optimiser(model):
    decayed = optax.chain(optax.add_decayed_weights(0.1), optax.sgd(0.1))
    return optax.multi_transform({"decayed": decayed, "plain": optax.sgd(0.1)}, label)
