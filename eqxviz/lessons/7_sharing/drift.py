import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class Twice(eqx.Module):
    first: eqx.nn.Linear
    second: eqx.nn.Linear

    def __init__(self, key):
        self.first = self.second = eqx.nn.Linear(3, 3, key=key)

    def __call__(self, x):
        return self.second(jax.nn.tanh(self.first(x)))


def loss_fn(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


@eqx.filter_jit
def make_step(model, x, y):
    loss, gradients = eqx.filter_value_and_grad(loss_fn)(model, x, y)
    gap = jnp.max(jnp.abs(model.first.weight - model.second.weight))
    updates = jax.tree.map(
        lambda gradient: -0.1 * gradient, gradients
    )
    return loss, gap, eqx.apply_updates(model, updates)


model = Twice(jr.key(0))
x = jr.normal(jr.key(1), (64, 3))
y = jnp.sin(x)
for i in range(201):
    loss, gap, model = make_step(model, x, y)
    if i % 50 == 0:
        print(i, f"loss {loss:.4f}, gap {gap:.4f}")
