# says: weight 3.0, earlier model
import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


KEPT = {}


def compiled(model, x):
    if "call" not in KEPT:
        KEPT["call"] = jax.jit(lambda x: model(x))
    return KEPT["call"](x)

