from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class Potential(eqx.Module):
    """An unknown force law, integrated to give the work along a path."""

    force: eqx.nn.MLP
    rule: tuple = eqx.field(static=True)

    def __init__(self, order: int, *, key):
        self.force = eqx.nn.MLP("scalar", "scalar", 12, 1, jnp.tanh, key=key)
        self.rule = np.polynomial.legendre.leggauss(order)

    def work(self, a, b):
        nodes, weights = self.rule
        xs = 0.5 * (b - a) * nodes + 0.5 * (a + b)
        return 0.5 * (b - a) * jnp.sum(weights * jax.vmap(self.force)(xs))


def loss(model, a, b, work):
    return jnp.mean(jnp.square(jax.vmap(model.work)(a, b) - work))


@partial(eqx.filter_jit, donate="none")
def fit_step(model, state, batch):
    grads = eqx.filter_grad(loss)(model, *batch)
    updates, state = optim.update(grads, state)
    return eqx.apply_updates(model, updates), state


key_a, key_b, key_m = jax.random.split(jax.random.key(3), 3)
a = jax.random.uniform(key_a, (40,), minval=-1.0, maxval=0.0)
b = jax.random.uniform(key_b, (40,), minval=0.0, maxval=1.0)
batch = (a, b, -0.5 * (b**2 - a**2))
model = Potential(7, key=key_m)
optim = optax.sgd(0.05)
state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(15):
    model, state = fit_step(model, state, batch)
print("force at 0.5:", model.force(jnp.array(0.5)))
