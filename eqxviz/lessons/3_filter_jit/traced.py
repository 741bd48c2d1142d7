import jax.numpy as jnp

import eqxcore as eqx


@eqx.filter_jit
def energy(x):
    print("Python runs, with x =", x)
    return jnp.sum(x**2)


print(energy(jnp.ones(3)))
print(energy(jnp.zeros(3)))
print(energy(jnp.arange(3.0)))
