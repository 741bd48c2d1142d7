import jax
import jax.numpy as jnp

import eqxcore as eqx


@eqx.filter_jit
def sign(x):
    if x > 0:
        return jnp.asarray(1.0)
    return jnp.asarray(-1.0)


try:
    print(sign(jnp.asarray(2.0)), sign(jnp.asarray(-2.0)))
except jax.errors.TracerBoolConversionError as error:
    print(str(error).partition("\n")[0])
