import jax.numpy as jnp

import eqxcore as eqx


@eqx.filter_jit
def power(x, n):
    result = jnp.ones_like(x)
    for _ in range(n):
        result = result * x
    return result


@eqx.filter_jit
def scale(x, n):
    return n * x


x = jnp.arange(3.0)
for n in range(1, 4):
    print(power(x, n), scale(x, n))
