# says: does not take
import jax
import jax.random as jr

import eqxcore as eqx


def last_layer(model):
    return model.layers[-1]


model = eqx.nn.MLP(in_size=2, out_size=3, width_size=4, depth=2, key=jr.key(0))
