# says: gradient, operations of JAX only
import functools

import jax
import jax.numpy as jnp

DT = 0.1


def push(state):
    angle, speed = state
    speed = speed - DT * (jnp.sin(angle) + 0.1 * speed)
    return angle + DT * speed, speed


import numpy as np


def simulate(state, n_steps):
    def run(angle, speed):
        angles = []
        for _ in range(n_steps):
            speed = speed - DT * (np.sin(angle) + 0.1 * speed)
            angle = angle + DT * speed
            angles.append(angle)
        return np.array(angles, "float32")

    shape = jax.ShapeDtypeStruct((n_steps,), "float32")
    return jax.pure_callback(run, shape, *jax.lax.stop_gradient(state))
