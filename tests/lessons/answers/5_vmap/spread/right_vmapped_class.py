import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def make_ensemble(n, key):
    keys = jax.vmap(lambda i: jr.fold_in(key, i))(jnp.arange(n))
    return eqx.filter_vmap(lambda key: eqx.nn.MLP(2, 1, 8, 2, key=key))(keys)


def predict(ensemble, x):
    all_of_them = eqx.filter_vmap(lambda model: model(x))(ensemble)
    return all_of_them.mean(axis=0), all_of_them.std(axis=0)
