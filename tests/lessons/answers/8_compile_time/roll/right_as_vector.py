import functools

import jax
import jax.numpy as jnp

DT = 0.1


def push(state):
    angle, speed = state
    speed = speed - DT * (jnp.sin(angle) + 0.1 * speed)
    return angle + DT * speed, speed


import eqxcore as eqx


@eqx.filter_jit
def simulate(state, n_steps):
    def body(vector, _):
        vector = jnp.stack(push((vector[0], vector[1])))
        return vector, vector

    return jax.lax.scan(body, jnp.stack(state), length=n_steps, unroll=2)[1][:, 0]
