from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax


class PatienceState(NamedTuple):
    calls: jax.Array
    quiet: jax.Array


def scale_when_quiet(threshold, factor):
    """Scale the updates down after ten calls with small gradients."""

    def init(params):
        del params
        return PatienceState(jnp.zeros((), jnp.int32), jnp.zeros((), jnp.int32))

    def update(updates, state, params=None):
        del params
        small = optax.tree.norm(updates) < threshold
        quiet = jnp.where(small, state.quiet + 1, 0)
        scale = jnp.where(quiet > 10, factor, 1.0)
        updates = jax.tree.map(lambda u: scale * u, updates)
        return updates, PatienceState(state.calls + 1, quiet)

    return optax.GradientTransformation(init, update)


schedule = optax.warmup_cosine_decay_schedule(0.0, 0.1, warmup_steps=5, decay_steps=40)
tx = optax.chain(scale_when_quiet(1e-3, 0.5), optax.adam(schedule))

x = jnp.linspace(-2.0, 2.0, 80)
y = 0.5 * x**3 - x
params = {"coefficients": jnp.zeros(4), "shift": jnp.zeros(())}


@jax.jit
def step(params, opt_state):
    def loss_fn(p):
        powers = x[:, None] ** jnp.arange(4)
        return jnp.mean((powers @ p["coefficients"] + p["shift"] * jnp.tanh(x) - y) ** 2)

    loss, grads = jax.value_and_grad(loss_fn)(params)
    updates, opt_state = tx.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, loss


opt_state = tx.init(params)
for _ in range(40):
    params, opt_state, loss = step(params, opt_state)
print(params["coefficients"], loss)
