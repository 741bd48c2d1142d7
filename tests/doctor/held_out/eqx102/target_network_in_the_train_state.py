from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class TrainState(NamedTuple):
    online: eqx.nn.MLP
    target: eqx.nn.MLP
    opt_state: optax.OptState


class Batch(NamedTuple):
    obs: jax.Array
    action: jax.Array
    reward: jax.Array
    next_obs: jax.Array


tx = optax.adam(1e-3)


def td_error(online, target, batch):
    value = jnp.take_along_axis(jax.vmap(online)(batch.obs), batch.action[:, None], axis=1)[:, 0]
    bootstrap = batch.reward + 0.9 * jax.vmap(target)(batch.next_obs).max(axis=1)
    return jnp.mean(optax.huber_loss(value, bootstrap))


@eqx.filter_jit
def learn(state, batch):
    loss, grads = eqx.filter_value_and_grad(td_error)(state.online, state.target, batch)
    updates, opt_state = tx.update(grads, state.opt_state)
    online = eqx.apply_updates(state.online, updates)
    new, static = eqx.partition(online, eqx.is_inexact_array)
    old = eqx.filter(state.target, eqx.is_inexact_array)
    target = eqx.combine(optax.incremental_update(new, old, 0.05), static)
    return TrainState(online, target, opt_state), loss


net_key, obs_key, action_key, next_key = jr.split(jr.PRNGKey(0), 4)
net = eqx.nn.MLP(3, 4, 16, 1, key=net_key)
obs = jr.normal(obs_key, (64, 3))
batch = Batch(obs, jr.randint(action_key, (64,), 0, 4), obs[:, 0], obs + 0.1 * jr.normal(next_key, (64, 3)))
state = TrainState(net, net, tx.init(eqx.filter(net, eqx.is_inexact_array)))
for _ in range(15):
    state, loss = learn(state, batch)
print(loss)
