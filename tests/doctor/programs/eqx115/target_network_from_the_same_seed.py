import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax

GAMMA, TAU = 0.9, 0.1


def make_network():
    return eqx.nn.MLP(4, 2, 16, 1, key=jr.PRNGKey(0))


def loss_fn(online, target, batch):
    state, action, reward, next_state = batch
    best = jnp.max(jax.vmap(target)(next_state), axis=1)
    wanted = jax.lax.stop_gradient(reward + GAMMA * best)
    values = jax.vmap(online)(state)
    chosen = jnp.take_along_axis(values, action[:, None], axis=1)[:, 0]
    return jnp.mean(optax.huber_loss(chosen, wanted))


@eqx.filter_jit
def step(online, target, opt_state, batch):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(online, target, batch)
    updates, opt_state = optim.update(grads, opt_state)
    online = eqx.apply_updates(online, updates)
    new, _ = eqx.partition(online, eqx.is_inexact_array)
    old, static = eqx.partition(target, eqx.is_inexact_array)
    mixed = jax.tree.map(lambda n, o: TAU * n + (1 - TAU) * o, new, old)
    return online, eqx.combine(mixed, static), opt_state, loss


ks, ka, kn = jr.split(jr.PRNGKey(1234), 3)
state = jr.normal(ks, (40, 4))
action = jr.randint(ka, (40,), 0, 2)
batch = (state, action, state[:, 0], state + 0.1 * jr.normal(kn, (40, 4)))
online, target = make_network(), make_network()
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(online, eqx.is_inexact_array))
for _ in range(15):
    online, target, opt_state, loss = step(online, target, opt_state, batch)
print("loss", loss)
