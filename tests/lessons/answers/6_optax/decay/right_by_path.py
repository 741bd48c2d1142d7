import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx


def make_optimiser(model):
    def mask(params):
        return jax.tree.map_with_path(
            lambda path, _: jax.tree_util.keystr(path).endswith(".weight"), params
        )

    return optax.chain(optax.add_decayed_weights(0.1, mask=mask), optax.sgd(learning_rate=0.1))
