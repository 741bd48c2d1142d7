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
    def body(state, _):
        state = push(state)
        return state, state[0]

    _, angles = jax.lax.scan(body, state, None, length=n_steps)
    return angles


angles = simulate((jnp.array(1.0), jnp.array(0.0)), n_steps=20)
print(angles[:5])
