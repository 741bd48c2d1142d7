# says: shape () instead of (7,)
import functools

import jax
import jax.numpy as jnp

DT = 0.1


def push(state):
    angle, speed = state
    speed = speed - DT * (jnp.sin(angle) + 0.1 * speed)
    return angle + DT * speed, speed


def simulate(state, n_steps):
    return jax.lax.fori_loop(0, n_steps, lambda _, state: push(state), state)[0]
