import textwrap

import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx

model = eqx.nn.MLP(
    in_size=2, out_size=1, width_size=4, depth=1, key=jr.key(0)
)
x = jnp.ones(2)


@jax.jit
def predict(model, x):
    return model(x)


try:
    print("accepted:", predict(model, x))
except TypeError as error:
    print("refused:", textwrap.fill(str(error), 70))
