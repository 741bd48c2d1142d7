# says: same initial values, key
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def make_ensemble(n, key):
    keys = jnp.stack([key] * n)
    return eqx.filter_vmap(lambda key: eqx.nn.MLP(2, 1, 8, 2, key=key))(keys)


def predict(ensemble, x):
    outputs = eqx.filter_vmap(lambda model: model(x))(ensemble)
    return outputs.mean(0), outputs.std(0)
