"""A neural differential equation, integrated by Euler's method."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


class VectorField(eqx.Module):
    net: eqx.nn.MLP
    speed: jax.Array

    def __call__(self, t, point):
        return self.speed * self.net(jnp.concatenate([t[None], point]))


@eqx.filter_jit
def flow(field, points, dt=0.1, n_steps=20):
    def euler(points, t):
        slope = field(t, points)
        return points + dt * slope, None

    times = dt * jnp.arange(n_steps)
    return jax.lax.scan(euler, points, times)[0]


net_key, point_key = jr.split(jr.PRNGKey(4))
field = VectorField(eqx.nn.MLP(3, 2, 16, 1, activation=jnp.tanh, key=net_key), jnp.array(0.5))
points = jr.normal(point_key, (50, 2))
print(flow(field, points).mean(axis=0))
