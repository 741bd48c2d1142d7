import functools

import jax
import jax.numpy as jnp

DT = 0.1


def push(state):
    """Move a damped pendulum by one step."""
    angle, speed = state
    speed = speed - DT * (jnp.sin(angle) + 0.1 * speed)
    return angle + DT * speed, speed


@functools.partial(jax.jit, static_argnames="n_steps")
def simulate(state, n_steps):
    angles = []
    for _ in range(n_steps):
        state = push(state)
        angles.append(state[0])
    return jnp.stack(angles)


angles = simulate((jnp.array(1.0), jnp.array(0.0)), n_steps=20)
print(angles[:5])
