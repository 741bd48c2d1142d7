"""Fits the height of a bouncing ball by a network of a repeated layer."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


def make_flow(key, width=10):
    lift_key, layer_key, drop_key = jr.split(key, 3)
    lift = eqx.nn.Linear("scalar", width, key=lift_key)
    layer = eqx.nn.Linear(width, width, key=layer_key)
    drop = eqx.nn.Linear(width, "scalar", key=drop_key)
    act = eqx.nn.Lambda(jax.nn.elu)
    return eqx.nn.Sequential([lift, act] + [layer, act] * 2 + [drop])


def misfit(flow, times, heights):
    return jnp.mean(jnp.square(jax.vmap(flow)(times) - heights))


optim = optax.sgd(1e-2)


@eqx.filter_jit(donate="none")
def train(flow, state, times, heights):
    grads = eqx.filter_grad(misfit)(flow, times, heights)
    updates, state = optim.update(grads, state)
    return eqx.apply_updates(flow, updates), state


times = jnp.linspace(0.0, 3.0, 90)
heights = jnp.abs(jnp.cos(2 * times)) * jnp.exp(-0.4 * times)
flow = make_flow(jr.PRNGKey(6))
state = optim.init(eqx.filter(flow, eqx.is_inexact_array))
for _ in range(25):
    flow, state = train(flow, state, times, heights)
print(misfit(flow, times, heights))
