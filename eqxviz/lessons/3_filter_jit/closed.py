import jax.numpy as jnp

import eqxcore as eqx

offset = jnp.asarray(1.0)


@eqx.filter_jit
def predict(x):
    return 2 * x + offset


x = jnp.asarray(1.0)
print("offset 1: ", predict(x))

offset = jnp.asarray(10.0)
print("offset 10:", predict(x))
