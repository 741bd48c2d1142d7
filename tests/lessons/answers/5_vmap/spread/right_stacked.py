import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def make_ensemble(n, key):
    members = [eqx.nn.MLP(2, 1, 8, 2, key=k) for k in jr.split(key, n)]
    arrays = [eqx.filter(member, eqx.is_array) for member in members]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *arrays)
    return eqx.combine(stacked, members[0])


def predict(ensemble, x):
    arrays, static = eqx.partition(ensemble, eqx.is_array)
    outputs = jax.vmap(lambda part: eqx.combine(part, static)(x))(arrays)
    mean = outputs.mean(0)
    return [mean, jnp.sqrt(((outputs - mean) ** 2).mean(0))]
