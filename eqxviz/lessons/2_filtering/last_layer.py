import jax
import jax.random as jr

import eqxcore as eqx


def last_layer(model):
    return eqx.is_array


model = eqx.nn.MLP(
    in_size=2, out_size=3, width_size=4, depth=2, key=jr.key(0)
)
chosen, others = eqx.partition(model, last_layer(model))
print(len(jax.tree.leaves(chosen)), "leaves are chosen")
