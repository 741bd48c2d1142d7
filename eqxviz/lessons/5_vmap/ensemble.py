import jax.random as jr

import eqxcore as eqx

MEMBERS = 4


@eqx.filter_vmap
def make(key):
    return eqx.nn.MLP(
        in_size=2, out_size=1, width_size=8, depth=2, key=key
    )


model = make(jr.split(jr.key(0), MEMBERS))
print(type(model).__name__, model.layers[0].weight.shape)
