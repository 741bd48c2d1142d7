# says: activation `sign`, earlier model
import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


KEPT = {}


def compiled(model, x):
    params, static = eqx.partition(model, eqx.is_array)
    if "call" not in KEPT:
        KEPT["call"] = jax.jit(lambda params, x: eqx.combine(params, static)(x))
    return KEPT["call"](params, x)

