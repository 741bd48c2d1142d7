import functools

import jax
import jax.numpy as jnp

DT = 0.1


def push(state):
    angle, speed = state
    speed = speed - DT * (jnp.sin(angle) + 0.1 * speed)
    return angle + DT * speed, speed


@functools.partial(jax.jit, static_argnums=1)
def simulate(state, n_steps):
    def body(carry, _):
        new = push((carry["angle"], carry["speed"]))
        return {"angle": new[0], "speed": new[1]}, new

    start = {"angle": state[0], "speed": state[1]}
    outputs = jax.lax.scan(body, start, jnp.arange(n_steps))[1]
    return outputs[0]
