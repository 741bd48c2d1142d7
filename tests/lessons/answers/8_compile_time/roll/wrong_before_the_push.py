# says: first angles, before or after
import functools

import jax
import jax.numpy as jnp

DT = 0.1


def push(state):
    angle, speed = state
    speed = speed - DT * (jnp.sin(angle) + 0.1 * speed)
    return angle + DT * speed, speed


def simulate(state, n_steps):
    def body(state, _):
        return push(state), state[0]

    return jax.lax.scan(body, state, None, length=n_steps)[1]
