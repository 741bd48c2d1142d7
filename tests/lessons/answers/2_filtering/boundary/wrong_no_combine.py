# says: not callable
from functools import partial

import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


@partial(jax.jit, static_argnums=1)
def call(params, static, x):
    return params(x)


def compiled(model, x):
    params, static = eqx.partition(model, eqx.is_array)
    return call(params, static, x)

