import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class Model(eqx.Module):
    mlp: eqx.nn.MLP
    scale: float
    n_calls: jax.Array

    def __init__(self, key):
        self.mlp = eqx.nn.MLP(2, 1, 8, 1, key=key)
        self.scale = 0.5
        self.n_calls = jnp.array(0)

    def __call__(self, x):
        return self.scale * self.mlp(x)


model = Model(jr.key(0))
params = eqx.filter(model, eqx.is_inexact_array)
print(len(jax.tree.leaves(model)), "leaves")
print(len(jax.tree.leaves(params)), "of them are parameters")
eqx.tree_pprint(params)
