import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def descend(model, gradients, rate):
    return jax.tree.map(lambda p, g: p - rate * g, model, gradients)


@eqx.filter_value_and_grad
def loss_and_gradients(model, x):
    return jnp.sum(model(x) ** 2)


model = eqx.nn.MLP(
    in_size=2, out_size=1, width_size=4, depth=1, key=jr.key(0)
)
for _ in range(3):
    loss, gradients = loss_and_gradients(model, jnp.ones(2))
    model = descend(model, gradients, 0.1)
    print(loss)
