import jax
import jax.numpy as jnp


class Pendulum:
    """A damped pendulum of given length, integrated by a symplectic step."""

    def __init__(self, length, damping, dt):
        self.length = length
        self.damping = damping
        self.dt = dt

    def acceleration(self, angle, velocity):
        return -9.81 / self.length * jnp.sin(angle) - self.damping * velocity

    @jax.jit
    def step(self, state):
        angle, velocity = state
        velocity = velocity + self.dt * self.acceleration(angle, velocity)
        return angle + self.dt * velocity, velocity


pendulum = Pendulum(length=1.2, damping=0.1, dt=0.01)
state = (jnp.linspace(0.1, 1.0, 8), jnp.zeros(8))
for _ in range(100):
    state = pendulum.step(state)
print("angles", state[0])
