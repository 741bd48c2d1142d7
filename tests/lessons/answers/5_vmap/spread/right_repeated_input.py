import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


@eqx.filter_jit
def make_ensemble(n, key):
    return eqx.filter_vmap(lambda key: eqx.nn.MLP(2, 1, 8, 2, key=key))(jr.split(key, n))


@eqx.filter_jit
def predict(ensemble, x):
    n = jax.tree.leaves(eqx.filter(ensemble, eqx.is_array))[0].shape[0]
    outputs = eqx.filter_vmap(lambda model, x: model(x))(ensemble, jnp.broadcast_to(x, (n, 2)))
    return jnp.mean(outputs, 0), jnp.std(outputs, 0)
