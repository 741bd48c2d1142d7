# says: spread, standard deviation
import jax.random as jr

import eqxcore as eqx


def make_ensemble(n, key):
    return eqx.filter_vmap(lambda key: eqx.nn.MLP(2, 1, 8, 2, key=key))(jr.split(key, n))


def predict(ensemble, x):
    outputs = eqx.filter_vmap(lambda model: model(x))(ensemble)
    return outputs.mean(0), outputs.var(0)
