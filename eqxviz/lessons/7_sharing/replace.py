import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx

old = eqx.nn.MLP(
    in_size=2, out_size=1, width_size=8, depth=2, key=jr.key(0)
)


def first_bias(mlp):
    return mlp.layers[0].bias


model = eqx.tree_at(first_bias, old, jnp.zeros(8))

print("old bias:", old.layers[0].bias[:3])
print("new bias:", model.layers[0].bias[:3])
print("same weight:", model.layers[0].weight is old.layers[0].weight)
print("leaves:", len(jax.tree.leaves(model)))
