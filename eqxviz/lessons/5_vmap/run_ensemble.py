import jax.random as jr

import eqxcore as eqx


@eqx.filter_vmap
def make(key):
    return eqx.nn.MLP(
        in_size=2, out_size=1, width_size=8, depth=2, key=key
    )


def call(model, x):
    return model(x)


model = make(jr.split(jr.key(0), 4))
run_all = eqx.filter_vmap(call, in_axes=(eqx.if_array(0), None))
run_each = eqx.filter_vmap(call)

x = jr.normal(jr.key(1), (2,))
xs = jr.normal(jr.key(2), (4, 2))
print("the same input:    ", run_all(model, x).shape)
print("an input for each: ", run_each(model, xs).shape)
