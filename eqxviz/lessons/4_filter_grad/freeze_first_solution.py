import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def loss_fn(trainable, frozen, x, y):
    model = eqx.combine(trainable, frozen)
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


@eqx.filter_jit
def step(model, x, y):
    spec = jax.tree.map(eqx.is_inexact_array, model)
    spec = eqx.tree_at(lambda m: m.layers[0], spec, False)
    trainable, frozen = eqx.partition(model, spec)
    loss, gradients = eqx.filter_value_and_grad(loss_fn)(
        trainable, frozen, x, y
    )
    updates = jax.tree.map(lambda g: -0.1 * g, gradients)
    return loss, eqx.apply_updates(model, updates)


x = jnp.linspace(-1, 1, 32)[:, None]
y = jnp.sin(3 * x)
model = eqx.nn.MLP(1, 1, width_size=8, depth=2, key=jr.key(0))
for _ in range(200):
    loss, model = step(model, x, y)
print("loss:", loss)
