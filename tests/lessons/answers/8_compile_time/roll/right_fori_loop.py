import functools

import jax
import jax.numpy as jnp

DT = 0.1


def push(state):
    angle, speed = state
    speed = speed - DT * (jnp.sin(angle) + 0.1 * speed)
    return angle + DT * speed, speed


def simulate(state, n_steps):
    def body(i, carry):
        state, angles = carry
        state = push(state)
        return state, angles.at[i].set(state[0])

    return jax.lax.fori_loop(0, n_steps, body, (state, jnp.zeros(n_steps)))[1]
