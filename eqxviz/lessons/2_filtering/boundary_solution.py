from functools import partial

import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


@partial(jax.jit, static_argnums=1)
def call(params, static, x):
    return eqx.combine(params, static)(x)


def compiled(model, x):
    params, static = eqx.partition(model, eqx.is_array)
    return call(params, static, x)


x = jnp.ones(2)
for seed in range(3):
    model = eqx.nn.MLP(
        in_size=2, out_size=1, width_size=4, depth=1, key=jr.key(seed)
    )
    print(compiled(model, x))
