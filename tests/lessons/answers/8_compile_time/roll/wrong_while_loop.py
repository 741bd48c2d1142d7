# says: gradient, backwards
import functools

import jax
import jax.numpy as jnp

DT = 0.1


def push(state):
    angle, speed = state
    speed = speed - DT * (jnp.sin(angle) + 0.1 * speed)
    return angle + DT * speed, speed


def simulate(state, n_steps):
    def body(carry):
        i, state, angles = carry
        state = push(state)
        return i + 1, state, angles.at[i].set(state[0])

    start = 0, state, jnp.zeros(n_steps)
    return jax.lax.while_loop(lambda carry: carry[0] < n_steps, body, start)[2]
