# says: both numbers of the state
import functools

import jax
import jax.numpy as jnp

DT = 0.1


def push(state):
    angle, speed = state
    speed = speed - DT * (jnp.sin(angle) + 0.1 * speed)
    return angle + DT * speed, speed


def simulate(state, n_steps):
    _, speed = state

    def body(angle, _):
        angle, _ = push((angle, speed))
        return angle, angle

    return jax.lax.scan(body, state[0], None, length=n_steps)[1]
