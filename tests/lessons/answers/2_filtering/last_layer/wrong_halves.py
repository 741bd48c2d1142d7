# says: does not take
import jax
import jax.random as jr

import eqxcore as eqx


def last_layer(model):
    spec = jax.tree.map(lambda _: False, model)
    spec = eqx.tree_at(lambda m: (m.layers[-1].weight, m.layers[-1].bias), spec, (True, True))
    return eqx.partition(model, spec)


model = eqx.nn.MLP(in_size=2, out_size=3, width_size=4, depth=2, key=jr.key(0))
