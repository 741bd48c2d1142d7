"""WGAN-GP: the penalty needs the norm of a gradient, and its gradient, where that norm is 0."""
import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np


class Critic(eqx.Module):
    first: eqx.nn.Linear
    last: eqx.nn.Linear

    def __init__(self, key):
        a, b = jr.split(key)
        self.first = eqx.nn.Linear(2, 8, key=a)
        self.last = eqx.nn.Linear(8, "scalar", key=b)

    def __call__(self, x):
        return self.last(jax.nn.relu(self.first(x)))


def penalty(critic, x):
    slope = jax.grad(critic)(x)
    return (jnp.sqrt(jnp.sum(slope**2)) - 1) ** 2


def loss_fn(critic, real, fake, between):
    gap = jnp.mean(jax.vmap(critic)(fake)) - jnp.mean(jax.vmap(critic)(real))
    return gap + 10 * jnp.mean(jax.vmap(penalty, in_axes=(None, 0))(critic, between))


@eqx.filter_jit
def step(critic, real, fake, between):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(critic, real, fake, between)
    return eqx.apply_updates(critic, jax.tree.map(lambda g: -1e-3 * g, grads)), loss


rng = np.random.default_rng(66)
critic = Critic(jr.PRNGKey(3))
critic = eqx.tree_at(lambda c: c.first.weight, critic, jnp.abs(critic.first.weight))
for n in range(20):
    real, fake, between = (jnp.asarray(rng.normal(size=(5, 2)), jnp.float32) + 3 for _ in range(3))
    if n == 15:
        between = between.at[1].set(-100.0)  # every relu is off there
    critic, loss = step(critic, real, fake, between)
    print(n, loss)
