import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx

rate = 0.1


@eqx.filter_value_and_grad
def loss_and_gradients(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


@eqx.filter_jit
def fit(model, x, y):
    loss, gradients = loss_and_gradients(model, x, y)
    updates = jax.tree.map(lambda g: -rate * g, gradients)
    return loss, eqx.apply_updates(model, updates)


x = jnp.linspace(-1, 1, 64)[:, None]
y = jnp.sin(3 * x)
model = eqx.nn.MLP(
    1, 1, width_size=16, depth=2, activation=jnp.tanh, key=jr.key(0)
)
for _ in range(300):
    loss, model = fit(model, x, y)
print("loss:", loss)
