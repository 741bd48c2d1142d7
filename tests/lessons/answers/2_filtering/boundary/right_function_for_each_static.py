import functools

import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


@functools.cache
def compile_for(static):
    @jax.jit
    def call(params, x):
        return eqx.combine(params, static)(x)

    return call


def compiled(model, x):
    params, static = eqx.partition(model, eqx.is_array)
    return compile_for(static)(params, x)


x = jnp.ones(2)
for seed in range(3):
    model = eqx.nn.MLP(in_size=2, out_size=1, width_size=4, depth=1, key=jr.key(seed))
    print(compiled(model, x))
