import jax
import jax.random as jr

import eqxcore as eqx


def last_layer(model):
    last = jax.tree.leaves(model.layers[-1])
    return lambda leaf: any(leaf is each for each in last)


model = eqx.nn.MLP(in_size=2, out_size=3, width_size=4, depth=2, key=jr.key(0))
chosen, others = eqx.partition(model, last_layer(model))
print(len(jax.tree.leaves(chosen)), "leaves are chosen")
